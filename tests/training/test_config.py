import dataclasses

import pytest

from celtint.training.config import Config, LossConfig, load_config, presets, to_table, to_toml
from celtint.training.errors import ConfigError


def test_the_papers_preset_is_the_paper():
    config = load_config("paper2019-lineart")
    assert (config.model.network, config.model.width, config.model.blocks) == ("paper2019", 64, 8)
    assert (config.data.mode, config.data.crop_px) == ("line_art", 256)
    assert config.data.lines == {"canny": 1.0}
    assert config.data.hints == {"paper": 1.0}
    assert config.data.recoloured == config.data.styled == 0
    loss = config.loss
    assert (loss.adversarial, loss.content, loss.style, loss.l1) == (1, 1, 1000, 10)
    optimiser = config.optimiser
    assert (optimiser.lr, optimiser.discriminator_lr) == (1e-4, 1e-5)
    assert (optimiser.beta1, optimiser.beta2) == (0, 0.999)
    assert config.batch.clips == 16
    assert config.batch.target == "finished"
    assert config.rollout.previous == "own"


def differences(one, other):
    one, other = to_table(load_config(one)), to_table(load_config(other))
    return {
        f"{section}.{key}": (value, other[section][key])
        for section, content in one.items()
        for key, value in content.items()
        if other[section][key] != value
    }


def test_greyscale_differs_in_what_is_seen_and_has_no_content_loss():
    found = differences("paper2019-lineart", "paper2019-greyscale")
    found.pop("data.lines")  # edges that nobody looks at
    assert found == {"data.mode": ("line_art", "greyscale"), "loss.content": (1.0, 0.0)}


@pytest.mark.parametrize("mode", ["lineart", "greyscale"])
def test_the_baseline_differs_in_hints_and_in_what_it_is_conditioned_on(mode):
    assert differences(f"paper2019-{mode}", f"tcvc2019-{mode}") == {
        "data.hints": ({"paper": 1.0}, {"none": 1.0}),
        "rollout.previous": ("own", "true"),
    }


@pytest.mark.parametrize("name", presets())
def test_every_preset_is_valid_and_survives_being_written(name, tmp_path):
    for is_small in (False, True):
        config = load_config(name, is_small=is_small)
        written = tmp_path / "config.toml"
        written.write_text(to_toml(config))
        assert load_config(written) == config


def test_one_flag_takes_the_small_machines_variant():
    small, full = (load_config("paper2019-lineart", is_small=flag) for flag in (True, False))
    assert (small.model.width, small.data.crop_px) == (32, 128)
    assert (full.model.width, full.data.crop_px) == (64, 256)
    assert small.loss.style == full.loss.style


def test_three_mistakes_in_a_file_are_all_told_with_place_and_expectation(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(
        """
[optimiser]
lr = -1.0
[model]
network = "unet"
[run]
stepz = 5
"""
    )
    with pytest.raises(ConfigError) as told:
        load_config(path)
    problems = sorted(told.value.problems)
    assert len(problems) == 3
    assert problems[0].startswith("model.network = 'unet': expected one of paper2019, masked2019")
    assert problems[1] == "optimiser.lr = -1.0: expected 0 to 1"
    assert problems[2].startswith("run.stepz: there is no such key; known are steps, seed")


def test_mistakes_in_sections_that_check_themselves_are_told_with_the_others(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text('[data]\ncrop_px = 1\nstyled = 3.0\n[batch]\nclips = "many"\n')
    with pytest.raises(ConfigError) as told:
        load_config(path)
    assert sorted(problem.split(":")[0] for problem in told.value.problems) == [
        "batch.clips = 'many'",
        "data.crop_px is 1, expected at least 8",
        "data.styled is 3.0, expected a share, 0..1",
    ]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["optimiser.accumulate=3"], r"optimiser.accumulate = 3: expected a divisor of batch"),
        (["rollout.back_through=9"], r"expected at most data.frames, 4"),
        (["data.mode=greyscale"], r"loss.content = 1.0: expected 0 with data.mode"),
        (["loss.l1=0", "loss.adversarial=0", "loss.style=0", "loss.content=0"], r"all are 0"),
        (["batch.workers=3"], r"batch.workers = 3: expected 0 or a divisor of data.lanes"),
        (["model.network=guided", "data.mode=greyscale"], r"expected line_art"),
        (["model.network=guided-luma"], r"expected greyscale"),
        (["nonsense"], r"--set nonsense: expected section.key=value"),
        (["room.lr=1"], r"room: there is no such section"),
        (["model=5"], r"--set model=5: expected section.key=value"),
        (["run.compile=1"], r"run.compile = 1: expected true or false"),
        (["run.steps=1.5"], r"run.steps = 1.5: expected a whole number"),
        (["data.hints.ink=1"], r"data.hints has no kind 'ink'"),
        (["data.hints=all"], r"data.hints = 'all': expected a table of weights"),
    ],
)
def test_contradictions_and_wrong_overrides_are_told(overrides, message):
    with pytest.raises(ConfigError, match=message):
        load_config("paper2019-lineart", overrides)


def test_a_baseline_has_nothing_to_propagate_through():
    with pytest.raises(ConfigError, match="nothing flows back through a true frame"):
        load_config("tcvc2019-lineart", ["rollout.back_through=2"])


def test_overrides_change_what_they_name():
    config = load_config("guided", ["optimiser.lr=1e-3", "data.hints.none=0.5", "run.steps=7"])
    assert config.optimiser.lr == 1e-3
    assert config.data.hints == {"none": 0.5}
    assert config.run.steps == 7


def test_a_file_says_only_what_differs_from_its_base(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('base = "paper2019-lineart"\n[data]\nhints = { clean = 1 }\n')
    config = load_config(path)
    expected = load_config("paper2019-lineart")
    data = dataclasses.replace(expected.data, hints={"clean": 1.0})
    assert config == dataclasses.replace(expected, data=data)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "paper2020",
            r"no preset 'paper2020'; known are adapt, guided, guided-greyscale, paper2019",
        ),
        ("absent.toml", r"absent\.toml cannot be read"),
    ],
)
def test_an_unknown_source_is_told(name, message):
    with pytest.raises(ConfigError, match=message):
        load_config(name)


def test_a_file_that_is_no_toml_is_told(tmp_path):
    (tmp_path / "c.toml").write_text("[model\n")
    with pytest.raises(ConfigError, match=r"c\.toml is not TOML"):
        load_config(tmp_path / "c.toml")


def test_a_configuration_in_code_is_checked_too():
    with pytest.raises(ConfigError, match=r"loss\.l1 = -1"):
        Config(loss=LossConfig(l1=-1))
