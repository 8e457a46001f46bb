"""The first example: Chicago taxi trips."""
