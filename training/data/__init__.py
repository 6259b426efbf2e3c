"""Sets of shots: how they are stored, made from video, and read as what a network trains on."""
