"""`ingest_<source>`: landing -> lake, one DAG for every source of the registry (`plugins/community_metrics/sources/registry/`)."""

from __future__ import annotations

from airflow.sdk import DAG

from community_metrics.operators.conventions import LANDING_POOL, RETRIES, ingest_documentation, source_asset
from community_metrics.operators.ingest import IngestOperator, SourceGateOperator
from community_metrics.sources.registry import load_registry

for source in load_registry().values():
    with DAG(
        dag_id=f"ingest_{source.name}",
        description=f"{source.title_zh} · {source.title_en}: landing to lake",
        schedule="@hourly",
        catchup=False,
        max_active_runs=1,
        default_args={"owner": source.owner, **RETRIES},
        tags=["ingest", source.dag_class, *(["required"] if source.required else [])],
        doc_md=ingest_documentation(source),
    ):
        ingest = IngestOperator(task_id="ingest", source=source.name, outlets=[source_asset(source.name)], pool=LANDING_POOL)
        ingest >> SourceGateOperator(task_id="source_gate", ingest_task_id="ingest")
