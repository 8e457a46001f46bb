"""TabularExampleGen: tabular files to tf.Examples, split by rule."""
