"""What runs inside the image: the entry point and what it does for an executor."""
