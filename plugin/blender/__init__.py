"""What Blender's operator and panel decide: strips into jobs, and the extension's own zip.

All but `build` and `commands` travel inside the extension and run in Blender's Python: standard
library only and valid Python 3.9.
"""
