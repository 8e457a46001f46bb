"""Contracts as data: the YAML files and schemas of the examples."""
