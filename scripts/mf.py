"""MetricFlow's own command line on the published release of the home, which it opens read-only.

    python scripts/mf.py query --metrics dau,stickiness --group-by metric_time__day --order metric_time__day
    python scripts/mf.py list metrics

Plain `mf` inside `dbt_project/` does the same, once `dbt parse` has run there; this runs it first, and keeps MetricFlow from
asking the package index for a newer version of itself at every start.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "dbt_project"


def main(arguments: list[str]) -> int:
    """Parse the project (a second when nothing changed), then hand over to `mf`."""
    os.environ["COMMUNITY_METRICS_HOME"] = str(Path(os.environ.get("COMMUNITY_METRICS_HOME", ROOT / "var")).resolve())
    os.environ.pop("COMMUNITY_METRICS_DBT_DATABASE", None)
    # MetricFlow looks for what dbt parsed in the project's own folder and nowhere else.
    os.environ.pop("DBT_TARGET_PATH", None)
    os.environ.update({"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"})
    release = Path(os.environ["COMMUNITY_METRICS_HOME"], "published", "current", "warehouse.duckdb")
    if not release.exists():
        print(f"error: nothing is published - {release} - run `make run`, or name the home: COMMUNITY_METRICS_HOME", file=sys.stderr)
        return 1
    os.chdir(PROJECT)

    from dbt.cli.main import dbtRunner
    from update_checker import UpdateChecker

    outcome = dbtRunner().invoke(["parse", "--quiet", "--warn-error"])
    if not outcome.success:
        print(f"error: the project does not parse: {outcome.exception} - {PROJECT} - mend it", file=sys.stderr)
        return 1
    UpdateChecker.check = lambda *_arguments, **_settings: None

    from dbt_metricflow.cli.main import cli

    cli(arguments, prog_name="mf", standalone_mode=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
