"""What the marts of a candidate were computed by, so that two releases can be told apart by it: definitions, SQL, templates, metrics."""

from __future__ import annotations

import hashlib
from typing import Any

from community_metrics.landing.ledger import Ledger
from community_metrics.metrics.registry import project_registry
from community_metrics.settings import Settings
from community_metrics.warehouse.definitions import seed_fingerprints
from community_metrics.warehouse.lineage import IDENTITY, ancestries


def read_recipe(settings: Settings, ledger: Ledger) -> dict[str, Any]:
    """As in a manifest: `definitions` (file -> sha256), `sql` (mart -> sha256 of the SQL that it descends from), `templates`
    (name -> fingerprint), `metrics` (name -> version), `put_aside` (sha256 of the counts of rows in quarantine and in held files)
    and `engine`."""
    import duckdb

    return {
        "definitions": seed_fingerprints(settings),
        "sql": {mart: ancestry.code for mart, ancestry in ancestries().items() if mart not in IDENTITY},
        "templates": ledger.template_fingerprints(),
        "metrics": {metric.name: metric.version for metric in project_registry().metrics.values()},
        "put_aside": hashlib.sha256(repr((ledger.quarantine_counts(), ledger.held_counts())).encode()).hexdigest(),
        "engine": f"duckdb {duckdb.__version__}",
    }
