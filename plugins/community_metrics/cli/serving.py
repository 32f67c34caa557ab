"""A release where people and BI tools read it: `export`, `postgres load` and `verify`, `superset check`, `bundle` and `import`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, cast

import click

from community_metrics.cli.common import ProjectGroup, common_options, finish, progress, settings, show
from community_metrics.errors import UsageError

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@common_options
@click.argument("mart")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--language", type=click.Choice(["zh", "en"]), help="The registry's words over the columns instead of their names.")
@click.option("--from", "first", type=_DAY, help="From this date on (business date, or the beginning of period, cohort or window).")
@click.option("--to", "last", type=_DAY, help="Up to this date.")
@click.option("--scope-type", help="Only rows of all, platform, community or channel.")
@click.option("--scope", "scope_id", help="Only rows of this scope.")
@click.option("--release", "release_id", help="Of this release instead of the current one.")
def export(
    mart: str,
    target: Path,
    language: str | None,
    first: datetime | None,
    last: datetime | None,
    scope_type: str | None,
    scope_id: str | None,
    release_id: str | None,
) -> None:
    """Write a MART of the release to FILE: .csv, .xlsx or .parquet."""
    from community_metrics.serving.export import Selection, export_mart

    selection = Selection(first.date() if first else None, last.date() if last else None, scope_type, scope_id)
    with progress("export"):
        report = export_mart(settings(), mart, target, cast("Literal['zh', 'en'] | None", language), selection, release_id)
    show(report.to_dict(), [f"{report.rows:,} rows of {report.mart} ({report.release_id}) in {report.path}"])


@click.group(cls=ProjectGroup)
@common_options
def postgres() -> None:
    """The marts in a schema of Postgres (COMMUNITY_METRICS_POSTGRES_URI)."""


@postgres.command()
@common_options
@click.option("--release", "release_id", help="This release instead of the current one.")
def load(release_id: str | None) -> None:
    """Make the schema `marts` what the release holds, in one transaction; does nothing when it is that already."""
    from community_metrics.serving.postgres import load_release, uri_from_environment

    with progress("postgres"):
        report = load_release(settings(), uri_from_environment(), release_id)
    lines = [f"{report.release_id} is in Postgres: {report.marts} marts"]
    if report.is_new:
        removed = f", {len(report.removed)} removed" if report.removed else ""
        lines[0] += f", {len(report.loaded)} loaded{removed}, {report.rows:,} rows in {report.seconds:.1f} s"
    show(report.to_dict(), lines)


@postgres.command()
@common_options
def verify() -> None:
    """Read all rows out of Postgres and compare their digests with the release that it says it holds; exit 1 if a mart differs."""
    from community_metrics.serving.postgres import compare_served, uri_from_environment

    with progress("verify"):
        release_id, differing = compare_served(settings(), uri_from_environment())
    lines = [f"{found.mart}: {_rows(found.expected_rows)} in the release, {_rows(found.found_rows)} in Postgres" for found in differing]
    content = {"release_id": release_id, "differing": [vars(found) for found in differing]}
    show(content, lines or [f"Postgres holds {release_id} as published"])
    finish(1 if differing else 0)


@click.group(cls=ProjectGroup)
@common_options
def superset() -> None:
    """The dashboards of dashboards/superset/ in an Apache Superset."""


@superset.command()
@common_options
def check() -> None:
    """Check dashboard -> chart -> dataset -> column of a mart, without a Superset."""
    from community_metrics.metrics.registry import project_registry
    from community_metrics.serving.superset.datasets import project_datasets
    from community_metrics.serving.superset.declared import load_dashboards

    registry = project_registry()
    datasets = project_datasets(registry)
    dashboards = load_dashboards(registry, datasets)
    content = {"datasets": list(datasets), "dashboards": {dashboard.name: len(dashboard.charts) for dashboard in dashboards}}
    charts = sum(len(dashboard.charts) for dashboard in dashboards)
    show(content, [f"{len(dashboards)} dashboards, {charts} charts on {len(datasets)} datasets: nothing is wrong"])


@superset.command()
@common_options
@click.option(
    "--database", type=click.Choice(["duckdb", "postgres"]), default="duckdb", help="What the charts read; duckdb is the released file."
)
@click.option("--output", metavar="FILE", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The zip file to write.")
def bundle(database: str, output: Path) -> None:
    """Write what Superset imports (postgres: COMMUNITY_METRICS_SUPERSET_DATABASE_URI; its password is left out)."""
    from community_metrics.serving.superset.refreshing import bundle_of, source_from_environment

    made, release_id = bundle_of(settings(), source_from_environment(settings(), database))
    try:
        output.write_bytes(made.content)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", str(output), "name a file in a folder that exists") from error
    content = {"release_id": release_id, "path": str(output), "sha256": made.digest, "dashboards": len(made.dashboards)}
    show(content, [f"{len(made.dashboards)} dashboards over {database} ({release_id}) in {output}"])


@superset.command(name="import")
@common_options
@click.option("--database", type=click.Choice(["duckdb", "postgres"]), help="As for `bundle`; postgres where its address is set.")
@click.option("--force", is_flag=True, help="Also when Superset has this release and these dashboards already.")
def import_(database: str | None, force: bool) -> None:
    """Import the dashboards into COMMUNITY_METRICS_SUPERSET_URL and ask every chart once, so that its answer is in the cache."""
    from community_metrics.serving.superset.refreshing import refresh, server_from_environment, source_from_environment

    with progress("superset"):
        report = refresh(settings(), server_from_environment(), source_from_environment(settings(), database), force)
    line = f"{report.release_id} is in Superset: {report.dashboards} dashboards, {report.charts} charts"
    show(report.to_dict(), [f"{line} asked in {report.seconds:.1f} s" if report.imported else f"{line}; it was there already"])


def _rows(rows: int | None) -> str:
    if rows is None:
        return "no such mart"
    return "a table" if rows < 0 else f"{rows} rows"
