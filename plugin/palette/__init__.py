"""The palette of a shot as data: names, exact colours, mattes, and a swap without a second run."""
