import hashlib

import pytest
import torch
from safetensors.torch import load_file, save_file

from celtint.engine.errors import WeightsError
from celtint.engine.painted.generator import PRESETS, Generator
from celtint.engine.painted.weights import (
    REGISTRY,
    build_generator,
    load_weights,
    registered_weights,
    save_weights,
)

METADATA = {"celtint.preset": "paper2019", "celtint.width": "4", "celtint.blocks": "1"}


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(width=4, blocks=1)


@pytest.fixture
def saved(generator, tmp_path):
    path = tmp_path / "small.safetensors"
    save_weights(generator, path)
    return path


@pytest.fixture
def registry(saved):
    """A registry beside the saved file, as text to be changed."""
    path = saved.parent / "registry.toml"
    path.write_text(
        f"""[[weights]]
name = "small"
file = "{saved.name}"
sha256 = "{hashlib.sha256(saved.read_bytes()).hexdigest()}"
preset = "paper2019"
width = 4
blocks = 1
inputs = 7
training_data = "none"
licence = "Apache-2.0"
scores = {{ "PSNR on nothing" = 1.5 }}
"""
    )
    return path


@pytest.mark.parametrize(
    ("inputs", "said", "paints_lines"),
    [(7, {}, True), (7, {"target": "paint"}, False), (8, {"target": "finished"}, True)],
)
def test_a_file_says_whether_it_paints_the_lines_too(tmp_path, inputs, said, paints_lines):
    save_weights(Generator(inputs=inputs, width=4, blocks=1), tmp_path / "w", description=said)
    assert load_weights(tmp_path / "w").paints_lines is paints_lines


def test_a_guided_network_that_does_not_say_paints_under_the_lines(tmp_path):
    save_weights(build_generator(PRESETS["guided"], width=4, blocks=1), tmp_path / "w")
    assert load_weights(tmp_path / "w").paints_lines is False


def test_a_target_that_does_not_exist_is_refused(generator, tmp_path):
    save_weights(generator, tmp_path / "w", description={"target": "sketch"})
    with pytest.raises(WeightsError, match="'paint' or 'finished', got 'sketch'"):
        load_weights(tmp_path / "w")


def test_what_was_saved_comes_back_bit_for_bit(generator, saved):
    loaded = load_weights(saved)
    assert loaded.preset.name == "paper2019"
    assert loaded.name == "small.safetensors"
    assert loaded.sha256 == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert not loaded.generator.training
    expected = generator.state_dict()
    found = loaded.generator.state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_loaded_weights_can_be_trained_further(saved):
    generator = load_weights(saved).generator
    generator(torch.rand(1, 7, 12, 12)).mean().backward()
    assert all(p.grad is not None for p in generator.parameters())


def test_saving_leaves_nothing_else_behind_and_replaces_whole_files(generator, saved):
    before = saved.read_bytes()
    save_weights(Generator(width=4, blocks=1), saved)
    assert saved.read_bytes() != before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_folder_that_is_not_there_is_named(generator, tmp_path):
    with pytest.raises(WeightsError, match=r"w\.safetensors cannot be written"):
        save_weights(generator, tmp_path / "absent" / "w.safetensors")


def test_a_save_that_fails_leaves_nothing_behind(generator, tmp_path):
    (tmp_path / "w.safetensors").mkdir()
    with pytest.raises(WeightsError, match=r"w\.safetensors cannot be written"):
        save_weights(generator, tmp_path / "w.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_generator_of_no_preset_is_not_saved(tmp_path):
    with pytest.raises(WeightsError, match="no preset has 5 input channels"):
        save_weights(Generator(inputs=5, width=4, blocks=0), tmp_path / "w.safetensors")


def test_no_model_where_none_ships_asks_for_a_file(tmp_path):
    (tmp_path / "registry.toml").touch()
    with pytest.raises(WeightsError, match=r"no trained weights ship .* --model FILE.safetensors"):
        load_weights(None, registry=tmp_path / "registry.toml")


def test_the_shipped_registry_describes_files_that_are_there():
    for entry in registered_weights():
        assert load_weights(entry.name).sha256 == entry.sha256
    assert REGISTRY.is_file()


def test_a_registered_name_loads_and_is_the_default(registry):
    assert load_weights("small", registry=registry).name == "small"
    assert load_weights(None, registry=registry).name == "small"
    (entry,) = registered_weights(registry)
    assert entry.scores == {"PSNR on nothing": 1.5}


def test_a_registered_file_that_was_changed_is_refused(registry, saved):
    save_weights(Generator(width=4, blocks=1), saved)
    with pytest.raises(WeightsError, match="not the file that the registry describes"):
        load_weights("small", registry=registry)


def test_a_registry_that_describes_another_network_is_refused(registry):
    registry.write_text(registry.read_text().replace("inputs = 7", "inputs = 8"))
    with pytest.raises(WeightsError, match="describe different networks"):
        load_weights("small", registry=registry)


@pytest.mark.parametrize(
    ("old", "new"), [("width = 4", "widht = 4"), ("[[weights]]", "[[weights"), ("blocks = 1", "")]
)
def test_a_damaged_registry_is_refused(registry, old, new):
    registry.write_text(registry.read_text().replace(old, new))
    with pytest.raises(WeightsError, match=r"registry .* cannot be read"):
        load_weights("small", registry=registry)


def test_an_unknown_name_lists_those_there_are(registry):
    with pytest.raises(WeightsError, match="no weights named 'large'; shipped are: small"):
        load_weights("large", registry=registry)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"absent\.safetensors cannot be read: No such file"):
        load_weights(tmp_path / "absent.safetensors")


def test_a_folder_is_no_weights(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read: Is a directory"):
        load_weights(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 64])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_weights(path)


def test_a_truncated_file_is_refused(saved):
    saved.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_weights(saved)


@pytest.mark.parametrize("name", ["w.pt", "w.pth", "w.safetensors"])
def test_pickles_are_refused_whatever_they_are_called(generator, tmp_path, name):
    torch.save(generator.state_dict(), tmp_path / name)
    with pytest.raises(WeightsError, match="is a pickle, and loading a pickle can run any code"):
        load_weights(tmp_path / name)


def test_a_safetensors_file_called_like_a_pickle_is_refused_too(saved):
    path = saved.rename(saved.with_suffix(".pth"))
    with pytest.raises(WeightsError, match="is a pickle"):
        load_weights(path)


def test_every_key_and_shape_that_does_not_fit_is_named(saved):
    tensors = load_file(saved)
    tensors["extra.weight"] = torch.zeros(1)
    tensors["last.bias"] = torch.zeros(4)
    del tensors["up1.weight"]
    save_file(tensors, saved, METADATA)
    with pytest.raises(WeightsError) as caught:
        load_weights(saved)
    assert "missing up1.weight" in str(caught.value)
    assert "unexpected extra.weight" in str(caught.value)
    assert "last.bias has shape (4,), expected (3,)" in str(caught.value)


def test_a_file_that_does_not_say_what_it_is_for_is_refused(saved):
    save_file(load_file(saved), saved, {"celtint.preset": "paper2019"})
    with pytest.raises(WeightsError, match=r"metadata lack celtint\.width, celtint\.blocks"):
        load_weights(saved)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("celtint.preset", "paper2020", "preset 'paper2020'; known are paper2019, masked2019"),
        ("celtint.width", "1000000", "width of 1..512"),
        ("celtint.width", "-4", "width of 1..512"),
        ("celtint.blocks", "²", "0..64 blocks"),
    ],
)
def test_a_description_of_no_network_is_refused(saved, key, value, message):
    save_file(load_file(saved), saved, {**METADATA, key: value})
    with pytest.raises(WeightsError, match=message):
        load_weights(saved)


@pytest.mark.parametrize(
    ("bias", "message"),
    [
        (torch.tensor([0.0, float("nan"), 0.0]), "last.bias holds values that are not finite"),
        (torch.zeros(3, dtype=torch.int32), "last.bias holds torch.int32"),
    ],
)
def test_values_that_are_no_weights_are_refused(saved, bias, message):
    save_file({**load_file(saved), "last.bias": bias}, saved, METADATA)
    with pytest.raises(WeightsError, match=message):
        load_weights(saved)


def test_half_precision_files_load_as_float32(saved):
    tensors = {key: value.half() for key, value in load_file(saved).items()}
    save_file(tensors, saved, METADATA)
    assert load_weights(saved).generator.last.weight.dtype == torch.float32
