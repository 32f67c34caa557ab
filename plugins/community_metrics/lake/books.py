"""What one ingest knows of one landing: its counts, what it put aside, how the file differs from its template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from community_metrics.lake.coverage import cover
from community_metrics.lake.files import quarantine_path
from community_metrics.lake.normalising import circumstances_of
from community_metrics.lake.quarantine import Quarantine
from community_metrics.lake.staging import WrittenStream
from community_metrics.lake.totals import StatedTotals
from community_metrics.landing.records import Ingested, Landing
from community_metrics.settings import Settings
from community_metrics.sources.readers.model import Drift
from community_metrics.sources.registry import load_registry
from community_metrics.sources.templates import Template


class LandingBook:
    """Every row of the landing is counted here once: `rows` = `accepted` + quarantined + `totals`. `expected`: accepted rows by
    stream."""

    def __init__(self, settings: Settings, landing: Landing) -> None:
        self.landing = landing
        self.revision = landing.revision + 1
        self.quarantine = Quarantine(quarantine_path(settings, landing.landing_id, self.revision), landing.landing_id)
        self.drift = Drift()
        self.circumstances = circumstances_of(landing, settings.zone)
        self.rows = self.accepted = self.totals = 0
        self.expected: Counter[str] = Counter()
        self._home = settings.home

    def begin(self, template: Template) -> None:
        """What the file was recognised as."""
        self.template = template
        self.stated = StatedTotals(template)

    def close(self, written: Mapping[str, WrittenStream]) -> Ingested:
        """The whole outcome, for the ledger. Raises `AssertionError` when rows do not add up."""
        self.quarantine.close()
        self._check_conservation(written)
        self.drift.totals.extend(self.stated.compare(self.rows - self.totals))
        source = load_registry()[self.landing.source]
        return Ingested(
            revision=self.revision,
            template=self.template.name,
            rows=self.rows,
            accepted=self.accepted,
            quarantined=self.quarantine.rows,
            totals=self.totals,
            drift=self.drift.to_dict(),
            lake_files=[lake_file for stream in written.values() for lake_file in stream.files],
            coverage=cover(self.landing, source, self.template, written, self.circumstances.snapshot_date),
            quarantined_rows=self.quarantine.recorded(),
        )

    def paths(self, ingested: Ingested) -> list[Path]:
        """The files that must be on the disk before the ledger says so."""
        files = [self._home / lake_file.path for lake_file in ingested.lake_files]
        return [*files, *([self.quarantine.path] if self.quarantine.rows else [])]

    def abandon(self) -> None:
        """Leave nothing unfinished behind. Harmless after `close`."""
        self.quarantine.abandon()

    def _check_conservation(self, written: Mapping[str, WrittenStream]) -> None:
        if self.rows != self.accepted + self.quarantine.rows + self.totals:
            raise AssertionError(f"{self.rows} rows read, {self.accepted} accepted, {self.quarantine.rows} put aside, {self.totals} totals")
        for name, expected in self.expected.items():
            rows = written[name].rows if name in written else 0
            if rows != expected:
                raise AssertionError(f"{expected} rows accepted for {name}, {rows} written")
