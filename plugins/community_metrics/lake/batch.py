"""Everything that waits, into the lake: what `community-metrics ingest` and the ingest DAGs do before the source gate."""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from community_metrics.errors import InputError
from community_metrics.lake.erasing import keep_out
from community_metrics.lake.files import ensure_stream_schemas
from community_metrics.lake.ingest import Workshop
from community_metrics.lake.small_files import groups, ingest_together
from community_metrics.lake.soundness import take_damaged_again
from community_metrics.landing.erasures import ErasureLedger
from community_metrics.landing.inbox import open_landing, take_inbox, unrecognised_reason
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Landing, LandResult, Refusal
from community_metrics.settings import Settings
from community_metrics.sources.detection import recognise
from community_metrics.sources.template_files import Templates

log = logging.getLogger(__name__)

LAKE_FORMAT = "3"
"""Changes when the same landing would give other lake files: everything is then ingested anew."""


@dataclass(frozen=True)
class IngestReport:
    """What one ingest did. `landings`: each landing that it looked at, as it is now. `refused`: files that stay in the inbox."""

    run_id: str
    landings: tuple[Landing, ...]
    refused: tuple[LandResult, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For `--json`: files with status, reason, counts and drift."""
        return {
            "run_id": self.run_id,
            "files": [_landing_dict(landing) for landing in self.landings],
            "refused": [{"path": result.path, "reason": result.message} for result in self.refused],
        }


def ingest_waiting(settings: Settings, sources: Sequence[str] | None = None, retry: bool = False) -> IngestReport:
    """Take the inbox, then bring every landing that waits into the lake, small ones in groups, large ones one after the other.

    `retry`: also what an earlier run rejected or did not recognise, and what it put rows of aside. Every unrecognised file is
    reported by one run. What was read with a template that has changed since is read again, whether asked for or not, and so is
    what a damaged file of the lake was made of. The caller sees to it that one ingest runs at a time. Landings still need the
    source gate afterwards.
    """
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.getpid()}"
    ensure_stream_schemas(settings)
    taken = take_inbox(settings, sources)
    refused = tuple(result for result in taken if result.outcome == "refused")
    done = []
    with ErasureLedger(settings.ledger_path) as ledger, Workshop(settings) as workshop:
        adopt_settings(settings, ledger, workshop.templates)
        take_damaged_again(settings, ledger, sources)
        if retry:
            again = [landing for landing in ledger.landings() if landing.status == "rejected" or _lost_rows(landing)]
            ledger.await_retry(landing.landing_id for landing in again if sources is None or landing.source in sources)
        if sources is None:
            strange = [landing for landing in ledger.landings("unrecognised") if retry or landing.run_id is None]
            done += _recognise_again(settings, ledger, strange, run_id, workshop.templates)
        keep_out(settings, ledger, workshop)
        waiting = [landing for landing in ledger.landings("landed") if sources is None or landing.source in sources]
        number = 0
        for group in groups(waiting):
            number += len(group)
            what = group[0].original_name if len(group) == 1 else f"{len(group)} small files"
            said = {"source": group[0].source, "public": f"ingest {number} of {len(waiting)}: {len(group)} files"}
            log.info("ingest %d of %d: %s, %s", number, len(waiting), group[0].source, what, extra=said)
            done += ingest_together(ledger, group, run_id, workshop)
    return IngestReport(run_id, tuple(done), refused)


def adopt_settings(settings: Settings, ledger: Ledger, templates: Templates) -> None:
    """Have everything taken again that another time zone, key or template would read otherwise."""
    _adopt_lake_identity(settings, ledger)
    _adopt_templates(settings, ledger, templates)


def _lost_rows(landing: Landing) -> bool:
    """Whether rows of it were put aside, which a mended template may be able to read."""
    return landing.status in ("ingested", "held") and landing.quarantined > 0


def lake_identity(settings: Settings) -> dict[str, str]:
    """What shapes every lake file, by name; the key as its fingerprint."""
    fingerprint = hmac.digest(settings.id_key, b"id key fingerprint", "sha256").hex()
    return {"timezone": settings.timezone, "id_key": fingerprint, "format": LAKE_FORMAT}


def _adopt_lake_identity(settings: Settings, ledger: Ledger) -> None:
    changed = ledger.adopt_lake_identity(lake_identity(settings))
    if changed:
        log.warning("%s changed: everything is ingested anew from the landing", " and ".join(name.replace("_", " ") for name in changed))


def _adopt_templates(settings: Settings, ledger: Ledger, templates: Templates) -> None:
    """The warehouse is a function of what has landed and of the templates: a file that they would read differently is read anew."""
    fingerprints = {name: template.fingerprint for name, template in templates.items()}
    changes = ledger.template_changes(fingerprints)
    sources = {templates[name].source for name in changes.new}
    moved = [
        landing.landing_id
        for landing in (ledger.landings() if sources else [])
        if landing.source in sources
        and landing.status in ("ingested", "held", "rejected")
        and landing.template not in changes.stale
        and _template_of(settings, landing, templates) != landing.template
    ]
    retaken = ledger.adopt_templates(fingerprints, moved)
    if changes:
        what = (
            f"{len(changes.new)} templates are new, {len(changes.stale)} changed or gone ({', '.join([*changes.new, *changes.stale][:5])})"
        )
        log.warning("%s: %d files that they would read differently are taken again", what, retaken)


def _template_of(settings: Settings, landing: Landing, templates: Templates) -> str | None:
    """What the file would be read with now; what it was, if it cannot be opened."""
    try:
        recognition = recognise(open_landing(settings, landing), landing.source, landing.account_id, templates)
    except InputError:
        return landing.template
    return recognition.template.name if recognition.template is not None else None


def _recognise_again(settings: Settings, ledger: Ledger, landings: Sequence[Landing], run_id: str, templates: Templates) -> list[Landing]:
    """Give a source to the files that have one now. The others, their reason brought up to date."""
    refused: dict[str, Refusal] = {}
    for landing in landings:
        reason_code = "unrecognised"
        try:
            recognition = recognise(open_landing(settings, landing), None, landing.account_id, templates)
            reason = unrecognised_reason(recognition, landing.original_name)
            if recognition.template is not None:
                source = recognition.template.source
                if ledger.recognise(landing.landing_id, source, recognition.template.name):
                    continue
                reason = f"these bytes have landed as {source} already - {landing.original_name} - withdraw one of the two"
        except InputError as error:
            reason_code, reason = error.reason_code, str(error)
        refused[landing.landing_id] = Refusal(reason_code, reason, "unrecognised")
    ledger.record_together(refused, run_id)
    return ledger.landings_by_id(refused)


def _landing_dict(landing: Landing) -> dict[str, Any]:
    return {
        "landing_id": landing.landing_id,
        "sha256": landing.sha256,
        "name": landing.original_name,
        "source": landing.source,
        "account": landing.account_id,
        "template": landing.template,
        "status": landing.status,
        "reason_code": landing.reason_code,
        "reason": landing.reason,
        "rows": landing.rows,
        "accepted": landing.accepted,
        "quarantined": landing.quarantined,
        "totals": landing.totals,
        "drift": dict(landing.drift),
    }
