"""What differs between two releases: every cell that changed, by mart and key, with the old and the new value, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.releases.causes import COMPLETED, Explainer
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.digest import cell_text
from community_metrics.releases.grains import grain_of
from community_metrics.releases.leases import lease
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import columns_of, literal, mart_names, mart_relation, quoted, scratch
from community_metrics.releases.restatements import differs, is_open, is_open_cell, period_end, same_key
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH_ROWS = 10_000
_SIDES = ("old_row", "new_row")


@dataclass(frozen=True)
class CellChange:
    """One cell. Values are their canonical texts, None for NULL; a row that came or went has no column.

    `cause`, `evidence`: as in `causes.Explanation`, or `completed` for a cell that was not known in the earlier release or whose
    period was not over. A row that came with the later release has none: it is what a release is for.
    """

    mart: str
    kind: Literal["added", "removed", "changed"]
    key: dict[str, str | None]
    column: str | None = None
    old: str | None = None
    new: str | None = None
    cause: str | None = None
    evidence: str | None = None


@dataclass(frozen=True)
class MartDifference:
    """How far a mart differs: rows only in the new, rows only in the old, cells of common rows, and columns that came or went."""

    mart: str
    added_rows: int
    removed_rows: int
    changed_cells: int
    added_columns: tuple[str, ...] = ()
    removed_columns: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.added_rows or self.removed_rows or self.changed_cells or self.added_columns or self.removed_columns)


@dataclass(frozen=True)
class Comparison:
    """The differences from release `old` to release `new`; `changes` stops at a limit, the counts do not."""

    old: str
    new: str
    marts: tuple[MartDifference, ...]
    changes: tuple[CellChange, ...]
    is_complete: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Tally:
    added: int = 0
    removed: int = 0
    cells: int = 0
    changes: list[CellChange] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    """A row that differs. `last_date`: the last date that it depends on; `is_open`: its period was not over in the earlier release;
    `open_columns`: those that are counted for longer than the row's period, where that time was not over."""

    in_old: bool
    in_new: bool
    last_date: date | None
    is_open: bool
    open_columns: tuple[str, ...]
    key: tuple[str | None, ...]
    cells: tuple[str | None, ...]


def compare_releases(settings: Settings, old: str, new: str, limit: int) -> Comparison:
    """Compare two releases, listing at most `limit` changes. Marts with equal digests are not read.

    Raises `CommunityMetricsError` when a release is missing.
    """
    with lease(settings, old) as old_folder, lease(settings, new) as new_folder:
        return _compare(settings, (old_folder, new_folder), limit)


def _compare(settings: Settings, folders: tuple[Path, Path], limit: int) -> Comparison:
    old, new = (folder.name for folder in folders)
    manifests = [read_manifest(folder) for folder in folders]
    digests = [{mart["name"]: mart["digest"] for mart in manifest["marts"]} for manifest in manifests]
    # Whichever is named first: what differs came about on the way from the earlier to the later.
    explain = _Causes(Explainer(settings, *(manifests if old < new else reversed(manifests))), is_backwards=old > new)
    differences: list[MartDifference] = []
    changes: list[CellChange] = []
    with scratch() as connection:
        for catalog, folder in zip(("old", "new"), folders, strict=True):
            connection.execute(f"attach {literal(str((folder / DATABASE_NAME).resolve()))} as {quoted(catalog)} (read_only)")
        for mart in sorted(digests[0].keys() | digests[1].keys()):
            if digests[0].get(mart) != digests[1].get(mart):
                difference, found = _compare_mart(connection, mart, limit - len(changes), explain)
                differences.append(difference)
                changes += found
    listed = sum(difference.added_rows + difference.removed_rows + difference.changed_cells for difference in differences)
    return Comparison(old, new, tuple(differences), tuple(changes), listed == len(changes))


@dataclass(frozen=True)
class _Causes:
    explainer: Explainer
    is_backwards: bool

    def with_cause(self, change: CellChange, row: _Row) -> CellChange:
        came = "removed" if self.is_backwards else "added"
        if change.kind == came:
            return change
        earlier = change.new if self.is_backwards else change.old
        if row.is_open or change.column in row.open_columns or (change.kind == "changed" and earlier is None):
            return replace(change, cause=COMPLETED)
        reason = self.explainer.explain(change.mart, change.column or "", row.last_date, change.key.get("source"))
        return replace(change, cause=reason.cause, evidence=reason.evidence)


def _compare_mart(connection: DuckDBPyConnection, mart: str, limit: int, causes: _Causes) -> tuple[MartDifference, list[CellChange]]:
    old, new = (_columns(connection, mart, catalog) for catalog in ("old", "new"))
    if not old or not new:
        return _whole_mart(connection, mart, came=not old), []
    common = [name for name in new if name in old]
    keys = grain_of(mart, common)
    values = [name for name in common if name not in keys]
    tally = _Tally()
    for row in _rows_that_differ(connection, mart, keys, {name: (old[name], new[name]) for name in values}, causes.is_backwards):
        _note(tally, mart, keys, values, row, limit, causes)
    return MartDifference(
        mart,
        tally.added,
        tally.removed,
        tally.cells,
        tuple(name for name in new if name not in common),
        tuple(name for name in old if name not in common),
    ), tally.changes


def _columns(connection: DuckDBPyConnection, mart: str, catalog: str) -> dict[str, str]:
    if mart not in mart_names(connection, catalog):
        return {}
    return {column.name: column.type for column in columns_of(connection, mart_relation(mart, catalog))}


def _whole_mart(connection: DuckDBPyConnection, mart: str, came: bool) -> MartDifference:
    relation = mart_relation(mart, "new" if came else "old")
    columns = tuple(column.name for column in columns_of(connection, relation))
    counted = connection.execute(f"select count(*) from {relation}").fetchone()
    rows = int(counted[0]) if counted else 0
    return MartDifference(mart, rows, 0, 0, columns, ()) if came else MartDifference(mart, 0, rows, 0, (), columns)


def _rows_that_differ(
    connection: DuckDBPyConnection, mart: str, keys: Sequence[str], values: Mapping[str, tuple[str, str]], is_backwards: bool
) -> Iterator[_Row]:
    """In the order of the keys. `values`: column -> its types in old and new."""
    earlier = "new_row" if is_backwards else "old_row"
    cells = (differs(f"old_row.{quoted(name)}", f"new_row.{quoted(name)}", *kinds) for name, kinds in values.items())
    differing = ["old_row._here is null", "new_row._here is null", *cells]
    open_cells = {name: is_open_cell(name, values, lambda column: f"{earlier}.{quoted(column)}") for name in values}
    key_columns = [f"coalesce(old_row.{quoted(name)}, new_row.{quoted(name)})" for name in keys]
    shown = [
        "old_row._here is not null",
        "new_row._here is not null",
        period_end(mart, keys, earlier),
        is_open(values, earlier),
        f"[{', '.join(f'case when {is_open_then} then {literal(name)} end' for name, is_open_then in open_cells.items())}]::varchar[]",
        *(f"{key}::varchar" for key in key_columns),
        *(cell_text(f"{side}.{quoted(name)}", kind) for name, kinds in values.items() for side, kind in zip(_SIDES, kinds, strict=True)),
    ]
    query = (
        f"select {', '.join(shown)}"
        f" from (select *, true as _here from {mart_relation(mart, 'old')}) as old_row"
        f" full outer join (select *, true as _here from {mart_relation(mart, 'new')}) as new_row on {same_key(keys)}"
        f" where {' or '.join(differing)} order by {', '.join(key_columns)}"
    )
    cursor = connection.execute(query)
    while batch := cursor.fetchmany(_BATCH_ROWS):
        for row in batch:
            in_old, in_new, last_date, is_row_open, open_columns, *texts = row
            is_of = tuple(name for name in open_columns if name)
            yield _Row(in_old, in_new, last_date, is_row_open, is_of, tuple(texts[: len(keys)]), tuple(texts[len(keys) :]))


def _note(tally: _Tally, mart: str, keys: Sequence[str], values: Sequence[str], row: _Row, limit: int, causes: _Causes) -> None:
    key = dict(zip(keys, row.key, strict=True))
    found: list[CellChange]
    if row.in_old and row.in_new:
        pairs = zip(values, row.cells[0::2], row.cells[1::2], strict=True)
        found = [CellChange(mart, "changed", key, name, old, new) for name, old, new in pairs if old != new]
        tally.cells += len(found)
    elif row.in_new:
        found = [CellChange(mart, "added", key)]
        tally.added += 1
    else:
        found = [CellChange(mart, "removed", key)]
        tally.removed += 1
    tally.changes += [causes.with_cause(change, row) for change in found[: max(0, limit - len(tally.changes))]]
