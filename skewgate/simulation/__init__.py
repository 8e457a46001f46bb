"""Drift that is planted on purpose: simulated files and rehearsals."""
