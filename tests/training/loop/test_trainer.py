from contextlib import nullcontext

import pytest
import torch

from celtint.training.loop.run import Machine, launch, make_fabric
from celtint.training.loop.trainer import Trainer
from celtint.training.painter_task import PainterTask

NETWORKS = ("generator", "discriminator")


def trainer(config, fabric):
    torch.manual_seed(1)
    return Trainer(config, PainterTask(config, torch.device("cpu"), nullcontext), fabric)


def gradients(made):
    return {
        f"{name}.{key}": parameter.grad.clone()
        for name in NETWORKS
        for key, parameter in getattr(made.task, name).named_parameters()
    }


def half_of_the_batch(fabric, config, clips, found):
    """What each of two processes does."""
    torch.set_num_threads(1)
    made = trainer(config, fabric)
    first = 2 * fabric.global_rank
    made.collect_gradients(clips.part(first, first + 2))
    for name, gradient in gradients(made).items():
        found[fabric.global_rank][name].copy_(gradient)


@pytest.fixture
def whole(config, clips):
    made = trainer(config(), launch(config(), Machine()))
    made.collect_gradients(clips(count=4))
    return gradients(made)


def test_two_processes_give_the_gradient_of_one_with_the_double_batch(config, clips, whole):
    found = [{k: torch.zeros_like(v).share_memory_() for k, v in whole.items()} for _ in range(2)]
    fabric = make_fabric(config(), Machine(devices=2, strategy="ddp_fork"))
    fabric.launch(half_of_the_batch, config(), clips(count=4), found)
    for name, gradient in whole.items():
        assert torch.allclose(found[0][name], gradient, rtol=1e-3, atol=1e-6), name
        assert torch.equal(found[0][name], found[1][name]), name


def test_a_batch_in_parts_gives_the_gradient_of_the_whole(config, clips, whole):
    made = trainer(
        config(batch={"clips": 4}, optimiser={"accumulate": 2}),
        launch(config(), Machine()),
    )
    # Spectral normalisation takes a step of its power iteration in every pass.
    made.task.discriminator.eval()
    made.collect_gradients(clips(count=4))
    in_parts = gradients(made)
    other = trainer(config(batch={"clips": 4}), launch(config(), Machine()))
    other.task.discriminator.eval()
    other.collect_gradients(clips(count=4))
    for name, gradient in gradients(other).items():
        assert torch.allclose(in_parts[name], gradient, rtol=1e-3, atol=1e-6), name


def test_a_step_moves_both_networks(config, clips):
    made = trainer(config(), launch(config(), Machine()))
    before = {
        name: [p.detach().clone() for p in getattr(made.task, name).parameters()]
        for name in NETWORKS
    }
    made.train_step(clips())
    for name in NETWORKS:
        after = getattr(made.task, name).parameters()
        assert all(not torch.equal(a, b) for a, b in zip(after, before[name], strict=True)), name
    assert made.step == 1
