"""The node in Nuke: knobs and menus over `celtint.plugin`."""
