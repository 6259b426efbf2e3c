"""What the menu and the buttons of the Celtint node call; everything else is in `celtint.plugin`.

The plug-in is loaded from its place beside this folder under a name of its own. So nothing is put
on the path where Nuke's Python looks for modules, and nothing there can be taken for ours.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_PLUGIN = "_celtint_plugin"


def press(nuke, button, node=None):
    """Do what a button says: of a Celtint node, or of the one whose button was pressed."""
    pressed = nuke.thisNode() if node is None else node
    plugin("nuke.buttons").press(nuke, pressed, button)


def add_menu(nuke):
    """Add Celtint to the toolbar and to the Tab key of the node graph."""
    menu = nuke.menu("Nodes").addMenu("Celtint", icon="Celtint.png")
    menu.addCommand("Celtint", "nuke.createNode('Celtint')", icon="Celtint.png")
    group = (_HERE / "Celtint_group.nk").as_posix()
    menu.addCommand("Celtint as a group", f"nuke.nodePaste({group!r})", icon="Celtint.png")


def plugin(module):
    """A module of the plug-in, loaded under a private name."""
    if _PLUGIN not in sys.modules:
        folder = _HERE.parent / "plugin"
        spec = importlib.util.spec_from_file_location(
            _PLUGIN, str(folder / "__init__.py"), submodule_search_locations=[str(folder)]
        )
        package = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
        sys.modules[_PLUGIN] = package
    return importlib.import_module(_PLUGIN + "." + module)
