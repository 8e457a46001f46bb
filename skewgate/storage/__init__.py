"""Where bytes lie: atomic files, patterns of names, object stores and their mounts."""
