"""The tests in real Blenders, in every version that is supported; the first time it fetches 1 GB.

python tests/blender_addon/all_versions.py [arguments for pytest]
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

VERSIONS = "4.2 4.5 5.0"


def main() -> int:
    """Run them; return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", str(Path(__file__).parent), *sys.argv[1:]]
    environment = {**os.environ, "CELTINT_BLENDERS": VERSIONS}
    checkout = Path(__file__).resolve().parents[2]
    return subprocess.run(command, env=environment, cwd=checkout, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
