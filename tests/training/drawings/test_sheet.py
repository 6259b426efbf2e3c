from __future__ import annotations

import cv2
import numpy as np

from celtint.training.data.shots import Drawing, RegionColour, Shot, ShotInfo
from celtint.training.drawings.sheet import CELL_PX, coloured, write_sheet

INFO = ShotInfo(
    "shot",
    ("head",),
    width=4,
    height=2,
    holds=(0,),
    regions={1: RegionColour((200, 100, 50), (100, 50, 25), 1)},
    trace_rgb=(0, 0, 255),
)
DRAWING = Drawing(
    ink=np.array([[0, 255, 0, 0]] * 2, np.uint8),
    regions=np.ones((2, 4), np.uint16),
    shade=np.array([[0, 0, 255, 0]] * 2, np.uint8),
    trace=np.array([[0, 0, 0, 255]] * 2, np.uint8),
)


def test_colour_is_paint_then_shade_then_trace_then_ink():
    expected = [[200, 100, 50], [0, 0, 0], [100, 50, 25], [0, 0, 255]]
    np.testing.assert_array_equal(coloured(DRAWING, INFO)[0], expected)


def test_a_sheet_has_a_row_each_for_lines_colour_and_identity(tmp_path):
    path = tmp_path / "new" / "sheet.png"
    write_sheet(path, Shot(INFO, [DRAWING]))
    assert cv2.imread(str(path)).shape == (3 * CELL_PX // 2, CELL_PX, 3)
