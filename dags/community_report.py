"""`community_report`: the daily brief, the weekly and the monthly report, written from a release and sent once.

### 社群报告 · Reports

**Purpose.** Writes the report of each day, week and month that the release is the first to hold whole, into `<home>/reports/`, and sends
it to the connections that `reports` in `community_metrics.yml` names (docs/reports.md).

**Class.** *now*: one run looks at the current release. Started by every release; no clock decides, completeness does, and what is completed
late is still written and sent once.

**Owner.** community-data

**When it is red.** `write`: its log says what cannot be read or written. `send`: a connection did not take a report; the log names it and
why, without its credentials. It is tried again, and with the next release.
"""

from __future__ import annotations

from airflow.sdk import DAG

from community_metrics.operators.conventions import RELEASE_ASSET, RETRIES
from community_metrics.operators.report import SendReportsOperator, WriteReportsOperator

with DAG(
    dag_id="community_report",
    description="社群报告 · daily brief, weekly and monthly report of what is complete",
    schedule=[RELEASE_ASSET],
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "community-data", **RETRIES},
    tags=["reports", "now"],
    doc_md=__doc__,
):
    WriteReportsOperator(task_id="write") >> SendReportsOperator(task_id="send")
