"""Platforms that behave as their documents say, errors and lies included: real HTTP servers on free ports of this machine."""
