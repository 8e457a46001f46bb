"""What is checked, a folder a check: its contract (config) and its computation."""
