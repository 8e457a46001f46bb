"""LabelJoiner: late labels to their predictions, by window."""
