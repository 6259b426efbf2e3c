"""The plug-ins in a host whose Python has nothing that celtint needs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from celtint.plugin.publish import PLUGINS_FOLDER, bridge
from celtint.plugin.publish.rules import RULES

HOST_SIDE = [
    PLUGINS_FOLDER.parent / name
    for name in ("__init__.py", "actions.py", "bridge.py", "request.py", "plugins/__init__.py")
] + sorted(PLUGINS_FOLDER.glob("[a-z]*.py"))

HOST = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import pyblish.api, pyblish.plugin, pyblish.util
pyblish.api.deregister_all_paths()
pyblish.api.register_host("nuke")
from celtint.plugin.publish import register
register()
plugins = pyblish.api.discover()
context = pyblish.api.Context()
context.data["celtintOptions"] = {"publish": {"sheet": False}}
instance = context.create_instance("sh010", family="celtint.paint")
instance.data.update(json.loads(sys.argv[2]))
pyblish.util.publish(context, plugins=plugins)
def failed():
    return {
        one["plugin"].__name__: str(one["error"]) for one in context.data["results"] if one["error"]
    }
before = failed()
for plugin in plugins:
    if plugin.__name__ in before and plugin.actions:
        pyblish.plugin.process(plugin, context, None, plugin.actions[0].id)
context.data["results"] = []
again = {}
if before:
    pyblish.util.publish(context, plugins=plugins)
    again = failed()
keys = ("frameStart", "frameEnd", "colorspace", "publishDir", "version")
print(json.dumps({
    "plugins": len(plugins), "failed": before, "again": again,
    "data": {key: instance.data.get(key) for key in keys},
    "libraries": [one for one in ("numpy", "OpenImageIO", "cv2") if one in sys.modules],
}))
"""


@pytest.fixture
def host(tmp_path):
    """A Python without site-packages, but for pyblish and the plug-ins."""
    folder = tmp_path / "host"
    (folder / "celtint").mkdir(parents=True)
    (folder / "celtint" / "plugin").symlink_to(PLUGINS_FOLDER.parent.parent)
    (folder / "pyblish").symlink_to(Path(find_spec("pyblish").origin).parent)

    def run(**data):
        ended = subprocess.run(
            [sys.executable, "-S", "-E", "-c", HOST, folder, json.dumps(data)],
            env={**os.environ, "CELTINT_PYTHON": sys.executable},
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.splitlines()[-1])

    return run


def test_a_good_shot_is_published_from_a_host_without_libraries(host, painted, tmp_path) -> None:
    told = host(celtintPaint=str(painted.folder / "paint"), celtintPublishTo=str(tmp_path / "out"))
    assert told["plugins"] == len(RULES) + 4
    assert told["failed"] == {}
    assert told["libraries"] == []
    assert told["data"] == {
        "frameStart": 1001, "frameEnd": 1006, "colorspace": "ACEScg", "version": 1,
        "publishDir": str(tmp_path / "out" / "v001"),
    }  # fmt: skip
    assert (tmp_path / "out" / "v001" / "publish.json").exists()


def test_a_broken_shot_is_told_and_repaired_there_too(host, painted, tmp_path) -> None:
    whole = painted.paint(1003).read_bytes()
    painted.paint(1003).unlink()
    told = host(celtintPaint=str(painted.folder / "paint"))
    assert set(told["failed"]) == {"ValidateCeltintFrameRange"}
    assert "frame 1003: It is missing" in told["failed"]["ValidateCeltintFrameRange"]
    assert told["again"] == {}
    assert painted.paint(1003).read_bytes() == whole


def test_a_wrong_name_is_told_by_the_collector(host, tmp_path) -> None:
    told = host(celtintPaint=str(tmp_path / "none" / "x.####.exr"))
    assert "no file matches" in str(told["failed"]) or "cannot be read" in str(told["failed"])


def test_rules_are_explained_there_as_here() -> None:
    for name, rule in RULES.items():
        assert bridge.help_of(name) == rule.help
        assert bridge.label_of(name) == rule.label


@pytest.mark.parametrize("path", HOST_SIDE, ids=lambda path: path.name)
def test_what_hosts_load_is_python_3_9_and_standard_library(path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    for node in tree.body:  # what stands inside of functions is imported where it can be
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        for name in names:
            known = (*sys.stdlib_module_names, "pyblish")
            assert name.split(".")[0] in known or name == "celtint.plugin.publish", name
