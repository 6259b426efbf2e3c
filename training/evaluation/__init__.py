"""Weights held against shots whose colours are known: painted as they ship, scored, reported."""
