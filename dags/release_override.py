"""`release_override`: somebody answers by name for a critical check that refuses a candidate, and it is published.

### 人工放行 · Override of a refused release

**Purpose.** For numbers that are right although a critical check says otherwise (a group was dissolved, the shop was closed). Lists what
refuses the candidate, waits until somebody names the check and the reason, enters who it was into the manifest, and publishes.
It holds for this candidate alone. The check stays failed on the trust page.

**Class.** *now*: started by hand when `warehouse_release` is red in `audit`.

**Owner.** community-data

**When it is red.** `approve` red: the check was misspelt, is broken, or others still refuse the candidate; its log says which. `publish`
red: disk space first, then clear it. An answer that never comes holds up nothing: new data make a new candidate, and this run is
marked as failed by hand.
"""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param

from community_metrics.operators.conventions import RETRIES, WRITER_POOL
from community_metrics.operators.override import ApproveOperator, RefusalsOperator
from community_metrics.operators.release import PublishOperator

with DAG(
    dag_id="release_override",
    description="人工放行 · a named approval of a refused release",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", **RETRIES},
    tags=["release", "now"],
    doc_md=__doc__,
):
    (
        RefusalsOperator(task_id="refusals")
        >> HITLOperator(
            task_id="ask",
            subject="谁为哪项检查负责，为什么？ Who answers for which check, and why?",
            body="{{ ti.xcom_pull(task_ids='refusals') }}",
            options=["Approve"],
            # Airflow holds what stands there before somebody has answered against the same schema as the answer: both must admit "".
            # That neither is empty is seen to by `approve`.
            params={
                "check": Param("", type="string", title="检查 check", description="suite.check, as listed above"),
                "reason": Param("", type="string", title="原因 reason", description="why the numbers are right all the same"),
            },
        )
        >> ApproveOperator(task_id="approve", ask_task_id="ask", pool=WRITER_POOL)
        >> PublishOperator(task_id="publish", pool=WRITER_POOL)
    )
