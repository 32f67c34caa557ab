"""What a file is: which template fits, and if none does, which comes closest and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.personal import looks_personal
from community_metrics.sources.readers import slack_export, tables, wecom_groupchat
from community_metrics.sources.readers.model import Drift, OpenedFile, SourceBatch
from community_metrics.sources.readers.tables import TableMatch
from community_metrics.sources.templates import Template, load_templates, templates_of

_SPECIAL_READERS = {"wecom_groupchat": wecom_groupchat, "slack_export": slack_export}


@dataclass(frozen=True)
class Recognition:
    """The template of a file, or the closest one and why it does not fit.

    `matches`: the tables that the template's header was found in, if it is a template of tables.
    """

    template: Template | None
    matches: tuple[TableMatch, ...] = ()
    closest: Template | None = None
    missing: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """In a sentence."""
        if self.template is not None:
            return f"it is {self.template.title_en} ({self.template.name})"
        if self.closest is None:
            return "no template knows this kind of file or any of its headers"
        lacks = ", ".join(repr(header) for header in self.missing)
        return f"the closest template is {self.closest.name}, which needs {lacks} as well"


@dataclass(frozen=True)
class ColumnExplanation:
    """One header of a file. `treatment`: kept, hashed (an identifier), dropped (personal) or extra (kept beside the columns)."""

    header: str
    column: str | None
    treatment: str


@dataclass(frozen=True)
class Explanation:
    """What `doctor FILE` says: recognised as what and why, column by column."""

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

    @property
    def is_recognised(self) -> bool:
        return self.template is not None and not self.missing

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        created = self.created_at.isoformat() if self.created_at else None
        return {**asdict(self), "created_at": created, "is_recognised": self.is_recognised}


def recognise(file: OpenedFile, source: str | None = None, account_id: str = "") -> Recognition:
    """Decide by the content; with `source`, among the templates of that source only.

    With a source there is always a template if the source has one for this kind of file: whether the file is complete is
    then said by `read_file`. Raises `UsageError` for an unknown source, `InputError` for damage.
    """
    candidates = templates_of(source) if source else list(load_templates().values())
    for template in candidates:
        special = _SPECIAL_READERS.get(template.reader)
        if special is not None and special.recognises(file):
            return Recognition(template)
    given = frozenset({"account_id"} if account_id else ())
    scored = sorted(_score(file, [template for template in candidates if template.reader == "table"], given), key=lambda score: score[:2])
    if source:
        fallback = Recognition(candidates[0], closest=candidates[0]) if candidates else Recognition(None)
        return _chosen(max(scored, key=lambda score: (score[1], score[0])), given) if scored else fallback
    if not scored:
        return Recognition(None)
    best = scored[-1]
    if best[1]:
        return _chosen(best, given)
    missing = tables.missing_headers(best[2], best[3][0], given, only_signature=True)
    return Recognition(None, closest=best[2], missing=tuple(column.headers[0] for column in missing), matches=best[3])


def observed_at(file: OpenedFile, recognition: Recognition) -> datetime | None:
    """The moment that the file itself says it shows: a workbook's stamp, the pages' `pulled_at`. Raises `InputError`."""
    if recognition.template is not None and recognition.template.reader == "wecom_groupchat" and file.envelope.kind in ("json", "jsonl"):
        return wecom_groupchat.observed_at(file)
    return file.envelope.created_at


def read_file(file: OpenedFile, recognition: Recognition, account_id: str, drift: Drift) -> Iterator[SourceBatch]:
    """The rows of a recognised file, by stream. Raises `InputError` when the file cannot be used whole."""
    template = recognition.template
    assert template is not None, "only a recognised file is read"
    special = _SPECIAL_READERS.get(template.reader)
    if special is not None:
        yield from special.read(file, template, drift)
        return
    given = frozenset({"account_id"} if account_id else ())
    if not file.envelope.tables:
        raise InputError(
            "unexpected_layout",
            f"a {file.envelope.kind} file stands where a table is expected",
            file.name,
            "save it as CSV, JSON Lines (one object a line), Parquet or xlsx",
        )
    for match in recognition.matches or (None,):
        tables.check_match(template, match, given, file.name)
    yield from tables.read(file, template, recognition.matches, drift)


def explain(path: Path, limits: Limits, source: str | None = None, account_id: str = "") -> Explanation:
    """Say what a file would be recognised as, and why. Never raises for the file's content."""
    given = frozenset({"account_id"} if account_id else ())
    try:
        file = OpenedFile.open(path, path.name, limits)
        recognition = recognise(file, source, account_id)
        created_at = observed_at(file, recognition)
    except InputError as error:
        return Explanation(str(path), error.what, error.remedy, source=source)
    message, missing = recognition.reason, recognition.missing
    remedy = "" if recognition.template else "name its source with --source, or map the file to one of the input contracts"
    template = recognition.template or recognition.closest
    match = recognition.matches[0] if recognition.matches else None
    if recognition.template is not None and recognition.template.reader == "table":
        try:
            tables.check_match(recognition.template, match, given, path.name)
        except InputError as error:
            message, remedy = error.what, error.remedy
            missing = tuple(column.headers[0] for column in tables.missing_headers(recognition.template, match, given))
    return Explanation(
        path=str(path),
        message=message,
        remedy=remedy,
        kind=file.envelope.kind,
        encoding=file.envelope.encoding,
        created_at=created_at,
        source=recognition.template.source if recognition.template else source,
        template=recognition.template.name if recognition.template else None,
        header_row=match.header_row if match else None,
        columns=tuple(_explain_columns(template, match)) if template and match else (),
        missing=missing,
    )


_Score = tuple[int, bool, Template, tuple[TableMatch, ...]]


def _score(file: OpenedFile, templates: list[Template], given: frozenset[str]) -> Iterator[_Score]:
    """(hits, signature is complete, template, its matches, best first) of each template that knows any header."""
    for template in templates:
        matches = [match for table in file.envelope.tables if (match := tables.match_table(template, table)) is not None]
        if matches:
            complete = [match for match in matches if not tables.missing_headers(template, match, given, only_signature=True)]
            best = max(complete or matches, key=lambda match: match.hits)
            yield best.hits, bool(complete), template, tuple(complete or [best])


def _chosen(score: _Score, given: frozenset[str]) -> Recognition:
    _, _, template, matches = score
    missing = tables.missing_headers(template, matches[0], given, only_signature=True)
    return Recognition(template, matches, template, tuple(column.headers[0] for column in missing))


def _explain_columns(template: Template, match: TableMatch) -> Iterator[ColumnExplanation]:
    definition = template.table.definition
    for index, header in enumerate(match.headers):
        if not header:
            continue
        column = match.columns.get(index)
        if column is not None:
            yield ColumnExplanation(header, column, "hashed" if definition.column(column).namespace else "kept")
        else:
            yield ColumnExplanation(header, None, "dropped" if looks_personal(header) else "extra")
