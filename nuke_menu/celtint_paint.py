"""Paints the Celtint nodes of a script without a window, for farms and shells.

    nuke -t celtint_paint.py SCRIPT [--save] [NODE ...]

Ends with exit code 1, and says why, where a node was not painted.
"""

import sys


def main(nuke, arguments):
    """Paint what the arguments name; returns the exit code."""
    import celtint_nuke  # noqa: PLC0415 - by init.py, which a render session has run

    names = [word for word in arguments if word != "--save"]
    if not names:
        print(__doc__)
        return 1
    buttons = celtint_nuke.plugin("nuke.buttons")
    try:
        saves = "--save" in arguments
        for name, status in buttons.paint_script(nuke, names[0], names[1:], saves=saves):
            print(f"{name}: {status}", flush=True)
    except Exception as error:
        print(f"Celtint: {error}", file=sys.stderr)
        return 1
    finally:
        buttons.close()
    return 0


if __name__ == "__main__":
    import nuke

    sys.exit(main(nuke, sys.argv[1:]))
