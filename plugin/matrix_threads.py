"""How many threads numpy's matrix products take: to be said before numpy is imported.

Products here are small and many. OpenBLAS gives each to all cores, whose threads then spin between
one and the next, and take the time of those that read, paint and write: a third of all speed.
"""

from __future__ import annotations

import os


def single_matrix_thread() -> None:
    """One thread for each product, unless the user's environment says otherwise."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
