"""Measures skewgate beside its peers, on the same files and the same machine."""
