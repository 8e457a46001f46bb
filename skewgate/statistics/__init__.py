"""TFDV's statistics files: reading, writing and computing them without TFDV."""
