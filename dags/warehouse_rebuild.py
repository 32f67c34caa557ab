"""`warehouse_rebuild`: is the published release what a rebuild from everything that has landed would make?

### 全量重建核对 · Rebuild and compare

**Purpose.** Builds everything from the lake into a second warehouse and compares the digest of each mart with the published release.
Equal: the run is skipped there, and all is well. Different: a person decides, and then the rebuilt tables are audited and published.

**Class.** *now*: started by hand, after an upgrade of the engine or the machine, or as often as one wants to be sure. It takes as long, and
as much disk, as the first build did; readers and the working warehouse are not concerned until somebody approves.

**Owner.** community-data

**When it is red.** `compare` red: something has landed that is not published yet; `community-metrics run` first. `approve` waiting: the
log of `compare` names the marts that differ; docs/runbooks/rebuild.md says how to look at them. `audit` red: as in
`warehouse_release`.
"""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG

from community_metrics.operators.conventions import RETRIES, WRITER_POOL
from community_metrics.operators.maintenance import CompareRebuildOperator
from community_metrics.operators.release import AuditOperator, BuildOperator, PublishOperator

with DAG(
    dag_id="warehouse_rebuild",
    description="全量重建核对 · rebuild beside the warehouse, compare, publish on approval",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", **RETRIES},
    tags=["maintenance", "now"],
    doc_md=__doc__,
):
    (
        CompareRebuildOperator(task_id="compare", pool=WRITER_POOL)
        >> ApprovalOperator(
            task_id="approve",
            subject="全量重建与已发布的数据不一致 A rebuild differs from the published release",
            body="是否发布重建结果？ Publish the rebuilt tables? The log of `compare` names the marts and their rows.",
        )
        >> BuildOperator(task_id="build", full_refresh=True, pool=WRITER_POOL)
        >> AuditOperator(task_id="audit", pool=WRITER_POOL)
        >> PublishOperator(task_id="publish", again=True, pool=WRITER_POOL)
    )
