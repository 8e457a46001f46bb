"""Runs a compiled pipeline on this machine, by the commands of its containers."""
