"""What `skewgate init` writes for one's own data: contracts, a pipeline, a trainer."""
