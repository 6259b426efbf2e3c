import dataclasses
from contextlib import nullcontext

import pytest
import torch

from celtint.engine.painted.inputs import PREVIOUS
from celtint.training.discriminator import sequence_of
from celtint.training.errors import DataError
from celtint.training.losses import judged_painted, judged_real
from celtint.training.painter_task import PainterTask


@pytest.fixture
def task(config):
    def make(network="paper2019", **sections):
        torch.manual_seed(0)
        made = config(network, **sections)
        return PainterTask(made, torch.device("cpu"), nullcontext)

    return make


def backward(loss):
    loss.backward()


def watch_previous(task):
    """What the generator is told of the previous frame, at every frame."""
    seen = []
    paint = task.generator.forward
    task.generator.forward = lambda x: seen.append(x[:, PREVIOUS].detach().clone()) or paint(x)
    return seen


def test_frames_are_conditioned_on_the_painters_own_output(task, clips):
    made, batch = task(data={"frames": 3}), clips()
    seen = watch_previous(made)
    painted = made.judge(batch, backward).painted
    assert not seen[0].any()  # the first frame follows a blank one
    assert torch.equal(seen[1], painted[:, 0])
    assert torch.equal(seen[2], painted[:, 1])


def test_the_baseline_is_conditioned_on_the_true_previous_frame(task, clips):
    made, batch = task(data={"frames": 3}, rollout={"previous": "true"}), clips()
    seen = watch_previous(made)
    made.judge(batch, backward)
    assert not seen[0].any()
    assert torch.equal(seen[1], batch.truth[:, 0])
    assert torch.equal(seen[2], batch.truth[:, 1])


@pytest.mark.parametrize(("back_through", "flows"), [(1, False), (2, True)])
def test_gradients_flow_back_through_as_many_frames_as_asked(task, clips, back_through, flows):
    """With a loss on the second frame alone, the first one's hint matters only through time."""
    sections = {"loss": {"adversarial": 0.0}, "rollout": {"back_through": back_through}}
    made, batch = task(**sections), clips(frames=2)
    hint = batch.hint.clone().requires_grad_()
    batch = dataclasses.replace(batch, hint=hint)
    terms = made._terms
    made._terms = lambda frame, before, painted, target: {
        name: term * (before is not None)
        for name, term in terms(frame, before, painted, target).items()
    }
    made.judge(batch, backward)
    assert bool(hint.grad[:, 1].any())
    assert bool(hint.grad[:, 0].any()) is flows


def test_the_generators_gradient_is_that_of_equation_5_written_out(task, clips):
    """Every weight is really multiplied in, the adversarial one too."""
    weights = {"adversarial": 0.7, "content": 0.3, "style": 50.0, "l1": 3.0}
    made, batch = task(loss=weights), clips(frames=2)
    made.discriminator.eval()  # no step of the power iteration between the two computations
    made.judge(batch, backward)
    found = [p.grad.clone() for p in made.generator.parameters()]

    made.generator.zero_grad()
    previous, line_before, total = None, None, 0
    for index in range(2):
        line, truth = batch.line[:, index], batch.truth[:, index]
        before = torch.zeros_like(truth) if previous is None else previous
        painted = made.generator(torch.cat([line, batch.hint[:, index], before], dim=1))
        pictures = (painted, truth)
        seen = zip(*(made.perceptual.for_losses(picture) for picture in pictures), strict=True)
        content, style = [], []
        for p, t in seen:
            content.append((p - t).abs().sum() / p.numel())
            size = p[0].numel()
            grams = [torch.einsum("nkij,nlij->nkl", a, a) / size for a in (p, t)]
            style.append((grams[0] - grams[1]).abs().mean())
        judged = torch.sigmoid(
            made.discriminator(sequence_of(line_before, previous, line, painted))
        )
        total = total + 0.7 * -judged.log().mean() + 3.0 * (painted - truth).abs().mean()
        total = total + 0.3 * sum(content) / 5 + 50.0 * sum(style) / 5
        previous, line_before = painted.detach(), line
    (total / 2).backward()
    for mine, parameter in zip(found, made.generator.parameters(), strict=True):
        assert torch.allclose(mine, parameter.grad, rtol=1e-3, atol=1e-6)


def test_the_discriminators_gradient_is_that_of_equation_2_alone(task, clips):
    """It learns from true and painted sequences, and nothing from the generator's own loss."""
    made, batch = task(), clips(frames=2)
    made.discriminator.eval()
    painted = made.judge(batch, backward).painted
    found = [p.grad.clone() for p in made.discriminator.parameters()]
    assert all(gradient.any() for gradient in found)

    made.discriminator.zero_grad()
    total = 0
    for index in range(2):
        line, truth = batch.line[:, index], batch.truth[:, index]
        line_before = batch.line[:, 0] if index else None
        real = sequence_of(line_before, batch.truth[:, 0] if index else None, line, truth)
        fake = sequence_of(line_before, painted[:, 0] if index else None, line, painted[:, index])
        total = total + judged_real(made.discriminator(real)) / 4
        total = total + judged_painted(made.discriminator(fake)) / 4
    total.backward()
    for mine, parameter in zip(found, made.discriminator.parameters(), strict=True):
        assert torch.allclose(mine, parameter.grad, rtol=1e-3, atol=1e-6)


def test_the_discriminators_parameters_can_learn_again_after_the_generators_turn(task, clips):
    made = task()
    made.judge(clips(), backward)
    assert all(parameter.requires_grad for parameter in made.discriminator.parameters())


def test_what_has_no_weight_is_neither_built_nor_told(task, clips):
    made = task(loss={"adversarial": 0.0})
    assert made.discriminator is None
    assert made.perceptual is None
    assert set(made.judge(clips(), backward).losses) == {"l1"}


def test_a_guided_painter_learns_the_paint_under_the_lines(task, clips):
    made = task("guided", batch={"target": "paint"}, loss={"adversarial": 0.0})
    batch = clips(frames=2)
    batch = dataclasses.replace(batch, paint=torch.zeros_like(batch.truth))
    judged = made.judge(batch, backward)
    assert float(judged.losses["l1"]) == pytest.approx(float(judged.painted.mean()), rel=1e-5)


def test_a_perceptual_network_without_weights_is_told_before_anything_is_trained(task):
    with pytest.raises(DataError, match="VGG-19's weights come in no package"):
        task(loss={"content": 1.0, "perceptual": "vgg19"})
