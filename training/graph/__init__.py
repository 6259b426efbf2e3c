"""Fits the small models of the shot graph: what cues weigh, and how sure an answer is."""
