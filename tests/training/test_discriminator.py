import pytest
import torch

from celtint.training.discriminator import (
    RECEPTIVE_FIELD_PX,
    SequenceDiscriminator,
    sequence_of,
)


def test_each_output_judges_a_patch_of_70_by_70():
    torch.manual_seed(0)
    judge = SequenceDiscriminator(width=4).eval()
    picture = torch.rand(1, 8, 160, 160, requires_grad=True)
    judged = judge(picture)
    judged[0, 0, judged.shape[2] // 2, judged.shape[3] // 2].backward()
    seen = picture.grad.abs().sum(dim=(0, 1)) > 0
    rows, columns = seen.any(dim=1).nonzero(), seen.any(dim=0).nonzero()
    assert int(rows.max() - rows.min()) + 1 == RECEPTIVE_FIELD_PX == 70
    assert int(columns.max() - columns.min()) + 1 == RECEPTIVE_FIELD_PX


def test_a_frame_of_256_gets_30_by_30_judgements():
    with torch.inference_mode():
        assert SequenceDiscriminator(width=2)(torch.rand(2, 8, 256, 256)).shape == (2, 1, 30, 30)


def test_layers_are_those_of_isola_et_al():
    judge = SequenceDiscriminator(width=64)
    shapes = [tuple(layer.weight.shape) for layer in judge.layers]
    assert shapes == [
        (64, 8, 4, 4),
        (128, 64, 4, 4),
        (256, 128, 4, 4),
        (512, 256, 4, 4),
        (1, 512, 4, 4),
    ]
    assert [layer.stride[0] for layer in judge.layers] == [2, 2, 2, 1, 1]


def test_no_layer_stretches_anything_by_more_than_one():
    """Spectral normalisation: the largest singular value of every weight is 1."""
    torch.manual_seed(0)
    judge = SequenceDiscriminator(width=4).train()
    for _ in range(60):  # steps of the power iteration
        judge(torch.zeros(1, 8, 32, 32))
    for layer in judge.layers:
        values = torch.linalg.svdvals(layer.weight.detach().flatten(1))
        assert float(values.max()) == pytest.approx(1.0, rel=0.02)


def test_a_sequence_is_line_and_frame_before_then_line_and_frame():
    line, frame = torch.full((1, 1, 2, 2), 0.1), torch.full((1, 3, 2, 2), 0.2)
    line_before, before = torch.full((1, 1, 2, 2), 0.3), torch.full((1, 3, 2, 2), 0.4)
    laid = sequence_of(line_before, before, line, frame)[0, :, 0, 0]
    assert laid.tolist() == pytest.approx([0.3, 0.4, 0.4, 0.4, 0.1, 0.2, 0.2, 0.2])
    first = sequence_of(None, None, line, frame)[0, :, 0, 0]
    assert first.tolist() == pytest.approx([0, 0, 0, 0, 0.1, 0.2, 0.2, 0.2])


def test_an_impossible_width_is_refused():
    with pytest.raises(ValueError, match="width must be at least 1; got 0"):
        SequenceDiscriminator(width=0)
