"""`warehouse_release`: whatever is new in the lake becomes an audited release.

### 社群指标发布 · Community metrics release

**Purpose.** Rebuilds the dates that new files touch, audits the result, and publishes database, files and dashboard together.

**Class.** *now*: one run takes whatever is new. Started when any source has something new, and once a day by the clock;
skipped at once when the published release already holds everything. A missing source does not block the others.

**Owner.** community-data

**When it is red.** The published release stays as it was; nobody sees half a release. `build` red: the log names the model and
the rows; mend the definition, or withdraw the file (`community-metrics ledger withdraw`). `audit` red: the log lists the
critical checks that failed, with what they saw; mend or withdraw the input, or correct the check in `expectations/` if the
world has changed; if the numbers are right all the same, somebody answers for the check by name (`community-metrics approve`).
`publish` red: disk space first, then run it again; publishing takes up where it stopped.
"""

from __future__ import annotations

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable
from airflow.sdk.configuration import conf

from community_metrics.operators.conventions import RETRIES, WRITER_POOL, source_asset
from community_metrics.operators.release import AuditOperator, BuildOperator, CheckNewOperator, PublishOperator
from community_metrics.sources.registry import load_registry

with DAG(
    dag_id="warehouse_release",
    description="社群指标发布 · build, audit and publish what is new",
    # After the night's exports have come; the time zone is Airflow's own default.
    schedule=AssetOrTimeSchedule(
        assets=AssetAny(*(source_asset(name) for name in load_registry())),
        timetable=CronTriggerTimetable("0 7 * * *", timezone=conf.get("core", "default_timezone")),
    ),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", "pool": WRITER_POOL, **RETRIES},
    tags=["release", "now"],
    doc_md=__doc__,
):
    (
        CheckNewOperator(task_id="check_new")
        >> BuildOperator(task_id="build")
        >> AuditOperator(task_id="audit")
        >> PublishOperator(task_id="publish")
    )
