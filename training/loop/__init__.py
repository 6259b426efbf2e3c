"""The training loop: data in, weights and checkpoints out, at any size of machine."""
