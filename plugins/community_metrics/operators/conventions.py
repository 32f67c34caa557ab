"""What every DAG of the project has in common: retries, assets, pools, and the words of its documentation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, CronDataIntervalTimetable
from airflow.sdk.configuration import conf

from community_metrics.extractors.catalogue import ExtractorEntry
from community_metrics.operators.extract import ATTEMPTS, ComeBackPolicy, ExtractOperator
from community_metrics.sources.registry import SourceDefinition

WRITER_POOL = "warehouse_writer"
LANDING_POOL = "landing_reader"

# Two more tries, for a busy warehouse or a killed process. What somebody has to mend fails at once (see PipelineOperator).
RETRIES: dict[str, Any] = {"retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": 2.0}


RELEASE_ASSET = Asset(name="community_metrics_release", uri="community-metrics://release", group="community-metrics")
"""Says that readers see another release."""


def source_asset(source: str) -> Asset:
    """Says that something new of the source is in the lake."""
    return Asset(name=f"source_{source}", uri=f"community-metrics://{source}", group="community-metrics")


def schedule_of(source: SourceDefinition) -> Any:
    """Hourly for what is dropped; for an API one run per business date, from midnight to midnight of Airflow's time zone.

    The run begins as soon as its date is over: a list of the present then shows the end of the date, and what is computed
    overnight waits for its hour by itself. Midnight also makes the bounds of a backfill the dates that one types.
    """
    if source.dag_class == "now":
        return "@hourly"
    return CronDataIntervalTimetable("0 0 * * *", timezone=conf.get("core", "default_timezone"))


def extract_task(extractor: ExtractorEntry) -> ExtractOperator:
    """The task that pulls the source's API."""
    return ExtractOperator(
        task_id="extract",
        source=extractor.source,
        connection_id=extractor.connection_id,
        pool=extractor.pool,
        # A backfill runs beside the schedule: with a token that only its newest holder may use, the two would refuse each other.
        max_active_tis_per_dag=1,
        retries=ATTEMPTS,
        retry_policy=ComeBackPolicy(),
        execution_timeout=timedelta(hours=6),
    )


_CLASSES = {
    "now": """\
one run takes everything of this source that waits in `<home>/landing/inbox/{name}/<account>/`.
A run for a past date (a backfill) does the same; a run that finds nothing waiting is skipped.""",
    "interval": """\
one run per business date. `extract` pulls the date, and the days that the platform restates, into the inbox;
without a connection it is skipped. It waits and comes back while the platform is not ready (yellow is no fault). `ingest` then
takes everything that waits in `<home>/landing/inbox/{name}/<account>/`, dropped files too.
Past dates: `airflow backfill create --dag-id ingest_{name} --from-date 2026-11-01 --to-date 2026-11-07`.""",
}


def ingest_documentation(source: SourceDefinition) -> str:
    """The `doc_md` of a source's ingest DAG."""
    extract_red = "\n`extract` red: its log names the code, the interface and the remedy; docs/extraction.md has the table."
    return f"""\
### {source.title_zh} · {source.title_en}

**Purpose.** {source.description}

**Class.** *{source.dag_class}*: {_CLASSES[source.dag_class].format(name=source.name)}

**Owner.** {source.owner}

**When it is red.** `ingest` red: {source.when_red}
`source_gate` red: a file did not get through; its log names the file, the reason and the remedy. Everything else of the run is in.\
{extract_red if source.dag_class == "interval" else ""}
"""
