"""What differs between two releases: every cell that changed, by mart and key, with the old and the new value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.digest import cell_text
from community_metrics.releases.grains import grain_of
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import columns_of, literal, mart_names, mart_relation, quoted, scratch
from community_metrics.releases.pointer import release_path
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH_ROWS = 10_000


@dataclass(frozen=True)
class CellChange:
    """One cell. Values are their canonical texts, None for NULL; a row that came or went has no column."""

    mart: str
    kind: Literal["added", "removed", "changed"]
    key: dict[str, str | None]
    column: str | None = None
    old: str | None = None
    new: str | None = None


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


def compare_releases(settings: Settings, old: str, new: str, limit: int) -> Comparison:
    """Compare two releases, listing at most `limit` changes. Marts with equal digests are not read.

    Raises `CommunityMetricsError` when a release is missing.
    """
    folders = release_path(settings, old), release_path(settings, new)
    digests = [{mart["name"]: mart["digest"] for mart in read_manifest(folder)["marts"]} for folder in folders]
    differences: list[MartDifference] = []
    changes: list[CellChange] = []
    with scratch() as connection:
        for catalog, folder in zip(("old", "new"), folders, strict=True):
            connection.execute(f"attach {literal(str((folder / DATABASE_NAME).resolve()))} as {quoted(catalog)} (read_only)")
        for mart in sorted(digests[0].keys() | digests[1].keys()):
            if digests[0].get(mart) != digests[1].get(mart):
                difference, found = _compare_mart(connection, mart, limit - len(changes))
                differences.append(difference)
                changes += found
    listed = sum(difference.added_rows + difference.removed_rows + difference.changed_cells for difference in differences)
    return Comparison(old, new, tuple(differences), tuple(changes), listed == len(changes))


def _compare_mart(connection: DuckDBPyConnection, mart: str, limit: int) -> tuple[MartDifference, list[CellChange]]:
    old, new = (_columns(connection, mart, catalog) for catalog in ("old", "new"))
    if not old or not new:
        return _whole_mart(connection, mart, came=not old), []
    common = [name for name in new if name in old]
    keys = grain_of(mart, common)
    values = [name for name in common if name not in keys]
    tally = _Tally()
    pairs = [(cell_text(f"old_row.{quoted(name)}", old[name]), cell_text(f"new_row.{quoted(name)}", new[name])) for name in values]
    for row in _rows_that_differ(connection, mart, keys, pairs):
        _note(tally, mart, keys, values, row, limit)
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
    connection: DuckDBPyConnection, mart: str, keys: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> Iterator[Sequence[Any]]:
    """Rows of: in old, in new, keys as text, then old and new of every value as text; in the order of the keys."""
    same_key = " and ".join(f"old_row.{quoted(name)} is not distinct from new_row.{quoted(name)}" for name in keys)
    differs = " or ".join(["old_row._here is null", "new_row._here is null", *(f"{old} is distinct from {new}" for old, new in pairs)])
    key_columns = [f"coalesce(old_row.{quoted(name)}, new_row.{quoted(name)})" for name in keys]
    shown = [*(f"{key}::varchar" for key in key_columns), *(side for pair in pairs for side in pair)]
    query = (
        f"select old_row._here is not null, new_row._here is not null, {', '.join(shown)}"
        f" from (select *, true as _here from {mart_relation(mart, 'old')}) as old_row"
        f" full outer join (select *, true as _here from {mart_relation(mart, 'new')}) as new_row on {same_key}"
        f" where {differs} order by {', '.join(key_columns)}"
    )
    cursor = connection.execute(query)
    while batch := cursor.fetchmany(_BATCH_ROWS):
        yield from batch


def _note(tally: _Tally, mart: str, keys: Sequence[str], values: Sequence[str], row: Sequence[Any], limit: int) -> None:
    in_old, in_new = row[0], row[1]
    key = dict(zip(keys, row[2 : 2 + len(keys)], strict=True))
    cells = row[2 + len(keys) :]
    found: list[CellChange]
    if in_old and in_new:
        pairs = zip(values, cells[0::2], cells[1::2], strict=True)
        found = [CellChange(mart, "changed", key, name, old, new) for name, old, new in pairs if old != new]
        tally.cells += len(found)
    elif in_new:
        found = [CellChange(mart, "added", key)]
        tally.added += 1
    else:
        found = [CellChange(mart, "removed", key)]
        tally.removed += 1
    tally.changes += found[: max(0, limit - len(tally.changes))]
