"""Late labels: which prediction they belong to, and which windows have enough of them."""
