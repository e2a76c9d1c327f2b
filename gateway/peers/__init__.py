"""Calls to other nodes."""
