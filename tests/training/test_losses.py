"""Equations 2 to 5 against numpy, written out from the paper."""

import numpy as np
import pytest
import torch

from celtint.training.losses import (
    content_loss,
    gram,
    judged_painted,
    judged_real,
    l1_loss,
    style_loss,
)


@pytest.fixture
def activations():
    rng = np.random.default_rng(0)
    shapes = [(2, 3, 8, 6), (2, 5, 4, 3)]
    return [[rng.normal(size=shape) for shape in shapes] for _ in range(2)]


def tensors(arrays):
    return [torch.tensor(array) for array in arrays]


def gram_by_loops(activation):
    channels, height, width = activation.shape
    matrix = np.zeros((channels, channels))
    for k in range(channels):
        for m in range(channels):
            for i in range(height):
                for j in range(width):
                    matrix[k, m] += activation[k, i, j] * activation[m, i, j]
    return matrix / (channels * height * width)


def test_content_is_the_mean_over_layers_of_l1_over_the_number_of_elements(activations):
    painted, truth = activations
    layers = []
    for p, t in zip(painted, truth, strict=True):
        elements = p[0].size
        layers.append(np.mean([np.abs(t[n] - p[n]).sum() / elements for n in range(2)]))
    found = content_loss(tensors(painted), tensors(truth))
    assert float(found) == pytest.approx(np.mean(layers), rel=1e-6)


def test_gram_matrices_are_the_sums_of_products_over_pixels(activations):
    activation = activations[0][0]
    found = gram(torch.tensor(activation))
    for n in range(2):
        assert found[n].numpy() == pytest.approx(gram_by_loops(activation[n]), rel=1e-5)


def test_gram_matrices_stay_float32_under_autocast():
    activation = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        found = gram(activation)
    assert found.dtype == torch.float32
    assert torch.equal(found, gram(activation))


def test_style_is_the_mean_over_layers_of_l1_between_gram_matrices(activations):
    painted, truth = activations
    layers = [
        np.mean([np.abs(gram_by_loops(p[n]) - gram_by_loops(t[n])).mean() for n in range(2)])
        for p, t in zip(painted, truth, strict=True)
    ]
    found = style_loss(tensors(painted), tensors(truth))
    assert float(found) == pytest.approx(np.mean(layers), rel=1e-5)


def test_style_sees_what_content_sees_only_by_place():
    """A flipped picture has another content and the same style."""
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    flipped = picture.flip(-1)
    assert float(content_loss([picture], [flipped])) > 0.1
    assert float(style_loss([picture], [flipped])) < 1e-6


def test_the_adversarial_terms_are_those_of_equation_2():
    logits = np.array([-3.0, 0.5, 2.0])
    judged = 1 / (1 + np.exp(-logits))
    assert float(judged_real(torch.tensor(logits))) == pytest.approx(-np.log(judged).mean())
    assert float(judged_painted(torch.tensor(logits))) == pytest.approx(-np.log(1 - judged).mean())


def test_the_adversarial_terms_are_finite_where_a_sigmoid_is_not():
    assert float(judged_real(torch.tensor([-1000.0]))) == pytest.approx(1000)
    assert float(judged_painted(torch.tensor([1000.0]))) == pytest.approx(1000)


def test_l1_is_the_mean_over_every_value():
    rng = np.random.default_rng(1)
    painted, truth = rng.random((2, 2, 3, 4, 5))
    expected = np.abs(painted - truth).mean()
    assert float(l1_loss(torch.tensor(painted), torch.tensor(truth))) == pytest.approx(expected)
