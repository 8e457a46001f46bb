"""Files to tf.Examples in splits, without Beam."""
