"""The plug-ins as pyblish finds and runs them."""

from __future__ import annotations

import pyblish.api
import pyblish.logic
import pyblish.util
import pytest

from celtint.plugin.publish import PLUGINS_FOLDER, bridge, deregister, register
from celtint.plugin.publish.options import RULE_NAMES
from celtint.plugin.publish.repairs import REPAIRS
from celtint.plugin.publish.rules import RULES

STEPS = {
    "CollectCeltintNamed",
    "CollectCeltintShot",
    "ExtractCeltintVersion",
    "IntegrateCeltintVersion",
}
VALIDATORS = {
    "ValidateCeltint" + "".join(word.capitalize() for word in rule.split("_")): rule
    for rule in RULE_NAMES
}


@pytest.fixture
def plugins():
    """The plug-ins, discovered once, as a host does that has nothing else registered."""
    pyblish.api.deregister_all_paths()
    pyblish.api.deregister_all_hosts()
    pyblish.api.register_host("shell")
    register()
    yield pyblish.api.discover()
    deregister()
    pyblish.api.deregister_all_hosts()


def run(plugins, **data):
    context = pyblish.api.Context()
    context.data.update(data)
    return pyblish.util.publish(context, plugins=plugins)


def failed(context):
    return {
        one["plugin"].__name__: str(one["error"]) for one in context.data["results"] if one["error"]
    }


def instance_of(context):
    (instance,) = context
    return instance


def test_the_discovered_plugins_are_the_expected_ones(plugins) -> None:
    """Pyblish drops a faulty file with a line in the log."""
    assert {one.__name__ for one in plugins} == STEPS | set(VALIDATORS)
    assert len(plugins) == len(list(PLUGINS_FOLDER.glob("*.py"))) - 1, "a plug-in a file"


@pytest.mark.parametrize("host", ["shell", "python", "nuke", "blender"])
def test_every_host_gets_all_of_them_and_maya_none(plugins, host) -> None:
    pyblish.api.deregister_all_hosts()
    pyblish.api.register_host(host)
    assert len(pyblish.api.discover()) == len(plugins)
    pyblish.api.deregister_all_hosts()
    pyblish.api.register_host("maya")
    assert pyblish.api.discover() == []


def test_no_plugin_file_has_what_pyblish_stumbles_over() -> None:
    for path in PLUGINS_FOLDER.glob("*.py"):
        text = path.read_text()
        assert "from __future__" not in text, path
        assert len(text.splitlines()) < 32, path


def test_validators_have_label_help_and_family_and_repairs_where_there_are_any(plugins) -> None:
    for one in plugins:
        if one.__name__ not in VALIDATORS:
            continue
        rule = VALIDATORS[one.__name__]
        assert one.rule == rule
        assert one.__doc__ == RULES[rule].help
        assert one.families == ["celtint.paint"]
        assert one.optional
        assert bool(one.actions) == (rule in REPAIRS)


def test_a_good_shot_is_published_with_the_studios_keys(plugins, painted, tmp_path) -> None:
    context = run(
        plugins,
        celtintPaint=str(painted.folder / "paint"),
        celtintOptions={"publish": {"to": str(tmp_path / "out")}, "shot": {"fps": 25.0}},
    )
    assert failed(context) == {}
    data = instance_of(context).data
    assert (data["frameStart"], data["frameEnd"], data["fps"]) == (1001, 1006, 25.0)
    assert (data["handleStart"], data["handleEnd"]) == (0, 0)
    assert (data["resolutionWidth"], data["resolutionHeight"], data["pixelAspect"]) == (64, 48, 1)
    assert data["colorspace"] == "ACEScg"
    assert data["families"] == ["celtint.paint"]
    assert data["version"] == 1
    (representation,) = data["published_representations"]
    assert representation["stagingDir"] == str(tmp_path / "out" / "v001")
    assert len(representation["files"]) == 6
    assert (tmp_path / "out" / "v001" / "paint.1001.exr").exists()


def test_a_broken_shot_fails_its_validator_alone_and_is_not_published(
    plugins, painted, tmp_path
) -> None:
    painted.paint(1003).unlink()
    context = run(
        plugins,
        celtintPaint=str(painted.folder / "paint"),
        celtintOptions={"publish": {"to": str(tmp_path / "out")}},
    )
    assert set(failed(context)) == {"ValidateCeltintFrameRange"}
    assert "frame 1003: It is missing" in failed(context)["ValidateCeltintFrameRange"]
    assert not (tmp_path / "out").exists()


def test_what_the_instance_says_is_what_the_frames_have_to_agree_with(plugins, painted) -> None:
    context = pyblish.api.Context()
    context.create_instance(
        "sh010",
        family="celtint.paint",
        frameStart=1002,
        frameEnd=1007,
        handleStart=1,
        handleEnd=0,
        resolutionWidth=1920,
        resolutionHeight=48,
        representations=[
            {
                "name": "exr",
                "stagingDir": str(painted.folder / "paint"),
                "files": ["paint.1001.exr"],
            }
        ],
    )
    pyblish.util.publish(context, plugins=plugins)
    assert set(failed(context)) == {"ValidateCeltintFrameRange", "ValidateCeltintWindows"}
    assert "width is 64, and the shot has 1920" in failed(context)["ValidateCeltintWindows"]


def test_instances_of_other_families_are_let_alone(plugins) -> None:
    context = pyblish.api.Context()
    context.create_instance("model", family="model")
    pyblish.util.publish(context, plugins=plugins)
    assert failed(context) == {}
    assert set(instance_of(context).data) <= {"family", "families", "name", "label", "publish"}


def test_a_rule_that_is_a_warning_does_not_stop_the_shot(plugins, painted, tmp_path) -> None:
    painted.paint(1006).unlink()
    context = run(
        plugins,
        celtintPaint=str(painted.folder / "paint"),
        celtintOptions={
            "publish": {"to": str(tmp_path / "out"), "movie": False, "sheet": False},
            "rules": {"frame_range": "warning"},
        },
    )
    assert failed(context) == {}
    assert (tmp_path / "out" / "v001").is_dir()


@pytest.mark.parametrize("again", [False, True], ids=["discovered once", "discovered twice"])
def test_the_repair_beside_a_finding_repairs(plugins, painted, again) -> None:
    """Discovered twice, plug-ins are other classes of the same name."""
    whole = painted.paint(1003).read_bytes()
    painted.paint(1003).unlink()
    context = run(plugins, celtintPaint=str(painted.folder / "paint"))
    chosen = pyblish.api.discover() if again else plugins
    (plugin,) = [one for one in chosen if one.__name__ == "ValidateCeltintFrameRange"]
    (action,) = plugin.actions
    result = pyblish.plugin.process(plugin, context, None, action.id)
    assert result["error"] is None
    assert painted.paint(1003).read_bytes() == whole
    context = run(plugins, celtintPaint=str(painted.folder / "paint"))
    assert failed(context) == {}


def test_a_wrong_configuration_is_told_by_the_collector(plugins, painted) -> None:
    context = run(
        plugins,
        celtintPaint=str(painted.folder / "paint"),
        celtintOptions={"rules": {"flip": "off"}},
    )
    assert "`rules.flip` is no rule" in failed(context)["CollectCeltintShot"]
    assert bridge.FAMILY == "celtint.paint"
