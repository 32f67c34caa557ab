"""One report by hand, into a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from community_metrics.errors import UsageError
from community_metrics.releases.files import write_atomically
from community_metrics.reports.content import make_report, published_release
from community_metrics.reports.page import Choice, render
from community_metrics.reports.pdf import write_pdf
from community_metrics.reports.periods import Kind
from community_metrics.settings import Settings


@dataclass(frozen=True)
class Written:
    """What the file is about. `missing_days`: those that the release does not hold whole (ISO)."""

    kind: Kind
    first: str
    last: str
    release_id: str
    missing_days: tuple[str, ...]


def write_report(settings: Settings, target: Path, kind: Kind, day: date | None, choice: Choice, release_id: str | None = None) -> Written:
    """Write the report of the period that `day` lies in (None: the newest whole one) to `target`, whose ending says how.

    Raises `UsageError` for what there is not (whole period, ending, folder, Chromium), `CommunityMetricsError` for an unknown release.
    """
    ending = target.suffix.lower()
    if ending not in (".html", ".pdf"):
        raise UsageError(f"unknown kind of file {target.suffix!r}", str(target), "end it with .html or .pdf")
    if not target.absolute().parent.is_dir():
        raise UsageError("there is no such folder", str(target.absolute().parent), "name a file in a folder that exists")
    report = make_report(settings, release_id or published_release(settings), kind, day)
    html = render(report, choice)
    if ending == ".pdf":
        write_pdf(html, target)
    else:
        write_atomically(target, html.encode())
    period = report.period
    return Written(kind, str(period.first), str(period.last), report.release_id, tuple(map(str, report.missing_days)))
