"""Rows to distributions."""
