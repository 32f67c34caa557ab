"""Releases: immutable, audited, and visible all at once or not at all."""
