"""What `skewgate doctor` looks at: packages, commands, the machine."""
