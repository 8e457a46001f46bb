"""What a drift.yaml would have caught, on one's own data."""
