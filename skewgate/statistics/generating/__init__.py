"""TFDV's statistics of tf.Examples, computed without TFDV."""
