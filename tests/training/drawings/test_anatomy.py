from __future__ import annotations

import numpy as np

from celtint.training.drawings.anatomy import anatomy_of, merged_poses
from celtint.training.drawings.library import Entry, find_drawings
from celtint.training.drawings.svg import Shape


def disc(x, y, radius, fill):
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    points = np.stack([x + radius * np.cos(t), y + radius * np.sin(t)], axis=1)
    return Shape(points.astype(np.float32), (24,), (True,), False, fill)


def test_what_poses_share_is_one_shape_and_the_painting_order_is_kept():
    head, hair = disc(0, 0, 0.5, (200, 0, 0)), disc(0, -0.3, 0.3, (0, 200, 0))
    open_eye, shut_eye = disc(0.1, 0, 0.1, (9, 9, 200)), disc(0.1, 0, 0.02, (9, 9, 200))
    same_head = disc(0, 0, 0.5, (200, 0, 0))
    shapes, poses = merged_poses([[head, open_eye, hair], [same_head, shut_eye, hair]])
    assert len(shapes) == 4
    assert len(poses[0] & poses[1]) == 2
    of_second = [shapes[k] for k in sorted(poses[1])]
    assert [round(s.box[2] - s.box[0], 2) for s in of_second] == [1.0, 0.04, 0.6]
    assert max(poses[0] | poses[1]) == 3  # the hair stays in front of both eyes


def test_a_shape_drawn_twice_is_two_shapes():
    one = disc(0, 0, 0.5, (200, 0, 0))
    shapes, poses = merged_poses([[one, one]])
    assert len(shapes) == 2
    assert poses == (frozenset({0, 1}),)


def test_a_head_is_looked_at(heads):
    entry = find_drawings([heads], "train")[0]
    anatomy = anatomy_of(entry)
    assert len(anatomy.poses) == 2
    assert len(anatomy.shapes) == 5 + 3  # two eyes and a mouth differ
    assert anatomy.unlined == frozenset()
    assert anatomy.is_lined
    skin = anatomy.shapes[0].fill
    assert anatomy.colours[0] == skin  # the largest area comes first
    # The eyes lie apart and are small: features. The mouth is wide, head and hair are large.
    eyes = [anatomy.shapes[number] for feature in anatomy.features for number in feature]
    assert sorted(round(eye.points[:, 0].mean(), 1) for eye in eyes) == [-0.2, 0.2]
    assert all(number in anatomy.poses[0] for feature in anatomy.features for number in feature)


def test_fills_without_a_line_and_busts_cut_off_are_found(tmp_path):
    path = tmp_path / "bust.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        '<path d="M10 100 L20 30 L80 30 L90 100 Z" fill="#c84"/>'
        '<circle cx="50" cy="30" r="20" fill="#fdb" stroke="#000" stroke-width="3"/></svg>'
    )
    anatomy = anatomy_of(Entry("bust", (path,), "inked", "character"))
    assert anatomy.unlined == {0}
    assert anatomy.cut == {0}
    assert not anatomy.is_lined
