"""A package, so that none of the same name that is installed stands for it."""
