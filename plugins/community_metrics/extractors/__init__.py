"""Pulling what a platform's API delivers, as the same raw pages that a person would drop into the inbox.

Rooms: `catalogue` (which source has an extractor; light, read when DAG files are parsed), `connections` (what an Airflow
connection says), `client`, `responses`, `tokens`, `limits` (one call), `pagination`, `windows`, `readiness` (many calls),
`spool`, `pages` (what is kept and delivered), `session` and `run` (one business date), and one module per platform.
"""
