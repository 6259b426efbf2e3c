from __future__ import annotations

import subprocess
import sys

import pytest

INTERRUPT = "os.kill(os.getpid(), signal.SIGINT)"

WHILE_IT_IMPORTS = f"""
class Interrupts:
    def find_spec(name, path=None, target=None):
        if name == "typer":
            {INTERRUPT}
sys.meta_path.insert(0, Interrupts)
"""

AT_WORK = f"""
import celtint.plugin.info
def describe(*_, **__):
    {INTERRUPT}
celtint.plugin.info.describe = describe
"""

AS_A_LIBRARY_LOADS = f"""
import celtint.plugin.info
def describe(*_, **__):
    try:
        {INTERRUPT}
    except KeyboardInterrupt:
        raise ImportError("a library failed to load")
celtint.plugin.info.describe = describe
"""


@pytest.mark.parametrize("moment", [WHILE_IT_IMPORTS, AT_WORK, AS_A_LIBRARY_LOADS])
def test_ctrl_c_ends_the_command_in_a_plain_line(moment: str) -> None:
    script = f"import os, signal, sys\n{moment}\nsys.argv = ['celtint', 'info']\n"
    script += "from celtint.plugin.entry import main\nmain()\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "cancelled\n")


def test_other_exit_codes_come_through() -> None:
    script = "import sys\nsys.argv = ['celtint', 'info', 'no such file.exr']\n"
    script += "from celtint.plugin.entry import main\nmain()\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "no such file.exr" in done.stderr
