"""What leaves training: weights as they ship, a card that tells of them, a quick look for Nuke."""
