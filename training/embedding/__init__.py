"""Training of the network that describes and matches regions, `celtint.engine.embedding`."""
