"""The learned eye of the shot graph: a descriptor for every region, and a matcher of pairs."""
