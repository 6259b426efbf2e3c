"""The operator in Blender: strips and panels over `celtint.plugin`."""
