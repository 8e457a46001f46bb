"""Peers: the same question put to each other library, one file each."""
