"""What `import skewgate` offers, and the command line calls: compare, profile, merge, read."""
