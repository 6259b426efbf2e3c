"""Data, losses, loops and metrics. Builds on the engine alone."""
