"""Which files came and went between two releases, and what each did: brought late rows, restated rows, or took rows or people away.

A row is late when its key stood in no file of the earlier release, although that release knew its day; restated when the key did
stand there and the new version wins and says something else. A row that only repeats what was known did nothing, nor did one
of a day to come. That is read from the lake's files themselves, for the streams that are versioned by key. An observation (a
list, a lifetime counter) has no versions: it is restated when the same account had one of the same date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import LakeFile
from community_metrics.releases.marts import literal, quoted, scratch
from community_metrics.settings import Settings
from community_metrics.sources.registry import SNAPSHOT, StreamDefinition, load_registry
from community_metrics.warehouse.control import ACTIVITY_STREAMS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kind = Literal["late_rows", "restated_file", "erasure", "withdrawn_file", "file_read_anew"]
Stream = tuple[str, str]
_NOT_CONTENT = ("updated_at",)


@dataclass(frozen=True)
class FileNews:
    """What one landing did to one stream. `first_date`: the earliest business date that it can concern; None: any date."""

    kind: Kind
    stream: Stream
    landing_id: str
    sha256: str
    account: str
    first_date: date | None
    remark: str | None = None


@dataclass(frozen=True)
class _Landed:
    landing_id: str
    revision: int
    sha256: str
    account: str


def read_file_news(
    settings: Settings, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], until: date | None
) -> list[FileNews]:
    """What differs between the inputs of two manifests. Rows dated after `until` are not looked at where a row's date is a fact.

    Files that the lake no longer holds are told as both late and restated: nobody can say which.
    """
    before, after = ({(entry["landing_id"], entry["revision"]): _landed(entry) for entry in entries} for entries in (old, new))
    came, went = after.keys() - before.keys(), before.keys() - after.keys()
    anew = {landing_id for landing_id, _ in came} & {landing_id for landing_id, _ in went}
    with Ledger(settings.ledger_path) as ledger:
        new_files = [file for file in ledger.lake_files_of(came) if not _is_after(file, until)]
        gone_files = [file for file in ledger.lake_files_of(went) if not _is_after(file, until)]
        streams = {(file.source, file.stream) for file in new_files if file.landing_id not in anew}
        old_files = [file for file in ledger.lake_files_of(before) if (file.source, file.stream) in streams]
        known = ledger.known_until(before)
        erased = ledger.erased_revisions()
        remarks = {landing.landing_id: _remark(landing.status, landing.reason) for landing in ledger.landings_by_id(key for key, _ in went)}
    landed = {**before, **after}
    news: list[FileNews] = []
    for stream in sorted(streams):
        until_date = known.get(known_source(stream)) if is_dated(_definition(stream)) else None
        of_new, of_old = ([file for file in files if (file.source, file.stream) == stream] for files in (new_files, old_files))
        news += _came(settings, stream, [file for file in of_new if file.landing_id not in anew], of_old, landed, until_date)
    # A revision in which somebody stood who has been erased since is gone for that reason, whatever became of the file.
    gone_with_people = {landing_id for landing_id, revision in went if revision <= erased.get(landing_id, 0)}
    news += _whole("erasure", [file for file in (*new_files, *gone_files) if file.landing_id in gone_with_people], landed, {})
    again = [file for file in (*new_files, *gone_files) if file.landing_id in anew - gone_with_people]
    news += _whole("file_read_anew", again, landed, {})
    news += _whole("withdrawn_file", [file for file in gone_files if file.landing_id not in anew | gone_with_people], landed, remarks)
    return news


def is_dated(stream: StreamDefinition) -> bool:
    """Whether a row's business date is the day of the fact, so that nothing before that day can depend on it."""
    return stream.replaces == "rows" and stream.date_column != SNAPSHOT


def known_source(stream: Stream) -> str:
    """The source whose days a stream makes known."""
    return _definition(stream).known_source


def _definition(stream: Stream) -> StreamDefinition:
    return load_registry()[stream[0]].stream(stream[1])


def _is_after(file: LakeFile, until: date | None) -> bool:
    return until is not None and file.business_date > until and is_dated(_definition((file.source, file.stream)))


def _landed(entry: Mapping[str, Any]) -> _Landed:
    return _Landed(entry["landing_id"], entry["revision"], entry["sha256"], entry["account"])


def _remark(status: str, reason: str | None) -> str:
    return f"{status}: {reason}" if reason else status


def _whole(kind: Kind, files: Iterable[LakeFile], landed: Mapping[tuple[str, int], _Landed], remarks: Mapping[str, str]) -> list[FileNews]:
    """Files that count with all their rows."""
    first: dict[tuple[Stream, str], date] = {}
    of: dict[str, _Landed] = {}
    for file in files:
        key = ((file.source, file.stream), file.landing_id)
        first[key] = min(first.get(key, file.business_date), file.business_date)
        of[file.landing_id] = landed[file.landing_id, file.revision]
    return [_news(kind, stream, of[landing_id], day, remarks.get(landing_id)) for (stream, landing_id), day in sorted(first.items())]


def _news(kind: Kind, stream: Stream, landing: _Landed, day: date, remark: str | None = None) -> FileNews:
    first_date = day if is_dated(_definition(stream)) else None
    return FileNews(kind, stream, landing.landing_id, landing.sha256, landing.account, first_date, remark)


def _came(
    settings: Settings,
    stream: Stream,
    new: Sequence[LakeFile],
    old: Sequence[LakeFile],
    landed: Mapping[tuple[str, int], _Landed],
    known_until: date | None,
) -> list[FileNews]:
    """`known_until`: the last date that the earlier release knew of the stream; None for one that has no dates, or was not known."""
    if _definition(stream).replaces == "observation":
        seen = {(landed[file.landing_id, file.revision].account, file.business_date) for file in old}
        is_known = [(landed[file.landing_id, file.revision].account, file.business_date) in seen for file in new]
        late = [file for file, known in zip(new, is_known, strict=True) if not known]
        return _whole("late_rows", late, landed, {}) + _whole("restated_file", [file for file in new if file not in late], landed, {})
    if any(not (settings.home / file.path).exists() for file in (*new, *old)):
        return _whole("late_rows", new, landed, {}) + _whole("restated_file", new, landed, {})
    definition = _definition(stream)
    with scratch() as connection:
        _load_rows(connection, settings, definition, "new_rows", new, landed)
        if stream in ACTIVITY_STREAMS:
            # Their history is the heavy part: only the dates on which a version of the same row may lie.
            dates = {file.business_date for file in new} | _moved_from(connection, settings, stream)
            old = [file for file in old if file.business_date in dates]
        # And of all of it only the rows that have a version among the new ones.
        _load_rows(connection, settings, definition, "old_rows", old, landed, versions_of="new_rows")
        found = _compare_keys(connection, definition, known_until)
    revisions = {file.landing_id: file.revision for file in new}
    news = []
    for landing_id, late_date, restated_date in found:
        landing = landed[landing_id, revisions[landing_id]]
        if late_date is not None:
            news.append(_news("late_rows", stream, landing, late_date))
        if restated_date is not None:
            news.append(_news("restated_file", stream, landing, restated_date))
    return news


def _moved_from(connection: DuckDBPyConnection, settings: Settings, stream: Stream) -> set[date]:
    """The dates between which events of `new_rows` have moved, as the warehouse knows; none while somebody else has it open."""
    import duckdb

    if stream != ("events", "events") or not settings.warehouse_path.exists():
        return set()
    try:
        connection.execute(f"attach {literal(str(settings.warehouse_path))} as working (read_only)")
        moved = connection.execute(
            "select business_date, moved_to from working.intermediate.int_activity__moved_events"
            " semi join new_rows using (platform, account_id, event_id)"
        ).fetchall()
    except duckdb.Error:
        return set()
    return {day for dates in moved for day in dates}


def _compare_keys(
    connection: DuckDBPyConnection, stream: StreamDefinition, known_until: date | None
) -> list[tuple[str, date | None, date | None]]:
    """(landing, earliest date of its late rows, earliest date of its restated ones, where they stand now or stood before)."""
    keys = ", ".join(quoted(name) for name in stream.key)
    same = " and ".join(f"news.{quoted(name)} = known.{quoted(name)}" for name in stream.key)
    return connection.execute(
        f"""
        with known as (
            select * from old_rows
            qualify row_number() over (partition by {keys} order by updated_at desc, snapshot_at desc, sha256 desc, row_no desc) = 1
        ),
        told as (
            select
                news.landing_id,
                case when known.sha256 is null and ($1 is null or news.row_date <= $1) then news.row_date end as late_date,
                case
                    when news.content <> known.content
                    and (news.updated_at, news.snapshot_at, news.sha256, news.row_no)
                        > (known.updated_at, known.snapshot_at, known.sha256, known.row_no)
                    then least(news.row_date, known.row_date)
                end as restated_date
            from new_rows as news left join known on {same}
        )
        select landing_id, min(late_date), min(restated_date) from told group by landing_id order by landing_id
        """,
        [known_until],
    ).fetchall()


def _load_rows(
    connection: DuckDBPyConnection,
    settings: Settings,
    stream: StreamDefinition,
    table: str,
    files: Sequence[LakeFile],
    landed: Mapping[tuple[str, int], _Landed],
    versions_of: str | None = None,
) -> None:
    """Key, version, hash of the content and business date (`row_date`) of every row of the files that belongs to one of the landings.

    `versions_of`: a table made by this, to whose keys the rows are limited.
    """
    names = [column.name for column in stream.stored_columns]
    # With the table's name: the key of daily figures has a `business_date` of its own.
    keys = ", ".join(f"lake_rows.{quoted(name)}" for name in stream.key)
    content = ", ".join(f"lake_rows.{quoted(name)}" for name in names if name not in (*_NOT_CONTENT, *stream.key)) or "''"
    updated_at = "coalesce(updated_at, '')" if "updated_at" in names else "''"
    paths = [str(settings.home / file.path) for file in files]
    shared = [
        (path, landed[file.landing_id, file.revision].sha256, file.landing_id, file.business_date)
        for path, file in zip(paths, files, strict=True)
    ]
    schema = settings.lake / stream.source / stream.name / "schema.parquet"
    listed = ", ".join(literal(path) for path in [str(schema), *sorted(set(paths))])
    same_key = " and ".join(f"lake_rows.{quoted(name)} = wanted.{quoted(name)}" for name in stream.key)
    limit = f"semi join {versions_of} as wanted on {same_key}" if versions_of else ""
    connection.execute("create or replace temp table files (path varchar, sha256 varchar, landing_id varchar, row_date date)")
    if shared:
        connection.executemany("insert into files values (?, ?, ?, ?)", shared)
    connection.execute(
        f"""
        create temp table {table} as
        select
            {keys}, hash({content}) as content, {updated_at} as updated_at, _snapshot_at as snapshot_at, _file_sha256 as sha256,
            _row_no as row_no, files.landing_id, files.row_date
        from read_parquet([{listed}], hive_partitioning = false, filename = true) as lake_rows
        inner join files on lake_rows.filename = files.path and lake_rows._file_sha256 = files.sha256
        {limit}
        """
    )
