"""`alerts`: who has to know of it is told that something is wrong, once, and once more when it is over.

### 告警 · Alerts

**Purpose.** Looks every ten minutes whether the last candidate was refused, whether the release that readers see is too old, whether a
daily source is missing, and whether a platform is about to forget a day that has not come, and tells the connections that `alerts` in
`community_metrics.yml` names.

**Class.** *now*: one run looks at the present; past dates have nothing to say.

**Owner.** community-data

**When it is red.** A channel did not take a message: the log of `tell` names it and why, without its credentials. The next look sends it
again. What the messages are about stands in docs/runbooks/.
"""

from __future__ import annotations

from airflow.sdk import DAG

from community_metrics.operators.alert import TellOperator
from community_metrics.operators.conventions import RETRIES

with DAG(
    dag_id="alerts",
    description="告警 · one message for each incident, and one when it is over",
    schedule="*/10 * * * *",
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", **RETRIES},
    tags=["alerts", "now"],
    doc_md=__doc__,
):
    TellOperator(task_id="tell")
