"""What a run has already been told: pages on disk, so that a crash or a retry does not ask for them again.

`<home>/landing/extracting/<source>/<business date>/<account>/pages.jsonl`, append-only: a page, the forgetting of pages, or
a delivery per line. A line that a crash cut off is not there. Nothing of it is read by the pipeline; the folder is
removed when its pages are delivered.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from community_metrics.settings import Settings

# Pages of dated facts keep their meaning for days; older ones would hide what the platform has restated since.
_MAX_AGE = timedelta(hours=72)
_ABANDONED_AFTER = timedelta(days=14)


def extracting_folder(settings: Settings, source: str) -> Path:
    """Where runs of a source keep what they have got so far."""
    return settings.landing / "extracting" / source


def page_key(endpoint: str, request: Mapping[str, Any]) -> str:
    """What makes two pages the same request."""
    text = json.dumps([endpoint, request], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Spool:
    """The pages of one account and business date. Memory holds where they are, not what they say."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._places: dict[str, tuple[int, int]] = {}
        self.delivered: dict[str, list[str]] = {}
        self._file = (folder / "pages.jsonl").open("a+b")
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def find(self, key: str) -> dict[str, Any] | None:
        """The page, as it is delivered."""
        place = self._places.get(key)
        if place is None:
            return None
        page: dict[str, Any] = json.loads(self._at(place))["page"]
        return page

    def add(self, key: str, page: Mapping[str, Any]) -> None:
        """Keep a page; a process that is killed after this has not lost it."""
        self._places[key] = self._append({"key": key, "page": page})

    def forget(self, keys: Iterable[str]) -> None:
        """Ask for these again."""
        known = [key for key in keys if self._places.pop(key, None) is not None]
        if known:
            self._append({"forget": known})

    def mark_delivered(self, group: str, names: list[str]) -> None:
        """The group's files are in the inbox."""
        self.delivered[group] = names
        self._append({"delivered": group, "names": names})

    def pages(self, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The pages of these keys, in their order."""
        for key in keys:
            page = self.find(key)
            if page is not None:
                yield page

    def __len__(self) -> int:
        return len(self._places)

    def _append(self, record: Mapping[str, Any]) -> tuple[int, int]:
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        start = self._file.seek(0, os.SEEK_END)
        self._file.write(line)
        self._file.flush()
        return start, len(line)

    def _at(self, place: tuple[int, int]) -> bytes:
        self._file.seek(place[0])
        return self._file.read(place[1])

    def _read(self) -> None:
        self._file.seek(0)
        start = 0
        for line in self._file:
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if not line.endswith(b"\n") or not isinstance(record, dict):
                # The end of a write that a crash cut off: what follows would be glued to it.
                self._file.truncate(start)
                break
            self._apply(record, (start, len(line)))
            start += len(line)

    def _apply(self, record: dict[str, Any], place: tuple[int, int]) -> None:
        if "page" in record:
            self._places[record["key"]] = place
        elif "delivered" in record:
            self.delivered[record["delivered"]] = record["names"]
        else:
            for key in record.get("forget", []):
                self._places.pop(key, None)


@dataclass
class Attempts:
    """How often a run has come back, and for what: survives the attempts of an Airflow task.

    `looks`: "account/group" -> how many pulls said zero. `tries`: kind of failure -> how many.
    """

    path: Path
    started_at: datetime
    looks: dict[str, int]
    tries: dict[str, int]

    def save(self) -> None:
        content = {"started_at": self.started_at.isoformat(), "looks": self.looks, "tries": self.tries}
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self.path)

    def begin_anew(self) -> None:
        """Whoever clears a task that has failed gets all its attempts again."""
        self.looks.clear()
        self.tries.clear()
        self.save()


def open_run(settings: Settings, source: str, business_date: date, now: datetime) -> tuple[Path, Attempts]:
    """The folder of one run, and its attempts; what is too old to be used is removed."""
    root = extracting_folder(settings, source)
    folder = root / business_date.isoformat()
    _sweep(root, now)
    attempts = _read_attempts(folder)
    if attempts is not None and now - attempts.started_at > _MAX_AGE:
        shutil.rmtree(folder, ignore_errors=True)
        attempts = None
    folder.mkdir(parents=True, exist_ok=True)
    if attempts is None:
        attempts = Attempts(folder / "attempts.json", now, {}, {})
        attempts.save()
    return folder, attempts


def close_run(folder: Path) -> None:
    """Everything is delivered."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def _read_attempts(folder: Path) -> Attempts | None:
    path = folder / "attempts.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Attempts(path, datetime.fromisoformat(content["started_at"]), dict(content["looks"]), dict(content["tries"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sweep(root: Path, now: datetime) -> None:
    if not root.is_dir():
        return
    for folder in root.iterdir():
        attempts = _read_attempts(folder)
        if attempts is not None and now - attempts.started_at > _ABANDONED_AFTER:
            shutil.rmtree(folder, ignore_errors=True)
