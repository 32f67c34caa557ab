"""Delivering the pages of an endpoint: one JSON Lines file in the inbox, there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from community_metrics.landing.declarations import sidecar_of
from community_metrics.settings import Settings


@dataclass(frozen=True)
class Delivery:
    """One file in the inbox."""

    path: Path
    pages: int


def instant_text(instant: datetime) -> str:
    """As pages and sidecars write an instant: UTC, seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def deliver(
    settings: Settings,
    *,
    source: str,
    account: str,
    endpoint: str,
    business_date: date,
    started_at: datetime,
    snapshot_at: datetime | None,
    pages: Iterable[Mapping[str, Any]],
    scratch: Path,
) -> Delivery:
    """Write the pages and their sidecar into `<inbox>/<source>/<account>/`.

    `snapshot_at`: the moment that the pages show; None: that of the newest page. The name is the same for every attempt of a
    run, so that a delivery which a crash interrupted is repeated and not doubled.
    """
    name = f"{endpoint.replace('/', '-')}.{business_date.isoformat()}.{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.jsonl"
    temporary = scratch / f".{name}.part"
    count = 0
    newest = ""
    with temporary.open("wb") as output:
        for page in pages:
            output.write(json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            newest = max(newest, str(page["pulled_at"]))
            count += 1
        output.flush()
        os.fsync(output.fileno())
    target = settings.inbox / source / account / name
    target.parent.mkdir(parents=True, exist_ok=True)
    declared = {"period": business_date.isoformat(), "snapshot_at": snapshot_at.astimezone(UTC).isoformat() if snapshot_at else newest}
    sidecar = sidecar_of(target)
    beside = scratch / f".{sidecar.name}.part"
    beside.write_text(json.dumps(declared), encoding="utf-8")
    # The sidecar first: a file is taken as soon as it is there.
    beside.replace(sidecar)
    temporary.replace(target)
    return Delivery(target, count)
