"""Rows in, domain objects out: the only place with SQL."""
