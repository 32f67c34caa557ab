"""Which reports were written and who got them: each period once, when it is whole.

A report is written once, from the release in which its period has become whole, and sent as it was written; what is restated later is
told by the next report. The first look writes the newest period of each kind and a new connection gets the newest report: nobody is
sent the past. A report is entered after it was taken: a crash in between sends it twice, none is lost.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.files import render_json, write_atomically
from community_metrics.releases.history import utc_now
from community_metrics.releases.leases import lease
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import reading
from community_metrics.releases.pointer import current_release_id
from community_metrics.reports.completeness import newsworthy, whole_days
from community_metrics.reports.content import make_report
from community_metrics.reports.page import Choice, languages, render, summary, title
from community_metrics.reports.pdf import write_pdf
from community_metrics.reports.periods import KINDS, Kind, Period
from community_metrics.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReportMessage:
    """A written report on its way: what `alerts.channels` and the mail take. `page`: the HTML file; `files`: what a mail carries."""

    title: str
    lines: tuple[str, ...]
    kind: str
    first: str
    last: str
    release_id: str
    site: str
    page: Path
    files: tuple[str, ...]

    @property
    def html(self) -> str:
        """The page itself is the body of a mail."""
        try:
            return self.page.read_text(encoding="utf-8")
        except OSError as error:
            raise CommunityMetricsError(
                f"the written report cannot be read: {error.strerror}", str(self.page), "take its entry out of book.json beside it"
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """What a generic webhook gets."""
        period = {"kind": self.kind, "first": self.first, "last": self.last}
        return {"event": "report", **period, "release": self.release_id, "title": self.title, "lines": list(self.lines), "site": self.site}


Deliver = Callable[[ReportMessage], None]


@dataclass(frozen=True)
class Sent:
    """`connection: title` of what was taken, and of what was not, with the reason."""

    sent: tuple[str, ...]
    failed: tuple[str, ...]


def folder_of(settings: Settings) -> Path:
    return settings.home / "reports"


def write_due(settings: Settings) -> list[str]:
    """Write the reports of all periods that are whole in the current release and were not written yet; returns their titles.

    Files: `<home>/reports/<kind>/<first day>.html` and, if the settings want it and there is a Chromium, `.pdf`.
    """
    release_id = current_release_id(settings)
    if release_id is None:
        return []
    book = _read(settings)
    with lease(settings, release_id) as folder:
        week_start = str(read_manifest(folder).get("week_start") or settings.week_start)
        with reading(folder / DATABASE_NAME) as connection:
            whole = whole_days(connection)
        kinds = cast("tuple[Kind, ...]", settings.reports.kinds)
        titles = []
        for period in _due(newsworthy(whole, kinds, week_start), book["written"]):
            entry = _write(settings, release_id, period, _last_release(book["written"].get(period.kind, {})))
            book["written"].setdefault(period.kind, {})[str(period.first)] = entry
            _save(settings, book)
            titles.append(entry["title"])
    return titles


def send_due(settings: Settings, channels: Mapping[str, Deliver]) -> Sent:
    """Give each channel the written reports that it has not got. One that fails gets them at the next look, the others go on."""
    book = _read(settings)
    sent: list[str] = []
    failed: list[str] = []
    for name, deliver in channels.items():
        for kind in KINDS:
            written = book["written"].get(kind, {})
            if not written:
                continue
            known = book["sent"].setdefault(name, {}).setdefault(kind, {"from": max(written), "sent": {}})
            _save(settings, book)
            for first in sorted(written):
                if first < known["from"] or first in known["sent"]:
                    continue
                message = _message(settings, kind, first, written[first])
                try:
                    deliver(message)
                except CommunityMetricsError as error:
                    failed.append(f"{name}: {message.title}: {error}")
                    continue
                known["sent"][first] = utc_now()
                _save(settings, book)
                sent.append(f"{name}: {message.title}")
    return Sent(tuple(sent), tuple(failed))


def _due(periods: list[Period], written: Mapping[str, Mapping[str, Any]]) -> list[Period]:
    due = []
    for kind in KINDS:
        whole = [period for period in periods if period.kind == kind]
        known = written.get(kind)
        due += [period for period in whole if min(known) < str(period.first) and str(period.first) not in known] if known else whole[-1:]
    return due


def _last_release(written: Mapping[str, Any]) -> str | None:
    """The release of the newest report; ids sort as releases were made."""
    return max((entry["release_id"] for entry in written.values()), default=None)


def _write(settings: Settings, release_id: str, period: Period, since: str | None) -> dict[str, Any]:
    choice = cast("Choice", settings.reports.language)
    report = make_report(settings, release_id, period.kind, period.first, since)
    page = folder_of(settings) / period.kind / f"{period.first}.html"
    html = render(report, choice)
    page.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(page, html.encode())
    if settings.reports.pdf:
        try:
            write_pdf(html, page.with_suffix(".pdf"))
        except CommunityMetricsError as error:
            log.warning("%s goes out without a PDF: %s", page.name, error)
    heading = " | ".join(title(report, language) for language in languages(choice))
    return {"release_id": release_id, "last": str(period.last), "title": heading, "lines": list(summary(report, choice))}


def _message(settings: Settings, kind: str, first: str, entry: Mapping[str, Any]) -> ReportMessage:
    page = folder_of(settings) / kind / f"{first}.html"
    files = tuple(str(path) for path in (page, page.with_suffix(".pdf")) if path.exists())
    site = settings.alerts.site
    lines = (*entry["lines"], *([site] if site else []))
    return ReportMessage(entry["title"], lines, kind, first, entry["last"], entry["release_id"], site, page, files)


def _book_path(settings: Settings) -> Path:
    return folder_of(settings) / "book.json"


def _read(settings: Settings) -> dict[str, Any]:
    path = _book_path(settings)
    if not path.exists():
        return {"written": {}, "sent": {}}
    try:
        content = json.loads(path.read_bytes())
        return {"written": dict(content["written"]), "sent": dict(content["sent"])}
    except (ValueError, KeyError, TypeError) as error:
        raise CommunityMetricsError(
            f"the record of reports cannot be read: {error}", str(path), "delete it: the newest reports are then written and sent once more"
        ) from error


def _save(settings: Settings, book: Mapping[str, Any]) -> None:
    folder_of(settings).mkdir(parents=True, exist_ok=True)
    write_atomically(_book_path(settings), render_json(book))
