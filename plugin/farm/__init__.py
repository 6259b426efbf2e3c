"""Many shots: lists of them, farms that paint them, and the report over all."""
