"""The shot graph: all regions of a shot, matched without hints and solved with them."""
