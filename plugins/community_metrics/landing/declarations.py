"""What is declared of a file: source, account, period and snapshot. Flags win over the sidecar, the sidecar over the folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from community_metrics.errors import InputError, UsageError
from community_metrics.landing.records import SnapshotOrigin
from community_metrics.settings import Settings

SIDECAR_SUFFIX = ".meta.json"
_MAX_SIDECAR_BYTES = 65_536
_SIDECAR_KEYS = ("account", "period", "snapshot_at", "source")


@dataclass(frozen=True)
class Declaration:
    """None is "not declared"; an empty account is declared to be none."""

    source: str | None = None
    account: str | None = None
    period: date | None = None
    snapshot_at: datetime | None = None
    snapshot_origin: SnapshotOrigin | None = None

    def over(self, weaker: Declaration) -> Declaration:
        """This declaration, completed by a weaker one."""
        merged = Declaration(
            self.source if self.source is not None else weaker.source,
            self.account if self.account is not None else weaker.account,
            self.period or weaker.period,
        )
        stated = self if self.snapshot_at is not None else weaker
        return replace(merged, snapshot_at=stated.snapshot_at, snapshot_origin=stated.snapshot_origin)


def from_flags(
    settings: Settings, source: str | None, account: str | None, period: str | date | None, snapshot_at: str | datetime | None
) -> Declaration:
    """Raises `UsageError` for a date or an instant that is none."""
    try:
        return _declaration(settings, source, account, period, snapshot_at, "flag")
    except ValueError as error:
        raise UsageError(str(error), "--period or --snapshot-at", "write 2026-06-01 or 2026-06-01T23:00:00+08:00") from error


def from_sidecar(settings: Settings, path: Path) -> Declaration:
    """What `<file>.meta.json` beside the file says, if there is one. Raises `InputError` bad_sidecar."""
    sidecar = sidecar_of(path)
    if not sidecar.is_file() or sidecar.is_symlink():
        return Declaration()
    try:
        if sidecar.stat().st_size > _MAX_SIDECAR_BYTES:
            raise ValueError("it is larger than 64 KiB")
        content: Any = json.loads(sidecar.read_text(encoding="utf-8-sig"))
        if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
            raise ValueError("it is no object of texts")
        unknown = sorted(set(content) - set(_SIDECAR_KEYS))
        if unknown:
            raise ValueError(f"unknown key {', '.join(unknown)}")
        return _declaration(
            settings, content.get("source"), content.get("account"), content.get("period"), content.get("snapshot_at"), "sidecar"
        )
    except (ValueError, OSError) as error:
        remedy = f"mend or remove it; known keys: {', '.join(_SIDECAR_KEYS)}"
        raise InputError("bad_sidecar", f"the sidecar cannot be used: {error}", str(sidecar), remedy) from error


def from_folder(settings: Settings, source: str, account: str, dt: str | None) -> Declaration:
    """What `<source>/<account>/dt=YYYY-MM-DD/` says. Raises `InputError` bad_folder for a date that is none.

    The folder names the business date whose state the file shows: the snapshot is the end of that day in the project's zone.
    """
    snapshot_at = None
    if dt is not None:
        try:
            snapshot_at = datetime.combine(date.fromisoformat(dt), time(23, 59, 59), settings.zone).astimezone(UTC)
        except ValueError as error:
            raise InputError("bad_folder", f"{dt!r} is no date", f"inbox folder dt={dt}", "name the folder dt=YYYY-MM-DD") from error
    return Declaration(source, "" if account == "_" else account, None, snapshot_at, "folder" if snapshot_at else None)


def sidecar_of(path: Path) -> Path:
    """The sidecar's path, whether or not it is there."""
    return path.with_name(path.name + SIDECAR_SUFFIX)


def _declaration(
    settings: Settings,
    source: str | None,
    account: str | None,
    period: str | date | None,
    snapshot_at: str | datetime | None,
    origin: SnapshotOrigin,
) -> Declaration:
    day = date.fromisoformat(period) if isinstance(period, str) else period
    instant = datetime.fromisoformat(snapshot_at) if isinstance(snapshot_at, str) else snapshot_at
    if instant is not None:
        instant = (instant if instant.tzinfo else instant.replace(tzinfo=settings.zone)).astimezone(UTC)
    return Declaration(source, account, day, instant, origin if instant else None)
