"""`serve_release`: the release that readers see, where BI tools read it besides the released files.

### 供数 · Serving the release

**Purpose.** Loads the marts of the current release into Postgres (connection `community_metrics_postgres`), all of them in one transaction,
then brings the dashboards of Superset (connection `community_metrics_superset`) to it and asks every chart once, so that its answer is in
the cache. What is there already is not touched.

**Class.** *now*: one run brings what is published now. Started by every release, and once an hour by the clock, so that a rollback and a
database that was away are followed; such a run costs seconds when nothing is to do.

**Owner.** community-data

**When it is red.** Tools that read Postgres see the release before, whole; the released files and the dashboard are not concerned. The log
of `load_postgres` says what Postgres said. *busy*: a reader's transaction keeps a table whose columns change; end it
(`pg_stat_activity`), the next run loads. `refresh_superset`: readers see the dashboards as they were, or without a cache; the log names the
charts that Superset could not show.
"""

from __future__ import annotations

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable
from airflow.sdk.configuration import conf

from community_metrics.operators.conventions import RELEASE_ASSET, RETRIES
from community_metrics.operators.serving import LoadPostgresOperator, RefreshSupersetOperator

with DAG(
    dag_id="serve_release",
    description="供数 · the current release into Postgres and Superset",
    schedule=AssetOrTimeSchedule(
        assets=AssetAny(RELEASE_ASSET),
        timetable=CronTriggerTimetable("15 * * * *", timezone=conf.get("core", "default_timezone")),
    ),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", **RETRIES},
    tags=["serving", "now"],
    doc_md=__doc__,
):
    # A Superset that reads the released file needs no Postgres.
    LoadPostgresOperator(task_id="load_postgres") >> RefreshSupersetOperator(task_id="refresh_superset", trigger_rule="none_failed")
