import math

import pytest
import torch
from torch import nn

from celtint.training.config import OptimiserConfig
from celtint.training.loop.optimisers import (
    MovingAverage,
    adam_tensors,
    load_adam,
    lr_share,
    make_adam,
)


def test_a_constant_schedule_is_constant():
    config = OptimiserConfig(schedule="constant")
    assert {lr_share(config, step, 100) for step in (0, 50, 99)} == {1.0}


def test_a_cosine_goes_from_all_to_a_hundredth():
    config = OptimiserConfig(schedule="cosine")
    shares = [lr_share(config, step, 100) for step in (0, 50, 100, 150)]
    assert shares == pytest.approx([1.0, 0.505, 0.01, 0.01])
    assert lr_share(config, 25, 100) == pytest.approx(0.01 + 0.99 * (1 + math.sqrt(0.5)) / 2)


def test_a_warm_up_grows_in_equal_steps():
    config = OptimiserConfig(warmup_steps=4)
    assert [lr_share(config, step, 100) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_the_average_forgets_by_its_decay_and_faster_at_first():
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, 0.0)
    average = MovingAverage(module, 0.9)
    nn.init.constant_(module.weight, 1.0)
    average.follow(module, 0)  # decay (1 + 0) / (10 + 0)
    assert float(average.module.weight) == pytest.approx(0.9)
    average.follow(module, 1000)
    assert float(average.module.weight) == pytest.approx(0.91)


def test_without_decay_the_average_is_the_network_itself():
    module = nn.Linear(2, 2)
    average = MovingAverage(module, 0.0)
    nn.init.normal_(module.weight)
    average.follow(module, 5)
    assert torch.equal(average.module.weight, module.weight)


def test_adam_goes_on_where_its_tensors_were_taken():
    def stepped(module, adam, times):
        for _ in range(times):
            adam.zero_grad()
            module(torch.ones(1, 3)).square().sum().backward()
            adam.step()

    torch.manual_seed(0)
    module = nn.Linear(3, 2)
    config = OptimiserConfig(weight_decay=0.1)
    adam = make_adam(module, config, 0.1)
    stepped(module, adam, 2)
    weights = {key: value.clone() for key, value in module.state_dict().items()}
    remembered = {key: value.clone() for key, value in adam_tensors(adam).items()}
    stepped(module, adam, 2)

    other = nn.Linear(3, 2)
    other.load_state_dict(weights)
    again = make_adam(other, config, 0.1)
    load_adam(again, remembered)
    stepped(other, again, 2)
    assert torch.equal(other.weight, module.weight)
