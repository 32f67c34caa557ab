"""The project's own log: one JSON line a record in `<home>/logs/<UTC date>.jsonl`, beside what a terminal or Airflow shows.

A line holds when, how serious, which run and step, which source and file (the first twelve characters of its sha256) and the message,
without secrets. What may name a person stays out: a call whose message does passes `extra={"public": ...}`, what may be kept of it; of an
exception only its kind and the places that it went through are kept.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from community_metrics.observability.masking import masked
from community_metrics.observability.runs import current_run_id, current_step
from community_metrics.settings import PROJECT_ROOT, Settings

SHORT_SUM = 12
# A month, as releases are kept; a run writes some hundred lines.
KEPT_DAYS = 30
_SUFFIX = ".jsonl"
# What a call may say of its subject (`extra`), in this order.
_SUBJECT = ("source", "file", "account", "model", "status", "seconds", "rows", "accepted", "quarantined", "reason_code")
_project = logging.getLogger("community_metrics")


@contextmanager
def logging_to(settings: Settings, terminal: bool = False) -> Iterator[None]:
    """Keep what the project says within in the home's log. `terminal`: warnings also on standard error, where nobody else shows them.

    The folder is made when there is something to be said. A log that cannot be written keeps nobody from their work.
    """
    handlers: list[logging.Handler] = [_DailyFile(settings.home, settings.logs)]
    if terminal:
        handlers.append(_Terminal(logging.WARNING))
    level, propagates = _project.level, _project.propagate
    _project.setLevel(logging.INFO)
    # A library of dbt's gives the root logger a handler for standard error: what happens would be told twice.
    _project.propagate = propagates and not terminal
    for handler in handlers:
        _project.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            _project.removeHandler(handler)
        _project.setLevel(level)
        _project.propagate = propagates


class JsonLine(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        step = current_step()
        known = vars(record)
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run_id": current_run_id(),
            "step": step.step if step else None,
            **{name: known[name] for name in _SUBJECT if known.get(name) is not None},
            "message": masked(str(known.get("public") or record.getMessage())),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = _error(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False, default=str)


def _error(error: BaseException) -> dict[str, Any]:
    """Its kind and its way; not its words, which may hold what a file holds."""
    frames = traceback.extract_tb(error.__traceback__)
    return {"kind": type(error).__name__, "places": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]}


def _short(filename: str) -> str:
    return filename.removeprefix(f"{PROJECT_ROOT}/").rpartition("site-packages/")[2]


class _DailyFile(logging.Handler):
    """Appends each line in one write, so that lines of several processes do not mix; opened anew for each: records are few."""

    def __init__(self, home: Path, folder: Path) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(JsonLine())
        self._home = home
        self._folder = folder

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            if not self._home.is_dir():
                return  # nothing is here that could be spoken of
            path = self._folder / f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%d}{_SUFFIX}"
            if not path.exists():
                self._folder.mkdir(exist_ok=True)
                self._forget(record.created)
            with path.open("ab", buffering=0) as handle:
                handle.write(self.format(record).encode("utf-8", "replace") + b"\n")

    def _forget(self, now: float) -> None:
        oldest = (datetime.fromtimestamp(now, UTC) - timedelta(days=KEPT_DAYS)).strftime("%Y-%m-%d")
        for path in self._folder.glob(f"????-??-??{_SUFFIX}"):
            if path.stem < oldest:
                path.unlink(missing_ok=True)


class _Terminal(logging.Handler):
    """What Python does with a warning that nobody handles."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)
