"""`ingest_drops`: what people drop of the sources that are pulled once a day does not wait for the pull.

### 手工投放 · Drops of sources with an API

**Purpose.** Takes every hour whatever waits in the inbox of a source whose own DAG is about business dates and may be waiting for
its platform.

**Class.** *now*: one run takes everything that waits; a run that finds nothing is skipped.

**Owner.** community-data

**When it is red.** A file did not get through: the log of `source_gate` names the file, the reason and the remedy. Everything else of
the run is in.
"""

from __future__ import annotations

from airflow.sdk import DAG

from community_metrics.operators.conventions import LANDING_POOL, RETRIES, source_asset
from community_metrics.operators.ingest import IngestOperator, SourceGateOperator
from community_metrics.sources.registry import load_registry

PULLED = [source.name for source in load_registry().values() if source.dag_class == "interval"]

with DAG(
    dag_id="ingest_drops",
    description="手工投放 · drops of the sources that are pulled through an API",
    schedule="@hourly",
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", **RETRIES},
    tags=["ingest", "now"],
    doc_md=__doc__,
):
    ingest = IngestOperator(task_id="ingest", sources=PULLED, outlets=[source_asset(name) for name in PULLED], pool=LANDING_POOL)
    ingest >> SourceGateOperator(task_id="source_gate", ingest_task_id="ingest")
