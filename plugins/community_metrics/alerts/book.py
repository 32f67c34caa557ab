"""Who was told what: so that an incident is one message to each channel, and its end another one.

A message is entered after it was taken. A crash in between says the same thing twice; none is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from community_metrics.alerts.incidents import Incident
from community_metrics.alerts.messages import Message
from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.files import render_json, write_atomically
from community_metrics.settings import Settings

Deliver = Callable[[Message], None]


@dataclass(frozen=True)
class Told:
    """What one look has led to: `sent` is `channel: title`, `failed` says why, too."""

    open_incidents: tuple[Incident, ...]
    sent: tuple[str, ...]
    failed: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "open_incidents": [asdict(incident) for incident in self.open_incidents]}


def book_path(settings: Settings) -> Path:
    return settings.home / "alerts" / "told.json"


def tell(settings: Settings, now_open: Sequence[Incident], channels: Mapping[str, Deliver], site: str = "") -> Told:
    """Tell each channel what it does not know yet. A channel that fails is tried again at the next look, the others go on.

    A channel that never heard of an incident is not told of its end.
    """
    path = book_path(settings)
    told = _read(path)
    sent: list[str] = []
    failed: list[str] = []
    opened = {incident.key: incident for incident in now_open}
    for name, deliver in channels.items():
        known = told.setdefault(name, {})
        over = [Message(incident, True, site) for key, incident in known.items() if key not in opened]
        begun = [Message(incident, False, site) for key, incident in opened.items() if key not in known]
        for message in (*over, *begun):
            try:
                deliver(message)
            except CommunityMetricsError as error:
                failed.append(f"{name}: {message.title}: {error}")
                continue
            if message.is_over:
                del known[message.incident.key]
            else:
                known[message.incident.key] = message.incident
            _write(path, told)
            sent.append(f"{name}: {message.title}")
    return Told(tuple(now_open), tuple(sent), tuple(failed))


def _read(path: Path) -> dict[str, dict[str, Incident]]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            channel: {key: Incident(**{**record, "details": tuple(record["details"])}) for key, record in known.items()}
            for channel, known in content.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommunityMetricsError(
            f"the record of sent alerts cannot be read: {error}", str(path), "delete it: what is open is then told once more"
        ) from error


def _write(path: Path, told: Mapping[str, Mapping[str, Incident]]) -> None:
    write_atomically(
        path, render_json({channel: {key: asdict(incident) for key, incident in known.items()} for channel, known in told.items()})
    )
