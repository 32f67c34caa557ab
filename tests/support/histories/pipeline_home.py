"""A home of its own, the real pipeline on it, and what the marts then say."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from math import inf, isinf
from pathlib import Path
from typing import Any

import duckdb

from community_metrics import pipeline
from community_metrics.landing.inbox import land_files
from community_metrics.landing.ledger import Ledger
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.warehouse.build import BuildReport, mark_published
from support.histories.files import ExportFile
from support.histories.funnels import write_funnels
from support.histories.lists_and_chats import Page
from support.naive.records import Definition, PriceBand, Rules, Segment, Stickiness

Rows = dict[tuple[Any, ...], dict[str, Any]]
WEEK_STARTS = {0: "monday", 6: "sunday"}


class PipelineHome:
    """Lands, ingests and builds in `settings.home`, with the rules' time zone, week start and retentions."""

    def __init__(self, settings: Settings, rules: Rules) -> None:
        definitions = settings.home / "definitions"
        definitions.mkdir(parents=True, exist_ok=True)
        write_retentions(definitions / "retention_definitions.csv", rules.definitions)
        write_stickiness(definitions / "stickiness_definitions.csv", rules.stickiness)
        write_price_bands(definitions / "price_bands.csv", rules.price_bands)
        write_segments(definitions / "segment_definitions.csv", rules.segments)
        write_funnels(definitions, rules.funnels)
        self.settings = replace(settings, timezone=rules.timezone, week_start=WEEK_STARTS[rules.week_start], definitions=definitions)

    def land(self, files: Iterable[ExportFile]) -> None:
        """Land the files in this order, and bring them to the lake. Fails if one is not taken whole."""
        self._take([(file, file.period) for file in files], ("landed", "already_landed"))

    def land_pages(self, pages: Iterable[Page]) -> None:
        """The same of what an API or a chat gave, which says no period and is given once."""
        self._take([(page, None) for page in pages], ("landed",))

    def _take(self, files: Iterable[tuple[ExportFile | Page, date | None]], outcomes: tuple[str, ...]) -> None:
        drop = self.settings.home / "drop"
        drop.mkdir(exist_ok=True)
        for file, period in files:
            path = drop / file.name
            path.write_bytes(file.content)
            (result,) = land_files(
                self.settings, [path], source=file.source, account=file.account, period=period, snapshot_at=file.snapshot_at
            )
            assert result.outcome in outcomes, result
        troubled = pipeline.ingest(self.settings).troubled
        assert not troubled, troubled

    def withdraw(self, file: ExportFile) -> None:
        with Ledger(self.settings.ledger_path) as ledger:
            ledger.withdraw(file.landing(0).sha256, "landed by mistake")

    def build(self, full_refresh: bool = False) -> BuildReport:
        """Build; fails if it rebuilds everything although nobody asked, because then it shows nothing about increments."""
        is_first = not self.settings.warehouse_path.exists()
        report = pipeline.build(self.settings, full_refresh=full_refresh)
        assert report.full_refresh == (full_refresh or is_first), report.reason
        with Ledger(self.settings.ledger_path) as ledger:
            self._built_of = sorted(ledger.active_set())
        return report

    def publish(self) -> None:
        """What a release does to the next build: nothing is owed any more of what the last one was made of. Audit and site are not
        looked at here."""
        with Ledger(self.settings.ledger_path) as ledger:
            ledger.record_publication("release", self._built_of)
        mark_published(self.settings, "release")

    def rows(self, mart: str, grain: Sequence[str]) -> Rows:
        """The mart as its grain's values to the other columns; fails on two rows of one grain."""
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            cursor = connection.execute(f"select * from marts.{mart}")
            names = [column[0] for column in cursor.description]
            found: Rows = {}
            for values in cursor.fetchall():
                row = dict(zip(names, values, strict=True))
                key = tuple(row.pop(name) for name in grain)
                assert key not in found, f"{mart}: two rows {key}"
                found[key] = row
        return found

    def every_row(self) -> dict[str, list[str]]:
        """Every mart in a canonical text: equal if and only if the marts are."""
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            marts = [
                row[0]
                for row in connection.execute(
                    "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
                ).fetchall()
            ]
            return {mart: sorted(repr(row) for row in connection.execute(f"select * from marts.{mart}").fetchall()) for mart in marts}


def write_retentions(path: Path, definitions: Iterable[Definition]) -> None:
    defaults = PROJECT_ROOT / "dbt_project" / "seeds" / "retention_definitions.csv"
    names = defaults.read_text(encoding="utf-8").splitlines()[0].split(",")
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, names)
        writer.writeheader()
        for definition in definitions:
            writer.writerow(
                {
                    "definition": definition.name,
                    "entry_event": definition.entry,
                    "return_event": definition.back,
                    "cohort_mode": "recurring" if definition.is_recurring else "first_time",
                    "minimum_occurrences": definition.minimum,
                    "horizon_days": definition.horizon["day"],
                    "horizon_weeks": definition.horizon["week"],
                    "horizon_months": definition.horizon["month"],
                }
            )


def write_stickiness(path: Path, declared: Iterable[Stickiness]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            ["definition", "event", "window_kind", "first_date", "last_date", "period_grain", "minimum_occurrences", "maximum_occurrences"]
        )
        for row in declared:
            most = "" if isinf(row.maximum) else row.maximum
            writer.writerow([row.name, row.event, row.window, *(row.dates or ("", "")), row.period, row.minimum, most])


def write_price_bands(path: Path, bands: Iterable[PriceBand]) -> None:
    lines = [f"{band.currency},{band.name},{band.start},{'' if band.end is None else band.end}" for band in bands]
    path.write_text("\n".join(["currency,price_band,from_amount,below_amount", *lines]) + "\n", encoding="utf-8")


def write_segments(path: Path, declared: Iterable[Segment]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["segment_set", "segment", "position", "measure", "at_least", "at_most", "reason"])
        positions: Counter[str] = Counter()
        for segment in declared:
            positions[segment.set] += 1
            for measure, least, most in segment.conditions or (("", 0, inf),):
                bounds = [least or "", "" if isinf(most) else most]
                writer.writerow([segment.set, segment.name, positions[segment.set], measure, *bounds, "because"])
