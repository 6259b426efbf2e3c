import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz_reader.py"


def test_no_mutated_file_harms_the_reader():
    ran = subprocess.run(
        [sys.executable, SCRIPT, "--count", "100", "--seed", "5"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "100 files, seed 5" in ran.stdout


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("os.kill(os.getpid(), 11)", "crash (-11)"),
        ("time.sleep(60)", "hang"),
        ("raise ValueError('x')", "ValueError: x"),
        ("bytearray(8 << 30)", "MemoryError: "),
    ],
)
def test_a_reader_that_misbehaves_is_noticed(fault, answer, tmp_path):
    source = SCRIPT.read_text()
    line = "            layer = read_layer(name, role=role)\n"
    assert line in source
    script = tmp_path / "fuzz_reader.py"
    script.write_text(
        source.replace(line, f"            import os\n            {fault}\n{line}")
        .replace("TIME_LIMIT_S = 10.0", "TIME_LIMIT_S = 1.0")
        .replace("(30 if not", "(5 if not")
    )
    reader = runpy.run_path(str(script))["Reader"]()
    try:
        assert reader.read(tmp_path / "any.exr", "line")[0] == answer.strip()
    finally:
        reader.stop()
