"""The formats TFRecord and tf.Example: framing, decoding, encoding, patching."""
