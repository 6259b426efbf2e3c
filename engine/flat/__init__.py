"""The flat finish: one palette colour for every region."""
