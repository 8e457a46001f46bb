"""What `import skewgate` offers, and the command line calls: compare, profile, infer, merge."""
