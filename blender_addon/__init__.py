"""The operator in Blender: strips and panels over `celtint.plugin`.

In the extension this folder lies beside a copy of the `plugin` modules that hosts may load, so that
`from ..plugin import ...` means the same in both.
"""


def register() -> None:
    """Called by Blender when the extension is switched on."""
    # Only here: outside Blender there is no bpy, and this package can be imported all the same.
    from . import addon  # noqa: PLC0415

    addon.register()


def unregister() -> None:
    """Called by Blender when the extension is switched off, and when Blender quits."""
    from . import addon  # noqa: PLC0415 - as above

    addon.unregister()
