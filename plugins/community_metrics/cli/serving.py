"""A release where BI tools read it: `postgres load`, `postgres verify`."""

from __future__ import annotations

import click

from community_metrics.cli.common import ProjectGroup, common_options, finish, progress, settings, show


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


def _rows(rows: int | None) -> str:
    if rows is None:
        return "no such mart"
    return "a table" if rows < 0 else f"{rows} rows"
