from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from celtint.training.described import Description, read_description


def described(tmp_path: Path, config: str | None) -> Description:
    path = tmp_path / "weights.safetensors"
    metadata = {"celtint.preset": "paper2019", "other": "not ours"}
    if config is not None:
        metadata["celtint.config"] = config
    save_file({"x": np.zeros(1, np.float32)}, path, metadata)
    return read_description(path)


def test_a_file_that_says_nothing_is_taken_as_ours_are_trained(tmp_path: Path) -> None:
    found = described(tmp_path, None)
    assert found.metadata == {"preset": "paper2019"}
    assert (found.is_greyscale, found.takes_hints, found.lines) == (False, True, "ink")
    assert not found.leaves_lines_out


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ('mode = "greyscale"', (True, True, "ink")),
        ("hints = { none = 1.0 }", (False, False, "ink")),
        ("hints = { none = 0.5, paper = 0.5 }", (False, True, "ink")),
        ("hints = { none = 1.0, paper = 0.0 }", (False, False, "ink")),
        ("lines = { canny = 1.0 }", (False, True, "canny")),
        ("lines = { canny = 1.0, ink = 0.0 }", (False, True, "canny")),
        ("lines = { canny = 0.1, ink = 0.9 }", (False, True, "ink")),
    ],
)
def test_what_it_expects_follows_from_its_configuration(
    tmp_path: Path, config: str, expected: tuple[bool, bool, str]
) -> None:
    found = described(tmp_path, f"[data]\n{config}\n")
    assert (found.is_greyscale, found.takes_hints, found.lines) == expected


def test_paint_without_lines_is_told(tmp_path: Path) -> None:
    assert described(tmp_path, '[batch]\ntarget = "paint"\n').leaves_lines_out


def test_what_is_no_weight_file_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("text")
    assert read_description(path).metadata == {}
    assert described(tmp_path, "not = = toml").config == {}
