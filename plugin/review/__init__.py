"""Where a painted shot is unsure: what to look at, worst first, and the one dab that helps most."""
