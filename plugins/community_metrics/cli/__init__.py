"""The console script `community-metrics`: by hand what the DAGs do, with the same functions.

Only click is imported here; everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import click

from community_metrics.cli.common import ProjectGroup, common_options
from community_metrics.cli.erasing import erase, erasures
from community_metrics.cli.inspection import digest, doctor, runs, status
from community_metrics.cli.intake import land, ledger, quarantine
from community_metrics.cli.releases import releases
from community_metrics.cli.reporting import report
from community_metrics.cli.saving import backup, restore, upgrade
from community_metrics.cli.serving import export, postgres, superset
from community_metrics.cli.steps import approve, audit, build, ingest, publish, run


@click.group(cls=ProjectGroup, context_settings={"help_option_names": ["-h", "--help"]})
@common_options
def main() -> None:
    """Daily exports of community platforms in, audited releases of community metrics out.

    \b
    Exit codes: 0 done - 1 error - 2 wrong usage - 3 the audit refused the candidate
                4 done, but files were rejected, unrecognised or held, or rows quarantined
    """


for command in (
    *(land, ingest, build, audit, approve, publish, run),
    *(runs, releases, digest, status, quarantine, ledger, doctor),
    *(report, export, postgres, superset, backup, restore, upgrade, erase, erasures),
):
    main.add_command(command)
