"""Mergeable accumulators: what is kept of data that is read once.

The same classes serve the in-process engine and Beam. Each has `add` for a batch, `merge` for an
accumulator of other rows, and a method that returns what `skewgate.core.distributions` describes.
Whatever the batches and the order of merging, the bounds in the result hold.
"""
