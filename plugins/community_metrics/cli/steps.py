"""The steps of the pipeline, one command each, and `run`, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from community_metrics.cli.common import common_options, finish, progress, settings, show

if TYPE_CHECKING:
    from community_metrics.pipeline import FileReport, IngestReport
    from community_metrics.releases.publish import PublishReport

FILES_LISTED = 20


@click.command()
@common_options
@click.option("--retry", is_flag=True, help="Also take up again what could not be used, or not whole.")
def ingest(retry: bool) -> None:
    """Bring what waits in the landing to the lake, then apply the source gate."""
    from community_metrics import pipeline

    with progress("ingest"):
        report = pipeline.ingest(settings(), retry=retry)
    _complain(report)
    show(report.to_dict(), _ingest_lines(report))
    finish(report.exit_code)


@click.command()
@common_options
@click.option("--full-refresh", is_flag=True, help="Rebuild everything, not only what was touched.")
def build(full_refresh: bool) -> None:
    """Build the candidate with dbt: touched partitions only."""
    from community_metrics import pipeline

    with progress("build"):
        report = pipeline.build(settings(), full_refresh=full_refresh)
    kind = f"everything, because {report.reason}" if report.full_refresh else "touched dates"
    show(report.to_dict(), [f"built {report.models} models in {report.seconds:.1f} s ({kind}), fingerprint {report.fingerprint[:12]}"])


@click.command()
@common_options
def audit() -> None:
    """Judge the candidate by the mart gate."""
    from community_metrics import pipeline

    with progress("audit"):
        report = pipeline.audit(settings())
    for reason in report.refused_reasons:
        click.echo(f"refused: {reason}", err=True)
    lines = [
        f"{report.status}: {len(report.checks)} checks in {report.seconds:.1f} s",
        *(f"approved by name: {name}" for name in report.approved),
        *(f"warning: {warning}" for warning in report.warnings),
    ]
    show(report.to_dict(), lines)
    finish(0 if report.status == "passed" else 3)


@click.command()
@common_options
@click.argument("check")
@click.option("--by", required=True, help="Who answers for it.")
@click.option("--reason", required=True, help="Why the numbers may be shown all the same.")
def approve(check: str, by: str, reason: str) -> None:
    """Answer by name for a critical CHECK (suite.check) that refuses the candidate: for this candidate only."""
    from community_metrics import pipeline

    approval = pipeline.approve(settings(), check, by, reason)
    following = "`community-metrics publish` shows it" if approval.is_last else f"still refused by {', '.join(approval.open)}"
    show(approval.to_dict(), [f"approved {approval.check} by {approval.by} for candidate {approval.fingerprint[:12]}; {following}"])


@click.command()
@common_options
def publish() -> None:
    """Make a release of the audited candidate and show it to readers."""
    from community_metrics import pipeline

    with progress("publish"):
        report = pipeline.publish(settings())
    show(report.to_dict(), _publish_lines(report))


@click.command()
@common_options
def run() -> None:
    """Ingest, build, audit and publish; does nothing when nothing is new."""
    from community_metrics import pipeline

    with progress("run"):
        report = pipeline.run(settings())
    _complain(report.ingest)
    for reason in report.reasons:
        click.echo(f"refused: {reason}", err=True)
    lines = _ingest_lines(report.ingest)
    lines += _publish_lines(report.publish) if report.publish else [report.message]
    show(report.to_dict(), lines)
    finish(report.exit_code)


def _complain(report: IngestReport) -> None:
    """Say on standard error which files, or rows of files, are not in the numbers: what, where, what to do."""
    for file in report.troubled:
        click.echo(f"{file.status if file.status != 'ingested' else 'quarantined'}: {_trouble(file)}", err=True)


def _trouble(file: FileReport) -> str:
    if file.status == "refused":
        return str(file.reason)  # in the form of an error already
    where = f"{file.name} ({file.sha256[:12]})"
    if file.status == "ingested":
        return f"{file.quarantined} of {file.rows} rows - {where} - `community-metrics quarantine show {file.sha256[:12]}` names them"
    remedy = {
        "held": "mend the export and land it anew, or `ledger withdraw` it",
        "rejected": "mend the file and land it anew; after a change of the program `ingest --retry`",
        "unrecognised": "`community-metrics doctor FILE` says what is missing; land it with --source",
    }.get(file.status, "run `community-metrics ingest --retry`")
    return f"{file.reason or file.reason_code} - {where} - {remedy}"


def _ingest_lines(report: IngestReport) -> list[str]:
    """A line per file, or per source when there are many."""
    if len(report.files) <= FILES_LISTED:
        return [f"{file.status} {file.source or '-'} {file.name}: {_counts([file])}" for file in report.files]
    by_source: dict[str, list[FileReport]] = {}
    for file in report.files:
        by_source.setdefault(file.source or "-", []).append(file)
    return [f"{source}: {len(files)} files, {_counts(files)}" for source, files in sorted(by_source.items())]


def _counts(files: Sequence[FileReport]) -> str:
    rows, accepted = sum(file.rows for file in files), sum(file.accepted for file in files)
    quarantined, totals = sum(file.quarantined for file in files), sum(file.totals for file in files)
    return f"{rows} rows, {accepted} accepted, {quarantined} quarantined, {totals} totals"


def _publish_lines(report: PublishReport) -> list[str]:
    lines = [f"warning: {warning}" for warning in report.warnings]
    verb = "published" if report.is_new else "already published:"
    rows = sum(mart.rows for mart in report.marts)
    lines.append(
        f"{verb} {report.release_id}, data through {report.data_through or 'no complete date'}, {len(report.marts)} marts, {rows} rows"
    )
    lines.append(f"in {report.path}")
    return lines
