"""Looking without touching: `digest`, `status`, `runs` and `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from community_metrics.cli.common import common_options, finish, settings, show, table

if TYPE_CHECKING:
    from community_metrics.sources.explaining import Explanation


@click.command()
@common_options
@click.option("--release", "release_id", metavar="ID", help="Another release than the current one.")
def digest(release_id: str | None) -> None:
    """One line per mart: name, rows, and the SHA-256 of its rows whatever their order."""
    from community_metrics.cli.overview import release_or_current
    from community_metrics.releases.contents import DATABASE_NAME
    from community_metrics.releases.digest import digest_database
    from community_metrics.releases.pointer import release_path

    chosen = settings()
    name = release_or_current(chosen, release_id)
    marts = digest_database(release_path(chosen, name) / DATABASE_NAME)
    content = {"release_id": name, "marts": [vars(mart) for mart in marts]}
    show(content, (f"{mart.name} {mart.rows} {mart.digest}" for mart in marts))


@click.command()
@common_options
def status() -> None:
    """What has landed, is missing, late, held or refused, and what readers see."""
    from community_metrics.cli.overview import read_status, status_lines

    report = read_status(settings())
    show(report.to_dict(), status_lines(report))


@click.command()
@common_options
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to list.")
def runs(limit: int) -> None:
    """The last runs: how each ended, how long its steps took, what it took in; also one that works now."""
    from community_metrics.dashboard.operations import STEPS, read_runs

    found = read_runs(settings(), limit)
    headers = ("begun", "outcome", *STEPS, "total", "files", "rows", "quarantined", "memory", "started by", "run")
    rows = [
        (
            run.started_at,
            run.status,
            *(run.seconds.get(step) for step in STEPS),
            run.total,
            run.files,
            run.accepted,
            run.quarantined,
            run.memory,
            run.triggered_by,
            run.run_id,
        )
        for run in found
    ]
    show({"runs": [vars(run) for run in found]}, table(headers, rows) if found else ["no run is recorded yet"])


@click.command()
@common_options
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", help="Look at FILE as a file of this source.")
@click.option("--account", default="", help="The account that FILE would be landed with.")
def doctor(file: Path | None, source: str | None, account: str) -> None:
    """What is wrong with the set-up, or what FILE would be recognised as, and how to mend it."""
    if file is not None:
        _explain(file, source, account)
        return
    from community_metrics.cli.checkup import examine

    findings = examine(settings())
    lines = [
        f"{finding.status:<8} {finding.subject:<12} {finding.message}" + (f" - {finding.remedy}" if finding.remedy else "")
        for finding in findings
    ]
    show({"findings": [finding.to_dict() for finding in findings]}, lines)
    finish(1 if any(finding.status == "failed" for finding in findings) else 0)


def _explain(file: Path, source: str | None, account: str) -> None:
    from community_metrics.sources.explaining import explain
    from community_metrics.sources.template_files import load_templates

    chosen = settings()
    explanation = explain(file, chosen.limits, source, account, load_templates(chosen.own_templates))
    show(explanation.to_dict(), _explanation_lines(explanation))
    finish(0 if explanation.is_recognised else 1)


def _explanation_lines(explanation: Explanation) -> list[str]:
    facts = {
        "file": explanation.path,
        "kind": " ".join(part for part in (explanation.kind, explanation.encoding) if part),
        "source": explanation.source,
        "template": explanation.template,
        "header row": explanation.header_row,
        "stamp": explanation.created_at,
        "missing": ", ".join(explanation.missing),
        "verdict": explanation.message,
        "what to do": explanation.remedy,
    }
    lines = [f"{name:<11} {value}" for name, value in facts.items() if value not in (None, "")]
    if explanation.columns:
        rows = [(column.header, column.column, column.stream, column.treatment) for column in explanation.columns]
        lines += ["", *table(("header", "column", "stream", "treatment"), rows)]
    return lines
