"""Turns rows of a local system into backpacks, as a mapping file says."""
