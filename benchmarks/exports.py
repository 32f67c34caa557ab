"""The generated exports as files: the history as Parquet, a file for thirty days; what is measured day by day as CSV.

`<folder>/<stretch>/<source>/dt=YYYY-MM-DD/<file>` is the layout of the inbox without its account; `dt` is the day after the data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.measuring import Stopwatch
from benchmarks.story import Story

# A hundred million events do not have to be in memory at once.
DAYS_A_FILE = 30


def generate(
    watch: Stopwatch, folder: str, days: int, events_per_day: int, members: int, lengths: list[int], changed: int
) -> dict[str, Any]:
    """Write `history-N` (up to the day before the N-th), `day-N` (the N-th) for every length N, and `changed`."""
    story = Story(days=days, events_per_day=events_per_day, members=members)
    root = Path(folder)
    begin = 0
    with watch.part("generate"):
        for length in lengths:
            history, day = root / f"history-{length}", root / f"day-{length}"
            if begin == 0:
                _write_csv(story, history, "identity_links", story.identity_links(), length - 1)
            for first in range(begin, length - 1, DAYS_A_FILE):
                stretch = range(first, min(first + DAYS_A_FILE, length - 1))
                _write_parquet(story, history, "events", pa.concat_tables([story.events(number) for number in stretch]), stretch[-1])
                _write_parquet(
                    story, history, "memberships", pa.concat_tables([story.memberships(number) for number in stretch]), stretch[-1]
                )
            _write_csv(story, day, "events", story.events(length - 1), length - 1)
            _write_csv(story, day, "memberships", story.memberships(length - 1), length - 1)
            begin = length
        for number in range(days - changed, days):
            _write_csv(story, root / "changed", "events", story.corrected_events(number), number)
    return {"last_date": story.date_of(days - 1).isoformat(), "first_changed": story.date_of(days - changed).isoformat()}


def _target(story: Story, folder: Path, source: str, day: int, suffix: str) -> Path:
    target = folder / source / f"dt={story.date_of(day + 1)}" / f"{source}-{story.date_of(day)}.{suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _write_csv(story: Story, folder: Path, source: str, table: pa.Table, day: int) -> None:
    if len(table):
        pyarrow.csv.write_csv(table, _target(story, folder, source, day, "csv"))


def _write_parquet(story: Story, folder: Path, source: str, table: pa.Table, day: int) -> None:
    pyarrow.parquet.write_table(table, _target(story, folder, source, day, "parquet"))
