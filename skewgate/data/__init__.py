"""Rows in: Arrow helpers, tf.Example, readers of files, ingest, and windows of time."""
