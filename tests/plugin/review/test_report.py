from __future__ import annotations

import json
from typing import Any

from celtint.plugin.review.report import review_path
from celtint.plugin.shot import FramePattern


def test_a_review_is_plain_json_with_film_numbers(doubtful: Any, review: Any) -> None:
    found = review(doubtful)
    assert json.loads(json.dumps(found)) == found
    assert found["shot"]["frames"] == "1001-1006"
    assert found["shot"]["hint_frames"] == "1001,1006"
    assert found["summary"]["unpainted"] == 1
    assert found["summary"]["scene_cuts"] == []
    assert [item["id"] for item in found["items"]] == list(range(1, len(found["items"]) + 1))


def test_the_dab_that_is_suggested_lies_well_inside_its_region(
    doubtful: Any, review: Any, solve: Any
) -> None:
    plan, solved = solve(doubtful)
    for item in review(doubtful, below=0.9)["items"]:
        dab = item["dab"]
        index = plan.frames.index(dab["frame"])
        label = solved.drawing(index).run_map().label()
        around = label[dab["y"] - 1 : dab["y"] + 2, dab["x"] - 1 : dab["x"] + 2]
        assert len(set(around.ravel().tolist())) == 1


def test_dabs_are_suggested_best_first_each_on_a_thing_in_doubt(doubtful: Any, review: Any) -> None:
    found = review(doubtful)
    dabs = found["next_dabs"]
    assert dabs
    assert [dab["settles"] for dab in dabs] == sorted(
        (dab["settles"] for dab in dabs), reverse=True
    )
    assert dabs[0]["item"] in {item["id"] for item in found["items"]}
    assert review(doubtful, below=0.0, least_px=10_000)["next_dabs"] == []


def test_following_the_suggestion_takes_the_thing_off_the_list(doubtful: Any, review: Any) -> None:
    before = review(doubtful)
    (unpainted,) = [item for item in before["items"] if item["kind"] == "unpainted"]
    dab = unpainted["dab"]
    step = dab["frame"] - 1001
    hint = doubtful.dabs(step=step) * (0 if step not in (0, 5) else 1)
    hint[:8] = 0
    hint[dab["y"] - 1 : dab["y"] + 2, dab["x"] - 1 : dab["x"] + 2] = (0.9, 0.85, 0.7, 1)
    doubtful.write(doubtful.hint(dab["frame"]), hint)
    assert review(doubtful)["summary"]["unpainted"] == 0


def test_colours_have_their_numbers_names_and_codes(doubtful: Any, review: Any) -> None:
    item = next(item for item in review(doubtful, below=0.9)["items"] if item["colour"])
    assert set(item["colour"]) == {"index", "name", "code"}
    assert item["colour"]["code"].startswith("#")
    assert item["runner_up"] != item["colour"]


def test_the_page_lies_beside_the_frames() -> None:
    assert str(review_path(FramePattern.parse("p/paint.####.exr"))) == "p/paint.review.html"
    assert str(review_path(FramePattern.parse("p/paint.exr"))) == "p/paint.exr.review.html"
