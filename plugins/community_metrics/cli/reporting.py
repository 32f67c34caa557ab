"""`report`: the brief of a day, the report of a week or a month, as a file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import cast

import click

from community_metrics.cli.common import common_options, progress, settings, show

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@common_options
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--day", type=_DAY, help="The brief of this day (without any: of the newest complete day).")
@click.option("--week", type=_DAY, help="The report of the week that this day lies in.")
@click.option("--month", type=click.DateTime(["%Y-%m", "%Y-%m-%d"]), help="The report of this month.")
@click.option("--language", type=click.Choice(["zh", "en", "both"]), help="Else as `reports` in the settings says.")
@click.option("--release", "release_id", help="Of this release instead of the current one.")
def report(
    target: Path, day: datetime | None, week: datetime | None, month: datetime | None, language: str | None, release_id: str | None
) -> None:
    """Write the report of a day, week or month of the release to FILE: .html or .pdf."""
    from community_metrics.reports.page import Choice
    from community_metrics.reports.periods import Kind
    from community_metrics.reports.writing import write_report

    named: dict[Kind, datetime | None] = {"day": day, "week": week, "month": month}
    given: list[tuple[Kind, date]] = [(kind, value.date()) for kind, value in named.items() if value is not None]
    if len(given) > 1:
        raise click.UsageError("only one of --day, --week and --month")
    kind, chosen = given[0] if given else ("day", None)
    home = settings()
    with progress("report"):
        written = write_report(home, target, kind, chosen, cast("Choice", language or home.reports.language), release_id)
    missing = f", {len(written.missing_days)} days not complete" if written.missing_days else ""
    content = {**vars(written), "path": str(target)}
    show(content, [f"{written.kind} {written.first} to {written.last} ({written.release_id}{missing}) in {target}"])
