"""`warehouse_maintenance`: a home stays in order by itself.

### 仓库维护 · Maintenance

**Purpose.** Saves the home (where a folder for backups is named), looks over every byte of landing and lake and every digest of the
release that readers see, and removes the releases beyond the retention.

**Class.** *now*: one run looks at the present; past dates have nothing to say.

**Owner.** community-data

**When it is red.** `backup` red: the log says what is in the way, most often the disk. `look_over` red: files of landing or lake are
damaged; the log names them, what to do stands in `docs/runbooks/damaged-files.md`. `verify` red: the release is damaged; readers may
see wrong numbers: `community-metrics releases rollback ID`, then look at the disk. `expire` red: the log names the release and why it
stayed.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable
from airflow.sdk.configuration import conf

from community_metrics.operators.conventions import RETRIES, WRITER_POOL
from community_metrics.operators.maintenance import BackupOperator, ExpireOperator, LookOverOperator, VerifyOperator

with DAG(
    dag_id="warehouse_maintenance",
    description="仓库维护 · backup, verification, retention of releases",
    # Between the night's exports and the morning's release.
    schedule=CronTriggerTimetable("30 4 * * *", timezone=conf.get("core", "default_timezone")),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", **RETRIES},
    tags=["maintenance", "now"],
    doc_md=__doc__,
):
    # Apart from each other: what one finds does not keep the others from their work.
    BackupOperator(task_id="backup", pool=WRITER_POOL)
    LookOverOperator(task_id="look_over", pool=WRITER_POOL)
    VerifyOperator(task_id="verify")
    ExpireOperator(task_id="expire", pool=WRITER_POOL)
