"""Is the model good enough: what is computed without TensorFlow."""
