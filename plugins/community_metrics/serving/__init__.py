"""Releases where BI tools read them besides the released files: marts in Postgres, exported tables."""
