"""What a file is: which template fits, and if none does, which comes closest and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType, ModuleType

from community_metrics.errors import InputError
from community_metrics.sources.readers import discord_export, pages, slack_export, tables, telegram_export
from community_metrics.sources.readers.model import Drift, OpenedFile, RowGroup
from community_metrics.sources.readers.tables import TableMatch
from community_metrics.sources.template_files import Templates, load_templates, templates_of
from community_metrics.sources.templates import Template

SPECIAL_READERS: MappingProxyType[str, ModuleType] = MappingProxyType(
    {"slack_export": slack_export, "telegram_export": telegram_export, "discord_export": discord_export}
)
"""Readers of one platform's own container: `recognises(file)`, `read(file, template, drift)`, `observed_at(file)` if it can tell."""


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
        lacks = ", ".join(map(repr, self.missing))
        return f"the closest template is {self.closest.name}, which needs {lacks} as well"


def recognise(file: OpenedFile, source: str | None = None, account_id: str = "", templates: Templates | None = None) -> Recognition:
    """Decide by the content; with `source`, among the templates of that source only (and those that say why a layout cannot
    be loaded).

    With a source there is always a template if the source has one for this kind of file: whether the file is complete is
    then said by `read_file`. Raises `UsageError` for an unknown source, `InputError` for damage.
    """
    known = templates if templates is not None else load_templates()
    candidates = templates_of(source, known) if source else list(known.values())
    for template in candidates:
        special = SPECIAL_READERS.get(template.reader)
        if special is not None and special.recognises(file):
            return Recognition(template)
    by_pages = [(pages.recognises(file, template), template) for template in candidates if template.reader == "pages"]
    fitting = max(by_pages, key=lambda pair: (pair[0], len(pair[1].signature.fields)), default=(0, None))
    if fitting[0] and fitting[1] is not None:
        return Recognition(fitting[1])
    given = frozenset({"account_id"} if account_id else ())
    scores = _scores(file, [template for template in candidates if template.reader == "table"], given)
    best = max(scores, key=_Score.rank_within_source if source else _Score.rank, default=None)
    if best is not None and (best.is_complete or source):
        return Recognition(best.template, best.matches, best.template, best.missing(given))
    if source and candidates:
        closest = _closest(file, candidates)
        return Recognition(closest, closest=closest)
    return Recognition(None, closest=best.template, missing=best.missing(given), matches=best.matches) if best else Recognition(None)


def _closest(file: OpenedFile, candidates: list[Template]) -> Template:
    """Of a source's templates that all do not fit, the one that says what it expects: of pages the one that finds their error
    code, of tables the mapped one."""
    if file.envelope.kind in pages.KINDS:
        order = [template for template in candidates if template.reader == "pages"]
        order.sort(key=lambda template: not pages.finds_code(file, template))
    else:
        order = [template for template in candidates if template.reader == "table" and template.reject is None]
        order.sort(key=lambda template: not template.is_mapped)
    return order[0] if order else candidates[0]


def observed_at(file: OpenedFile, recognition: Recognition) -> datetime | None:
    """The moment that the file itself says it shows: a workbook's stamp, the pages' `pulled_at`. Raises `InputError`."""
    template = recognition.template
    if template is not None and template.reader == "pages":
        return pages.observed_at(file)
    special = SPECIAL_READERS.get(template.reader) if template is not None else None
    stamp: datetime | None = special.observed_at(file) if special is not None and hasattr(special, "observed_at") else None
    return stamp or file.envelope.created_at


def read_file(file: OpenedFile, recognition: Recognition, account_id: str, drift: Drift) -> Iterator[RowGroup]:
    """The rows of a recognised file. Raises `InputError` when the file cannot be used whole."""
    template = recognition.template
    assert template is not None, "only a recognised file is read"
    check_loadable(file, recognition)
    special = SPECIAL_READERS.get(template.reader)
    if special is not None:
        yield from special.read(file, template, drift)
        return
    if template.reader == "pages":
        yield from pages.read(file, template, drift)
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


def check_loadable(file: OpenedFile, recognition: Recognition) -> None:
    """Raises `InputError` wrong_grain for a layout that is known and cannot be loaded."""
    template = recognition.template
    if template is not None and template.reject is not None:
        raise InputError("wrong_grain", f"this is {template.title_en} ({template.title_zh})", file.name, template.reject)


@dataclass(frozen=True)
class _Score:
    """How well one template of tables fits."""

    template: Template
    matches: tuple[TableMatch, ...]
    is_complete: bool

    def rank(self) -> tuple[bool, int, bool, int]:
        """The best is last: a platform's complete signature, then the most known headers, then the fewest unknown ones.

        The few generic headers of a mapped file prove nothing where another layout knows more of them: orders whose
        `order_id` has been renamed are no members.
        """
        best = max(self.matches, key=lambda match: match.hits)
        return self.is_complete and not self.template.is_mapped, best.hits, self.is_complete, -len(best.unknown)

    def rank_within_source(self) -> tuple[bool, int, int]:
        """The same where the source is known: what is complete comes before what is not."""
        best = max(self.matches, key=lambda match: match.hits)
        return self.is_complete, best.hits, -len(best.unknown)

    def missing(self, given: frozenset[str]) -> tuple[str, ...]:
        return tuple(tables.missing_headers(self.template, self.matches[0], given, only_signature=True))


def _scores(file: OpenedFile, templates: list[Template], given: frozenset[str]) -> Iterator[_Score]:
    """Each template that knows any header."""
    for template in templates:
        matches = tables.match_file(template, file.envelope.tables)
        if matches:
            yield _Score(template, tuple(matches), tables.is_complete(matches[0], given))
