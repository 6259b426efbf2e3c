from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from celtint.training.errors import DataError
from celtint.training.metrics.inception import (
    SHA256,
    Inception,
    InceptionFeatures,
    load_inception,
    resized,
)

# What torch-fidelity 0.4.0 computes of `frame` with the weights of `filled`, every 256th feature.
FEATURES = [45.88371, 69.33440, 14.01277, 0.89671, 162.78836, 10.45153, 54.99468, 15.23121]


@pytest.fixture(scope="module")
def filled() -> Inception:
    """The network with weights that anybody can draw again: RandomState's stream is frozen."""
    network = Inception()
    rng = np.random.RandomState(12)
    with torch.no_grad():
        for key, value in sorted(network.state_dict().items()):
            if key.endswith("num_batches_tracked"):
                continue
            drawn = torch.from_numpy(rng.standard_normal(tuple(value.shape)).astype(np.float32))
            if key.endswith("conv.weight"):
                value.copy_(drawn * (2 / value[0].numel()) ** 0.5)
            elif key.endswith("running_var"):
                value.copy_(1 + drawn.abs())
            elif key.endswith("bn.weight"):
                value.copy_(1.5 + 0.1 * drawn)
            else:
                value.copy_(0.1 * drawn)
    return network


def test_features_are_those_of_torch_fidelity(filled: Inception) -> None:
    y, x = np.mgrid[:64, :80]
    frame = np.stack([x * 3, y * 4, (x * y) % 256], -1) / 255
    features = InceptionFeatures(filled)(frame)
    assert features.shape == (2048,)
    np.testing.assert_allclose(features[::256], FEATURES, rtol=1e-4)
    assert features.mean() == pytest.approx(34.89331, rel=1e-4)


def test_a_file_with_the_expected_hash_is_loaded(filled: Inception, tmp_path: Path) -> None:
    path = tmp_path / "inception.pth"
    state = {k: v for k, v in filled.state_dict().items() if "num_batches" not in k}
    torch.save({**state, "fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}, path)
    loaded = load_inception(path, sha256=digest(path))
    frame = np.full((20, 20, 3), 0.5)
    np.testing.assert_array_equal(loaded(frame), InceptionFeatures(filled)(frame))


def test_another_file_is_refused_with_the_place_of_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "inception.pth"
    with pytest.raises(DataError, match=r"cannot be read \(No such file .*fetch https://"):
        load_inception(path)
    path.write_bytes(b"something else")
    with pytest.raises(DataError, match=f"expected {SHA256}; fetch https://"):
        load_inception(path)


def test_a_file_of_other_tensors_or_of_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "inception.pth"
    torch.save(
        {"Conv2d_1a_3x3.conv.weight": torch.zeros(32, 3, 3, 3), "head": torch.zeros(1)}, path
    )
    with pytest.raises(DataError, match=r"lacks \['Conv2d_1a_3x3.bn.weight'.*has \['head'\]"):
        load_inception(path, sha256=digest(path))
    torch.save(Path("a pickled object"), path)
    with pytest.raises(DataError, match="holds no Inception network"):
        load_inception(path, sha256=digest(path))


def test_growing_keeps_the_first_pixel_in_its_place() -> None:
    """TensorFlow 1 puts pixel i at i * in / out; torch's resize, at the pixels' centres."""
    row = torch.tensor([0.0, 3.0, 6.0]).reshape(1, 1, 1, 3).expand(1, 1, 3, 3)
    grown = resized(row, 9)
    torch.testing.assert_close(grown[0, 0, 0], torch.tensor([0.0, 1, 2, 3, 4, 5, 6, 6, 6]))
    other = torch.nn.functional.interpolate(row, size=9, mode="bilinear", align_corners=False)
    assert not torch.allclose(grown, other)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
