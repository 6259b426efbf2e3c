"""What the Celtint node in Nuke does when a button is pressed; its knobs are in `nuke_menu`."""
