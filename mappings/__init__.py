"""Mapping files: what the rows of a source mean."""
