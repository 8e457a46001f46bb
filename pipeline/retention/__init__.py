"""What runs left: what of it goes under the limits of pipeline.yaml, and its removal."""
