"""What a training run is: one typed configuration, read from TOML, every mistake told at once."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from celtint.engine.painted.generator import PRESETS as NETWORKS

from .data.clip_config import ClipConfig
from .errors import ConfigError

Table = dict[str, Any]

NetworkName = Literal["paper2019", "masked2019", "guided", "guided-luma"]
Previous = Literal["own", "true"]
PerceptualChoice = Literal["vgg19", "efficientnet-lite0"]
Schedule = Literal["constant", "cosine"]
RunPrecision = Literal["auto", "fp32", "bf16", "fp16"]
Target = Literal["finished", "paint"]

PRESETS = resources.files(__package__) / "presets"


def _at(default: Any, least: float = -math.inf, most: float = math.inf) -> Any:
    """A field that must lie within [least, most]."""
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True)
class ModelConfig:
    """The networks."""

    network: NetworkName = "paper2019"
    """Generator: the paper's, the paper's with the hint's mask, the guided one, or that for
    greyscale frames."""

    width: int = _at(64, 2, 512)
    """Channels of the generator's first layer."""

    blocks: int = _at(8, 0, 64)
    """Residual blocks."""

    discriminator_width: int = _at(64, 1, 512)
    """Channels of the discriminator's first layer."""


@dataclass(frozen=True)
class BatchConfig:
    """How many clips a step takes, and what should be painted of them."""

    clips: int = _at(16, 1, 4096)
    """Clips of a step and process, those of accumulated parts together."""

    workers: int = _at(0, 0, 256)
    """Processes that decode clips; 0 decodes between steps."""

    target: Target = "finished"
    """Frames as finished, lines included (the paper), or the paint under the lines."""


@dataclass(frozen=True)
class LossConfig:
    """Weights of equation 5."""

    adversarial: float = _at(1.0, 0)
    """Weight of the discriminator's judgement; 0 trains none."""

    content: float = _at(1.0, 0)
    """Weight of equation 3."""

    style: float = _at(1000.0, 0)
    """Weight of equation 4."""

    l1: float = _at(10.0, 0)
    """Weight of the mean absolute difference."""

    perceptual: PerceptualChoice = "vgg19"
    """Network of content and style."""

    perceptual_file: str = ""
    """Its weights; empty takes what a package brings, which there is for EfficientNet-lite0."""


@dataclass(frozen=True)
class RolloutConfig:
    """How a clip is painted in training."""

    previous: Previous = "own"
    """What a frame is conditioned on: the frame painted before, or (the baseline) the true one."""

    back_through: int = _at(1, 1, 64)
    """Frames that gradients flow back through: 1 detaches every previous frame."""


@dataclass(frozen=True)
class OptimiserConfig:
    """Adam, for both networks."""

    lr: float = _at(1e-4, 0, 1)
    """Learning rate of the generator."""

    discriminator_lr: float = _at(1e-5, 0, 1)
    """Learning rate of the discriminator."""

    beta1: float = _at(0.0, 0, 0.9999)
    """Decay of the gradient's mean."""

    beta2: float = _at(0.999, 0, 0.99999)
    """Decay of the gradient's square."""

    weight_decay: float = _at(0.0, 0, 1)
    """Decoupled decay of the generator's weights (AdamW)."""

    schedule: Schedule = "constant"
    """Constant, or down to a hundredth over `run.steps` along half a cosine."""

    warmup_steps: int = _at(0, 0)
    """Steps over which the learning rate grows from nothing."""

    clip_norm: float = _at(0.0, 0)
    """Most norm of the generator's gradient; 0 does not clip."""

    ema_decay: float = _at(0.999, 0, 0.999999)
    """Decay of the moving average of weights, which is what is exported; 0 exports the last."""

    accumulate: int = _at(1, 1, 1024)
    """Parts that a batch is computed in, to save memory."""


@dataclass(frozen=True)
class RunConfig:
    """The run itself. Nothing here changes what a step computes, but for the precision."""

    steps: int = _at(100_000, 1)
    """Steps in all."""

    seed: int = _at(1, 0, 2**31 - 1)
    """Of weights, data order, crops and hints."""

    precision: RunPrecision = "auto"
    """Arithmetic of convolutions; auto takes bf16 where the device is made for it."""

    compile: bool = False
    """Compile the generator with torch.compile."""

    checkpoint_minutes: float = _at(10.0, 0.05)
    """Minutes between checkpoints."""

    keep: int = _at(3, 1, 1000)
    """Checkpoints that are kept, the last ones."""

    log_steps: int = _at(20, 1)
    """Steps between scalars."""

    picture_steps: int = _at(500, 1)
    """Steps between picture strips."""


@dataclass(frozen=True)
class Config:
    """One training run."""

    model: ModelConfig = ModelConfig()
    """The networks."""

    data: ClipConfig = field(default_factory=ClipConfig)
    """What is cut from shots, as line art and hints."""

    batch: BatchConfig = BatchConfig()
    """How many clips, and what of them."""

    loss: LossConfig = LossConfig()
    """Weights of the losses."""

    rollout: RolloutConfig = RolloutConfig()
    """How clips are painted."""

    optimiser: OptimiserConfig = OptimiserConfig()
    """Adam."""

    run: RunConfig = RunConfig()
    """Length, seed, checkpoints."""

    def __post_init__(self) -> None:
        if problems := [*_outside(self), *_contradictions(self)]:
            raise ConfigError(problems)


def presets() -> tuple[str, ...]:
    """Names of the presets that ship."""
    files = PRESETS.iterdir()
    return tuple(sorted(file.name[:-5] for file in files if file.name.endswith(".toml")))


def load_config(
    source: str | Path, overrides: Iterable[str] = (), *, is_small: bool = False
) -> Config:
    """Read a preset or a file.

    Args:
        source: A preset's name, or a file that ends in `.toml`. A file may say `base = "PRESET"`
            and only what differs from it.
        overrides: `section.key=value`, the value as TOML writes it; text needs no quotes.
        is_small: Take the table `small` of the preset as well: half width and smaller crops.

    Raises:
        ConfigError: There are mistakes; all of them are told.

    """
    problems: list[str] = []
    table = _table_of(source, is_small=is_small)
    for override in overrides:
        key, equals, value = override.partition("=")
        *path, name = key.strip().split(".")
        if not (equals and path and name):
            problems.append(f"--set {override}: expected section.key=value, as optimiser.lr=1e-4")
            continue
        inner = table
        for step in path:
            inner = inner.setdefault(step, {})
        inner[name] = _value(value.strip())
    sections = {}
    types = get_type_hints(Config)
    for section, content in table.items():
        if section not in types:
            problems.append(f"{section}: there is no such section; known are {', '.join(types)}")
        elif not isinstance(content, dict):
            problems.append(f"{section} = {content!r}: expected a table, [{section}]")
        else:
            sections[section] = _section(section, types[section], content, problems)
    built = Config.__new__(Config)  # so that what is wrong with values is told beside the rest
    for item in dataclasses.fields(Config):
        object.__setattr__(built, item.name, sections.get(item.name) or types[item.name]())
    problems += [*_outside(built), *_contradictions(built)]
    if problems:
        raise ConfigError(problems)
    return built


def to_table(config: Config) -> dict[str, Table]:
    """The configuration as plain tables, for `load_config` and for comparing."""
    return dataclasses.asdict(config)


def to_toml(config: Config) -> str:
    """The configuration as TOML."""
    parts = []
    for section, content in to_table(config).items():
        lines = [f"{key} = {_toml_value(value)}" for key, value in content.items()]
        parts.append("\n".join([f"[{section}]", *lines]))
    return "\n\n".join(parts) + "\n"


def _table_of(source: str | Path, *, is_small: bool) -> Table:
    if str(source).endswith(".toml"):
        path = Path(source)
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([f"{path} cannot be read: {error}"]) from error
        table = _parsed(text, str(path))
        base = table.pop("base", None)
        if base is not None:
            table = _merged(_table_of(str(base), is_small=is_small), table)
    else:
        if str(source) not in presets():
            raise ConfigError(
                [
                    f"there is no preset {str(source)!r}; known are {', '.join(presets())}. "
                    "A file is given as CONFIG.toml"
                ]
            )
        file = PRESETS / f"{source}.toml"
        table = _parsed(file.read_text("utf-8"), str(source))
    small = table.pop("small", None)
    if is_small and small is not None:
        table = _merged(table, small)
    return table


def _parsed(text: str, where: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{where} is not TOML: {error}"]) from error


def _merged(below: Table, above: Mapping[str, Any]) -> Table:
    merged = dict(below)
    for key, value in above.items():
        before = merged.get(key)
        is_table = isinstance(value, dict) and isinstance(before, dict)
        merged[key] = {**before, **value} if is_table else value  # type: ignore[dict-item]
    return merged


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _section(name: str, kind: Any, content: Table, problems: list[str]) -> Any:
    types = get_type_hints(kind)
    taken = {}
    for key, value in content.items():
        if key not in types:
            problems.append(f"{name}.{key}: there is no such key; known are {', '.join(types)}")
            continue
        fitting = value
        if types[key] is float and type(value) is int:
            fitting = float(value)
        if expected := _misfit(types[key], fitting):
            problems.append(f"{name}.{key} = {value!r}: expected {expected}")
        else:
            taken[key] = fitting
    try:
        return kind(**taken)
    except ConfigError as error:  # sections that check themselves
        problems += [f"{name}.{problem}" for problem in error.problems]
        return None


def _misfit(kind: Any, value: Any) -> str:
    """What is expected instead, or nothing."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return "" if value in choices else f"one of {', '.join(choices)}"
    if get_origin(kind) is Mapping:
        numbers = isinstance(value, dict) and all(type(v) in (int, float) for v in value.values())
        return "" if numbers else "a table of weights, as { ink = 0.7, canny = 0.3 }"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return "" if type(value) is kind else words[kind]


def _outside(config: Config) -> list[str]:
    problems = []
    for section in dataclasses.fields(config):
        content = getattr(config, section.name)
        for item in dataclasses.fields(content):
            value = getattr(content, item.name)
            if "least" not in item.metadata:
                continue
            least, most = item.metadata["least"], item.metadata["most"]
            if not least <= value <= most:
                bounds = f"{least:g} to {most:g}" if most < math.inf else f"{least:g} or more"
                problems.append(f"{section.name}.{item.name} = {value!r}: expected {bounds}")
    return problems


def _contradictions(config: Config) -> list[str]:
    problems = []
    loss, data, rollout = config.loss, config.data, config.rollout
    preset = NETWORKS[config.model.network]
    if not any((loss.adversarial, loss.content, loss.style, loss.l1)):
        problems.append("loss: expected at least one weight above 0, all are 0")
    if data.mode == "greyscale" and loss.content:
        problems.append(
            f"loss.content = {loss.content!r}: expected 0 with data.mode = 'greyscale', whose "
            "content is that of the frame already (section 3.1 of the paper)"
        )
    if rollout.back_through > data.frames:
        problems.append(
            f"rollout.back_through = {rollout.back_through!r}: expected at most data.frames, "
            f"{data.frames}"
        )
    if rollout.previous == "true" and rollout.back_through > 1:
        problems.append(
            f"rollout.back_through = {rollout.back_through!r}: expected 1 with rollout.previous = "
            "'true', nothing flows back through a true frame"
        )
    if config.batch.clips % config.optimiser.accumulate:
        problems.append(
            f"optimiser.accumulate = {config.optimiser.accumulate!r}: expected a divisor of "
            f"batch.clips, {config.batch.clips}"
        )
    if config.batch.workers and data.lanes % config.batch.workers:
        problems.append(
            f"batch.workers = {config.batch.workers!r}: expected 0 or a divisor of data.lanes, "
            f"{data.lanes}"
        )
    if preset.is_guided:
        mode = "greyscale" if preset.keeps_luma else "line_art"
        if data.mode != mode:
            problems.append(
                f"data.mode = {data.mode!r}: expected {mode}, model.network is {preset.name!r}"
            )
        if not config.model.blocks:
            problems.append(
                f"model.blocks = 0: expected 1 or more, model.network is {preset.name!r}"
            )
    return problems


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key} = {_toml_value(weight)}" for key, weight in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
