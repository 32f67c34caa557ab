"""`ingest_<source>`: one DAG for every source of the registry (`plugins/community_metrics/sources/registry/`).

What people drop goes from the landing to the lake every hour; a source with an API is pulled first, once per business date (what
is dropped of it meanwhile is taken by `ingest_drops`).
"""

from __future__ import annotations

from airflow.sdk import DAG

from community_metrics.extractors.catalogue import EXTRACTORS
from community_metrics.operators.conventions import LANDING_POOL, RETRIES, extract_task, ingest_documentation, schedule_of, source_asset
from community_metrics.operators.ingest import IngestOperator, SourceGateOperator
from community_metrics.sources.registry import load_registry

for source in load_registry().values():
    extractor = EXTRACTORS.get(source.name) if source.dag_class == "interval" else None
    with DAG(
        dag_id=f"ingest_{source.name}",
        description=f"{source.title_zh} · {source.title_en}: landing to lake",
        schedule=schedule_of(source),
        catchup=False,
        max_active_runs=1,
        default_args={"owner": source.owner, **RETRIES},
        tags=["ingest", source.dag_class, *(["required"] if source.required else [])],
        doc_md=ingest_documentation(source),
    ):
        # Whatever became of the extraction: what lies in the inbox is taken.
        ingest = IngestOperator(
            task_id="ingest",
            sources=[source.name],
            outlets=[source_asset(source.name)],
            pool=LANDING_POOL,
            trigger_rule="all_done" if extractor else "all_success",
        )
        gate = SourceGateOperator(
            task_id="source_gate", ingest_task_id="ingest", trigger_rule="none_failed" if extractor else "all_success"
        )
        ingest >> gate
        if extractor:
            # The gate also waits for the extraction, so that the run is red when that has failed.
            extract_task(extractor) >> [ingest, gate]
