"""Extractions against simulated platforms, on a clock that passes hours in no time."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from community_metrics.extractors.connections import ConnectionValues
from community_metrics.extractors.failures import LaterError
from community_metrics.extractors.run import ExtractionReport, extract
from community_metrics.extractors.tokens import MemoryTokenStore
from community_metrics.settings import Settings
from support.simulated_platforms import ocean_engine, wechat_mp, wecom

DAY = date(2026, 11, 20)
NEXT_MORNING = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # 11:00 in China: every platform is past its hour


class SteppingClock:
    """Time stands still, except for whoever sleeps."""

    def __init__(self, now: datetime = NEXT_MORNING) -> None:
        self._now = now
        self._slept = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return time.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.go_on(seconds)

    def go_on(self, seconds: float) -> None:
        self._slept += seconds
        self._now += timedelta(seconds=seconds)


@dataclass
class Runner:
    """Runs extractions on one home as Airflow would: again and again, as late as it is told."""

    settings: Settings
    clock: SteppingClock = field(default_factory=SteppingClock)
    store: MemoryTokenStore = field(default_factory=MemoryTokenStore)
    secrets: list[str] = field(default_factory=list)

    def once(self, source: str, connection: ConnectionValues, day: date = DAY) -> ExtractionReport:
        return extract(self.settings, source, day, [connection], clock=self.clock, store=self.store, on_secret=self.secrets.append)

    def until_done(self, source: str, connection: ConnectionValues, day: date = DAY) -> tuple[ExtractionReport, list[LaterError]]:
        """The report, and what each attempt before it came back with."""
        waited: list[LaterError] = []
        while True:
            try:
                return self.once(source, connection, day), waited
            except LaterError as error:
                waited.append(error)
                self.clock.go_on(error.delay_seconds)

    def files(self, source: str) -> dict[str, list[dict[str, Any]]]:
        """The files of the source in the inbox: name -> pages."""
        return {
            path.name: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            for path in sorted((self.settings.inbox / source).rglob("*.jsonl"))
        }

    def pages(self, source: str, endpoint: str) -> list[dict[str, Any]]:
        return [page for pages in self.files(source).values() for page in pages if page["endpoint"].endswith(endpoint)]

    def sidecars(self, source: str) -> dict[str, dict[str, str]]:
        return {path.name: json.loads(path.read_text()) for path in sorted((self.settings.inbox / source).rglob("*.meta.json"))}

    def all_texts(self) -> str:
        """Everything that stands anywhere in the home."""
        return "\n".join(path.read_text(encoding="utf-8") for path in Path(self.settings.home).rglob("*") if path.is_file())


def wecom_connection(platform: wecom.SimulatedWeCom, **extra: Any) -> ConnectionValues:
    return ConnectionValues("community_metrics_wecom", host=platform.url, login=wecom.CORP, password=wecom.SECRET, extra=extra)


def mp_connection(platform: wechat_mp.SimulatedWeChatMp, **extra: Any) -> ConnectionValues:
    return ConnectionValues("community_metrics_wechat_mp", host=platform.url, login=wechat_mp.APP, password=wechat_mp.SECRET, extra=extra)


def ads_connection(platform: ocean_engine.SimulatedOceanEngine, **extra: Any) -> ConnectionValues:
    extra = {"advertiser_ids": ["111"], "refresh_token": ocean_engine.REFRESH, **extra}
    return ConnectionValues(
        "community_metrics_ocean_engine", host=platform.url, login=ocean_engine.APP, password=ocean_engine.SECRET, extra=extra
    )
