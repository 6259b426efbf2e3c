"""The painted finish: the paper's recurrent generator."""
