"""Drawings of reports as plain shapes."""
