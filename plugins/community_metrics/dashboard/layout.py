"""Where things stand in a site, and what browsers may do with them: known to whoever writes a site and to whoever serves one."""

from __future__ import annotations

PROJECT_DOCS = "models/index.html"
"""dbt's documentation of the models, one page."""

# Angular compiles templates, hence `unsafe-eval`; all scripts and styles stand in the page itself.
PROJECT_DOCS_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
