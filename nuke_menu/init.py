"""Run by Nuke as it starts, in a window or a render session; must never keep it from starting."""

try:
    import importlib.util
    import sys
    from pathlib import Path

    if "celtint_nuke" not in sys.modules:
        # From its place: the node works however this folder came to be on Nuke's plug-in path.
        _spec = importlib.util.spec_from_file_location(
            "celtint_nuke", str(Path(__file__).resolve().parent / "celtint_nuke.py")
        )
        _module = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(_module)
        sys.modules["celtint_nuke"] = _module
except Exception as error:
    print("Celtint is not available:", error)
