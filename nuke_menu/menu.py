"""Run by Nuke as its window opens, after init.py; must never keep it from starting."""

try:
    import celtint_nuke
    import nuke

    celtint_nuke.add_menu(nuke)
except Exception as error:
    print("Celtint has no menu:", error)
