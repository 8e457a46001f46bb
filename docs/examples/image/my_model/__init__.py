"""A model of one's own, on top of the image."""
