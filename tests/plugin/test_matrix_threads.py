import os
import subprocess
import sys

import pytest

from celtint.plugin.matrix_threads import single_matrix_thread

VARIABLE = "OPENBLAS_NUM_THREADS"


def test_a_product_has_one_thread_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.setenv(VARIABLE, "3")
    single_matrix_thread()
    assert os.environ[VARIABLE] == "3"
    monkeypatch.delenv(VARIABLE)
    single_matrix_thread()
    assert os.environ[VARIABLE] == "1"


@pytest.mark.parametrize("module", ["cli", "worker"])
def test_numpy_is_not_yet_imported_when_it_is_said(module):
    code = f"import sys, celtint.plugin.{module}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
