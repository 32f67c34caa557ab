"""What every DAG of the project has in common: retries, assets, pools, and the words of its documentation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset

from community_metrics.sources.registry import SourceDefinition

WRITER_POOL = "warehouse_writer"
LANDING_POOL = "landing_reader"

# Two more tries, for a busy warehouse or a killed process. What somebody has to mend fails at once (see PipelineOperator).
RETRIES: dict[str, Any] = {"retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": 2.0}


def source_asset(source: str) -> Asset:
    """Says that something new of the source is in the lake."""
    return Asset(name=f"source_{source}", uri=f"community-metrics://{source}", group="community-metrics")


def ingest_documentation(source: SourceDefinition) -> str:
    """The `doc_md` of a source's ingest DAG."""
    return f"""\
### {source.title_zh} · {source.title_en}

**Purpose.** {source.description}

**Class.** *{source.dag_class}*: one run takes everything of this source that waits in `<home>/landing/inbox/{source.name}/<account>/`.
A run for a past date (a backfill) does the same; a run that finds nothing waiting is skipped.

**Owner.** {source.owner}

**When it is red.** `ingest` red: {source.when_red}
`source_gate` red: a file did not get through; its log names the file, the reason and the remedy. Everything else of the run is in.
"""
