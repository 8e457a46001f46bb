"""Beam transforms over the accumulators that run without Beam too."""
