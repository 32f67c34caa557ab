"""The steps of the pipeline, one command each, and `run`, all of them."""

from __future__ import annotations

import click

from community_metrics.cli.common import common_options, finish, progress, settings, show


@click.command()
@common_options
@click.option("--retry", is_flag=True, help="Also take up again what could not be used before.")
def ingest(retry: bool) -> None:
    """Bring what waits in the landing to the lake, then apply the source gate."""
    from community_metrics import pipeline

    with progress("ingest"):
        report = pipeline.ingest(settings(), retry=retry)
    show(report.to_dict(), [])
    finish(report.exit_code)


@click.command()
@common_options
@click.option("--full-refresh", is_flag=True, help="Rebuild everything, not only what was touched.")
def build(full_refresh: bool) -> None:
    """Build the candidate with dbt: touched partitions only."""
    from community_metrics import pipeline

    with progress("build"):
        report = pipeline.build(settings(), full_refresh=full_refresh)
    show(report.to_dict(), [])


@click.command()
@common_options
def audit() -> None:
    """Judge the candidate by the mart gate."""
    from community_metrics import pipeline

    with progress("audit"):
        report = pipeline.audit(settings())
    show(report.to_dict(), [])
    finish(0 if report.status == "passed" else 3)


@click.command()
@common_options
def publish() -> None:
    """Make a release of the audited candidate and show it to readers."""
    from community_metrics import pipeline

    with progress("publish"):
        report = pipeline.publish(settings())
    show(report.to_dict(), [])


@click.command()
@common_options
def run() -> None:
    """Ingest, build, audit and publish; does nothing when nothing is new."""
    from community_metrics import pipeline

    with progress("run"):
        report = pipeline.run(settings())
    show(report.to_dict(), [])
    finish(report.exit_code)
