import numpy as np
import pytest
import torch

from celtint.training.loop.strips import GAP_PX, read_picture, strip, write_picture


def test_a_strip_has_rows_of_line_hint_previous_painted_and_truth(clips):
    batch = clips(count=2, frames=3)
    painted = torch.rand(2, 3, 3, 32, 32, generator=torch.Generator().manual_seed(9))
    cell = 32 + GAP_PX
    picture = strip(batch, painted, clip=1)
    assert picture.shape == (5 * cell, 3 * cell, 3)

    def shown(row, column):
        top, left = row * cell, column * cell
        return picture[top : top + 32, left : left + 32].transpose(2, 0, 1) / 255

    for column in range(3):
        expected = [
            batch.line[1, column].expand(3, -1, -1),
            batch.hint[1, column],
            painted[1, column - 1] if column else torch.zeros(3, 32, 32),
            painted[1, column],
            batch.truth[1, column],
        ]
        for row, values in enumerate(expected):
            assert np.abs(shown(row, column) - values.numpy()).max() <= 0.5 / 255 + 1e-6


def test_a_picture_comes_back_and_nothing_is_left_beside_it(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    write_picture(tmp_path / "strips" / "a.png", picture)
    assert np.array_equal(read_picture(tmp_path / "strips" / "a.png"), picture)
    assert [path.name for path in (tmp_path / "strips").iterdir()] == ["a.png"]


def test_a_missing_picture_is_told(tmp_path):
    with pytest.raises(OSError, match=r"absent\.png cannot be read"):
        read_picture(tmp_path / "absent.png")
