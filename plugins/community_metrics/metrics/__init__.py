"""The metric registry: what every column of every mart means, read from `metrics/*.yml`, and what is derived from it."""
