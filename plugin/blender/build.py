"""The extension's zip: the add-on beside a copy of the plug-in modules that hosts may load.

Both lie in the zip as they lie in the project, so their relative imports mean the same there, and
nothing is put on Blender's `sys.path`.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import tempfile
import tomllib
import zipfile
from importlib.resources import as_file, files
from pathlib import Path

from ..errors import FileError

PLUGIN_MODULES = ("__init__", "client", "errors", "events", "job", "workers")
"""Where the copying begins; what these import from their own folder comes along."""

NOT_FOR_BLENDER = ("build.py", "commands.py")
MANIFEST = "blender_manifest.toml"

_ROOT = '''"""Celtint in Blender."""

from .blender_addon import register, unregister

__all__ = ("register", "unregister")
'''
# The tool lies inside the wheel; which is found without starting Blender, which takes seconds.
_FIND_TOOL = """
import importlib.util, pathlib
home = pathlib.Path(importlib.util.find_spec("bpy").origin).parent
print(next(home.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"), ""))
"""


def build(out: Path, *, blender: Path | None = None) -> Path:
    """Write the extension.

    Args:
        out: Folder to write to; made if it is not there.
        blender: A Blender, or a Python that has `bpy`: its own tool then builds and validates.
            Without it the zip is written here, with the same files in it.

    Returns:
        The zip.

    Raises:
        FileError: Nothing can be written, or Blender's tool refused; the message holds its words.

    """
    with tempfile.TemporaryDirectory(prefix="celtint-blender-") as temporary:
        source = Path(temporary) / "celtint"
        try:
            stage(source)
            out.mkdir(parents=True, exist_ok=True)
            target = out / f"celtint_blender-{_version(source)}.zip"
            if blender is None:
                _zip(source, target)
            else:
                tool = _tool(blender)
                _run(
                    [*tool, "build", "--source-dir", str(source), "--output-filepath", str(target)]
                )
                _run([*tool, "validate", str(target)])
        except OSError as error:
            raise FileError(f"The extension cannot be written to {out}: {error}") from error
    return target


def stage(folder: Path) -> None:
    """Lay out the files of the extension in a folder, which must not exist yet."""
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(_ROOT, encoding="utf-8")
    with as_file(files("celtint.blender_addon")) as addon:
        shutil.copy(addon / MANIFEST, folder / MANIFEST)
        _copy(sorted(addon.glob("*.py")), folder / "blender_addon")
    with as_file(files("celtint.plugin")) as plugin:
        _copy(_with_imports(plugin), folder / "plugin")
        chosen = [one for one in plugin.glob("blender/*.py") if one.name not in NOT_FOR_BLENDER]
        _copy(sorted(chosen), folder / "plugin" / "blender")


def _with_imports(plugin: Path) -> list[Path]:
    """The modules of the plug-in that the extension needs."""
    waiting, found = list(PLUGIN_MODULES), set[str]()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        tree = ast.parse((plugin / f"{name}.py").read_text(encoding="utf-8"))
        waiting += [
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        ]
    return [plugin / f"{name}.py" for name in sorted(found)]


def _copy(sources: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for source in sources:
        shutil.copy(source, folder / source.name)


def _version(source: Path) -> str:
    return str(tomllib.loads((source / MANIFEST).read_text(encoding="utf-8"))["version"])


def _zip(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                # A fixed date: the same project makes the same bytes.
                entry = zipfile.ZipInfo(str(path.relative_to(source)), (2026, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    temporary.replace(target)


def _tool(blender: Path) -> list[str]:
    """The command that stands for Blender's extension tool."""
    if not blender.name.startswith("python"):
        return [str(blender), "--command", "extension"]
    found = _run([str(blender), "-c", _FIND_TOOL]).strip()
    if not found:
        raise FileError(
            f"{blender} has no bpy with the extension tool; 4.2 is the oldest that has."
        )
    return [str(blender), found]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FileError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
