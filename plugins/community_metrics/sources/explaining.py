"""What `doctor FILE` says of a file: recognised as what and why, column by column, or what comes closest and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.detection import Recognition, check_loadable, observed_at, recognise
from community_metrics.sources.personal import looks_personal
from community_metrics.sources.readers import tables
from community_metrics.sources.readers.model import OpenedFile
from community_metrics.sources.readers.tables import TableMatch
from community_metrics.sources.template_files import Templates
from community_metrics.sources.templates import StreamTemplate, Template, header_key


@dataclass(frozen=True)
class ColumnExplanation:
    """One header or field of a file. `treatment`: kept, hashed (an identifier), dropped (personal) or extra (kept beside the
    columns); `stream`: where the column goes."""

    header: str
    column: str | None
    treatment: str
    stream: str | None = None


@dataclass(frozen=True)
class Explanation:
    """What a file is. `remedy` is empty when nothing is to be done."""

    path: str
    message: str
    remedy: str = ""
    kind: str | None = None
    encoding: str | None = None
    created_at: datetime | None = None
    source: str | None = None
    template: str | None = None
    header_row: int | None = None
    columns: tuple[ColumnExplanation, ...] = ()
    missing: tuple[str, ...] = ()
    is_loadable: bool = True

    @property
    def is_recognised(self) -> bool:
        return self.template is not None and not self.missing and self.is_loadable

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        created = self.created_at.isoformat() if self.created_at else None
        return {**asdict(self), "created_at": created, "is_recognised": self.is_recognised}


def explain(path: Path, limits: Limits, source: str | None = None, account_id: str = "", templates: Templates | None = None) -> Explanation:
    """Say what a file would be recognised as, and why. Never raises for the file's content."""
    try:
        file = OpenedFile.open(path, path.name, limits)
        recognition = recognise(file, source, account_id, templates)
        created_at = observed_at(file, recognition)
    except InputError as error:
        return Explanation(str(path), error.what, error.remedy, source=source, is_loadable=False)
    message, remedy, missing, is_loadable = _verdict(file, recognition, account_id)
    template = recognition.template or recognition.closest
    return Explanation(
        path=str(path),
        message=message,
        remedy=remedy,
        kind=file.envelope.kind,
        encoding=file.envelope.encoding,
        created_at=created_at,
        source=recognition.template.source if recognition.template else source,
        template=recognition.template.name if recognition.template else None,
        header_row=recognition.matches[0].header_row if recognition.matches else None,
        columns=tuple(_columns(template, recognition.matches)) if template else (),
        missing=missing,
        is_loadable=is_loadable,
    )


def _verdict(file: OpenedFile, recognition: Recognition, account_id: str) -> tuple[str, str, tuple[str, ...], bool]:
    """Message, remedy, what is missing, whether it can be loaded."""
    template = recognition.template
    if template is None:
        return (
            recognition.reason,
            "name its source with --source, or map the file to one of the input contracts",
            recognition.missing,
            False,
        )
    given = frozenset({"account_id"} if account_id else ())
    try:
        check_loadable(file, recognition)
        if template.reader == "table":
            for match in recognition.matches or (None,):
                tables.check_match(template, match, given, file.name)
    except InputError as error:
        match = recognition.matches[0] if recognition.matches else None
        return error.what, error.remedy, tuple(tables.missing_headers(template, match, given)), False
    return recognition.reason, "", recognition.missing, True


def _columns(template: Template, matches: tuple[TableMatch, ...]) -> Iterator[ColumnExplanation]:
    if template.reader == "pages":
        for stream in template.streams:
            for column in stream.columns:
                if column.path:
                    yield ColumnExplanation(" or ".join(column.path), column.name, _treatment(stream, column.name), stream.definition.name)
        return
    for match in matches:
        for index, header in enumerate(match.headers):
            if header:
                yield from _headers(match, index, header)


def _headers(match: TableMatch, index: int, header: str) -> Iterator[ColumnExplanation]:
    if index not in match.known:
        yield ColumnExplanation(header, None, "dropped" if looks_personal(header) else "extra")
        return
    key = header_key(header)
    fed = [(stream, column.name) for stream in match.template.streams if (column := stream.columns_by_header.get(key)) is not None]
    for stream, column_name in fed:
        yield ColumnExplanation(header, column_name, _treatment(stream, column_name), stream.definition.name)
    if not fed:
        yield ColumnExplanation(header, None, "kept")


def _treatment(stream: StreamTemplate, column: str) -> str:
    return "hashed" if stream.definition.column(column).namespace else "kept"
