"""What waits at the sources gate, and how the gate's database shows it.

Tables there: one for each stream, `<source>__<stream>`, with the rows of the waiting landings and `_landing`; `landings`,
what the ledger says of each; `stated_totals`, what files state of themselves beside what their rows add up to;
`landing_days`, its accepted rows by stream and business date; `history`, the rows already in force by source, stream and
business date; `special_days`, the holidays and make-up workdays of the calendar.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from community_metrics.audit.contracts import conditions
from community_metrics.audit.suites import LANDING_COLUMN
from community_metrics.audit.validation import GateDatabase, literal
from community_metrics.errors import SettingsError
from community_metrics.settings import Settings
from community_metrics.sources.registry import StreamDefinition, load_registry

if TYPE_CHECKING:
    from community_metrics.landing.ledger import Ledger
    from community_metrics.landing.records import LakeFile, Landing

_ROWS_WORTH_A_FILE = 5_000
# 1.3 million rows in 700 files took 1.1 GB as tables and 0.4 GB in place, in the same time.
_ROWS_IN_MEMORY = 200_000


@dataclass(frozen=True)
class WaitingStream:
    """A stream of a source that something waits of; `files` may be empty, as one file can feed several streams or none."""

    definition: StreamDefinition
    files: tuple[LakeFile, ...]

    @property
    def table(self) -> str:
        return f"{self.definition.source}__{self.definition.name}"

    @property
    def landing_ids(self) -> list[str]:
        return sorted({file.landing_id for file in self.files})

    @property
    def placeholders(self) -> dict[str, str]:
        return conditions(self.definition)


@dataclass(frozen=True)
class Waiting:
    """Everything that the sources gate has to judge."""

    landings: tuple[Landing, ...]
    streams: tuple[WaitingStream, ...]
    history: dict[tuple[str, str, date], int]

    @property
    def fingerprint(self) -> str:
        """sha256 over the sorted (landing, revision): under it the results are kept."""
        text = "\n".join(sorted(f"{landing.landing_id} {landing.revision}" for landing in self.landings))
        return hashlib.sha256(text.encode()).hexdigest()


def read_waiting(ledger: Ledger) -> Waiting:
    """Ask the ledger what is to be judged. Cheap when nothing is."""
    landings = tuple(ledger.landings_to_gate())
    if not landings:
        return Waiting((), (), {})
    files = ledger.lake_files_to_gate()
    registry = load_registry()
    streams = tuple(
        WaitingStream(stream, tuple(file for file in files if (file.source, file.stream) == (stream.source, stream.name)))
        for source in sorted({landing.source for landing in landings})
        for stream in registry[source].streams
    )
    history: Counter[tuple[str, str, date]] = Counter()
    for file in ledger.active_lake_files():
        history[file.source, file.stream, file.business_date] += file.rows
    return Waiting(landings, streams, dict(history))


def show_waiting(settings: Settings, database: GateDatabase, waiting: Waiting) -> None:
    """Create the tables and views that source suites read."""
    _show_landings(database, waiting)
    _show_special_days(settings, database)
    for stream in waiting.streams:
        _show_stream(settings, database, stream)


def _show_landings(database: GateDatabase, waiting: Waiting) -> None:
    landings = waiting.landings
    database.create_table(
        "landings",
        {
            LANDING_COLUMN: pa.array([landing.landing_id for landing in landings], pa.string()),
            "original_name": pa.array([landing.original_name for landing in landings], pa.string()),
            "source": pa.array([landing.source for landing in landings], pa.string()),
            "account_id": pa.array([landing.account_id for landing in landings], pa.string()),
            "template": pa.array([landing.template for landing in landings], pa.string()),
            "snapshot_at": pa.array([landing.snapshot_at.replace(tzinfo=None) for landing in landings], pa.timestamp("us")),
            "rows": pa.array([landing.rows for landing in landings], pa.int64()),
            "accepted": pa.array([landing.accepted for landing in landings], pa.int64()),
            "quarantined": pa.array([landing.quarantined for landing in landings], pa.int64()),
            "totals": pa.array([landing.totals for landing in landings], pa.int64()),
        },
    )
    stated = [(landing.landing_id, total) for landing in landings for total in landing.drift.get("totals", ())]
    database.create_table(
        "stated_totals",
        {
            LANDING_COLUMN: pa.array([landing_id for landing_id, _ in stated], pa.string()),
            **{name: pa.array([total[name] for _, total in stated], pa.string()) for name in ("header", "stated", "found")},
        },
    )
    files = [file for stream in waiting.streams for file in stream.files]
    sums = {landing.landing_id: landing.sha256 for landing in landings}
    database.create_table(
        "landing_days",
        {
            LANDING_COLUMN: pa.array([file.landing_id for file in files], pa.string()),
            "source": pa.array([file.source for file in files], pa.string()),
            "stream": pa.array([file.stream for file in files], pa.string()),
            "business_date": pa.array([file.business_date for file in files], pa.date32()),
            "rows": pa.array([file.rows for file in files], pa.int64()),
            "path": pa.array([file.path for file in files], pa.string()),
            "sha256": pa.array([sums[file.landing_id] for file in files], pa.string()),
        },
    )
    database.create_table(
        "history",
        {
            "source": pa.array([source for source, _, _ in waiting.history], pa.string()),
            "stream": pa.array([stream for _, stream, _ in waiting.history], pa.string()),
            "business_date": pa.array([day for _, _, day in waiting.history], pa.date32()),
            "rows": pa.array(list(waiting.history.values()), pa.int64()),
        },
    )


def _show_special_days(settings: Settings, database: GateDatabase) -> None:
    path = settings.definition_file("holidays.csv")
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    try:
        days = [date.fromisoformat(row["business_date"]) for row in rows]
        works = [row["is_workday"] == "true" for row in rows]
    except (KeyError, ValueError, TypeError) as error:
        raise SettingsError(
            f"not a calendar: {error!r}", str(path), "its columns are business_date, is_workday, name_en, name_zh"
        ) from error
    database.create_table("special_days", {"business_date": pa.array(days, pa.date32()), "is_workday": pa.array(works, pa.bool_())})


def _show_stream(settings: Settings, database: GateDatabase, stream: WaitingStream) -> None:
    if not stream.files:
        columns = {**stream.definition.lake_columns, LANDING_COLUMN: "text"}
        nothing = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())
        database.execute(f'create view "{stream.table}" as select {nothing} where false')
        return
    # Each check scans the stream anew, and opening a file costs as much as reading some thousand rows: many small files are
    # read once into the gate's own database, large ones stay where they are and only the columns in question are read.
    rows = sum(file.rows for file in stream.files)
    distinct_paths = sorted({file.path for file in stream.files})
    kind = "table" if rows < min(_ROWS_WORTH_A_FILE * len(distinct_paths), _ROWS_IN_MEMORY) else "view"
    paths = ", ".join(literal(str(settings.home / path)) for path in distinct_paths)
    home = literal(f"{settings.home}/")
    # A file may hold rows of several landings, told apart by the sum of the landed file.
    database.execute(
        f'create {kind} "{stream.table}" as '
        f"select lake.* exclude (filename), files.{LANDING_COLUMN} "
        f"from read_parquet([{paths}], filename = true, hive_partitioning = false) as lake "
        f"inner join landing_days as files on lake.filename = {home} || files.path and lake._file_sha256 = files.sha256"
    )
