"""Where things stand in a site, and what browsers may do with them: known to whoever writes a site and to whoever serves one."""

from __future__ import annotations

PROJECT_DOCS = "models/index.html"
"""dbt's documentation of the models, one page."""

SERVED_UNDER = "community-metrics"
"""The folder of the address under which Airflow serves the site: pages offer there what only a server can do."""

EXPORTS = "export"
"""Marts as files, made when they are asked for: `export/<mart>.<csv, xlsx or parquet>` beside the pages."""

ACCESS = "access.json"
"""Beside the pages, and sent to nobody: what of the site is not for everyone (`audiences.py`)."""

AUDIENCES = ("everyone", "operators")
"""Who may see a page behind Airflow's login; from the disk everybody may who has the files."""

# Angular compiles templates, hence `unsafe-eval`; all scripts and styles stand in the page itself.
PROJECT_DOCS_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
