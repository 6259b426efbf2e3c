from itertools import islice
from pathlib import Path

import torch

from celtint.training.embedding.feed import batches
from celtint.training.embedding.settings import MatchingSettings

SMALL = MatchingSettings(clips=2, drawings=2, frame_px=64, priors=1)


def test_a_step_holds_the_same_wherever_the_stream_begins(shapes_set: Path) -> None:
    # Three shots, two a step: the third step is in the second epoch.
    straight = list(islice(batches(shapes_set, SMALL), 4))
    for step in (1, 3):
        again = next(batches(shapes_set, SMALL, step))
        for name, tensor in vars(straight[step]).items():
            assert torch.equal(tensor, getattr(again, name)), name


def test_seeds_give_other_batches(shapes_set: Path) -> None:
    one = next(batches(shapes_set, SMALL))
    other = next(batches(shapes_set, MatchingSettings(**(vars(SMALL) | {"seed": 1}))))
    assert one.picture.shape != other.picture.shape or not torch.equal(one.picture, other.picture)
