"""Why a number differs between two releases: decided from what differs between their manifests, never guessed.

Files that came or went reach the marts that descend from their streams, from their earliest date on; a definition the marts
below it; SQL the marts whose SQL it is; a metric's version its own column; zone, week start and engine every mart. Where
several reach a cell and cannot be told apart, the cause names all of them. Where none does although the cell differs, it is
`unexplained`: that is a fault of this program, not of the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from community_metrics.metrics.registry import project_registry
from community_metrics.releases.file_news import FileNews, known_source, read_file_news
from community_metrics.settings import Settings
from community_metrics.warehouse.lineage import IDENTITY, Stream, ancestries

CAUSES = (
    "late_rows",
    "restated_file",
    "erasure",
    "withdrawn_file",
    "identity_change",
    "definition_version",
    "bug_fix_release",
    "settings_change",
    "file_read_anew",
    "put_aside",
    "rollback",
    "unexplained",
)
COMPLETED = "completed"
"""Of a cell that was not known, or whose period was not over, in the earlier release: no restatement."""

OF_ARRIVAL = "mart_data_status"
"""Tells of rows that were put aside and of files that are held, too, which are no inputs of anything else."""

JOINED = "+"
_EVIDENCE_SHOWN = 20


@dataclass(frozen=True)
class Explanation:
    """`cause`: one of `CAUSES`, or several joined by `+`; `evidence`: a JSON list with one object for each thing that changed."""

    cause: str
    evidence: str


@dataclass(frozen=True)
class Change:
    """One thing that differs between two manifests. None of `marts`, `metric`, `source`, `first_date`: it limits nothing."""

    cause: str
    evidence: tuple[tuple[str, str | None], ...]
    marts: frozenset[str] | None = None
    metric: str | None = None
    source: str | None = None
    first_date: date | None = None
    is_file: bool = False

    def reaches(self, mart: str, metric: str | None, source: str | None) -> bool:
        return (
            (self.marts is None or mart in self.marts)
            and (self.metric is None or self.metric == metric)
            and (self.source is None or source is None or self.source == source)
        )


class Explainer:
    """Explains cells that differ between the releases of two manifests, the earlier one first.

    `until`: the last date on which any of the cells can depend, None for any: files are read no further.
    """

    def __init__(self, settings: Settings, old: Mapping[str, Any], new: Mapping[str, Any], until: date | None = None) -> None:
        self._settings, self._old, self._new, self._until = settings, old, new, until
        self._known: dict[tuple[Change, ...], Explanation] = {}

    def explain(self, mart: str, column: str, last_date: date | None, source: str | None = None) -> Explanation:
        """Why a cell differs. `last_date`: the last date that its value depends on, None where that has no end; `source`: of a
        mart about sources, the one that the row is about."""
        metric = project_registry().metric_of(mart, column)
        reaching = [change for change in self.changes if change.reaches(mart, metric.name if metric else None, source)]
        in_time = [change for change in reaching if change.first_date is None or last_date is None or change.first_date <= last_date]
        # What a mart reads is told from its models' text; a way that is not seen there is no reason to say nothing of a file.
        chosen = tuple(in_time or reaching or (change for change in self.changes if change.is_file))
        if chosen not in self._known:
            self._known[chosen] = _explanation(chosen)
        return self._known[chosen]

    @cached_property
    def raised_metrics(self) -> frozenset[str]:
        """The metrics whose version differs: only their cells are explained by it."""
        return frozenset(change.metric for change in self._definition_changes() if change.metric is not None)

    @cached_property
    def changes(self) -> list[Change]:
        """Everything that differs between the two manifests."""
        return [*self._settings_changes(), *self._definition_changes(), *self._code_changes(), *self._file_changes()]

    def _settings_changes(self) -> Iterator[Change]:
        for name in ("timezone", "week_start"):
            old, new = self._old.get(name), self._new.get(name)
            if old != new:
                yield Change("settings_change", (("setting", name), ("old", old), ("new", new)))

    def _definition_changes(self) -> Iterator[Change]:
        old, new = self._old.get("definitions", {}), self._new.get("definitions", {})
        for seed in sorted(new if old else ()):
            if old.get(seed) != new[seed]:
                marts = frozenset(mart for mart, ancestry in ancestries().items() if seed in ancestry.seeds)
                yield Change("definition_version", (("definition", seed), ("old", old.get(seed)), ("new", new[seed])), marts)
        versions = self._old.get("metrics", {})
        for name, version in sorted(self._new.get("metrics", {}).items()):
            if name in versions and versions[name] != version:
                metric = project_registry().metrics.get(name)
                said = metric.changelog.get(version) if metric else None
                evidence = (("metric", name), ("old", f"v{versions[name]}"), ("new", f"v{version}"), ("changelog", said))
                yield Change("definition_version", evidence, metric=name)

    def _code_changes(self) -> Iterator[Change]:
        versions = (("old", self._old.get("code_version")), ("new", self._new.get("code_version")))
        before = self._old.get("sql")
        if before is None:  # written by a program that did not record it, so by another one
            yield Change("bug_fix_release", versions)
            return
        changed = frozenset(mart for mart, code in self._new.get("sql", {}).items() if before.get(mart) != code)
        if changed:
            yield Change("bug_fix_release", versions, changed)
        engines = (("old", self._old.get("engine")), ("new", self._new.get("engine")))
        if engines[0][1] != engines[1][1]:
            yield Change("bug_fix_release", engines)

    def _file_changes(self) -> Iterator[Change]:
        if self._old.get("timezone") != self._new.get("timezone"):
            return  # the lake was made anew for the new zone, which is said already
        identities = self._old.get("identity"), self._new.get("identity")
        told_apart = identities[0] is not None and identities[1] is not None
        of_identity = frozenset(stream for model in IDENTITY for stream in ancestries()[model].streams)
        below_identity = frozenset(mart for mart, ancestry in ancestries().items() if ancestry.models & set(IDENTITY))
        for news in read_file_news(self._settings, self._old["inputs"], self._new["inputs"], self._until):
            evidence = _evidence_of(news)
            if news.stream in of_identity and (identities[0] != identities[1] or not told_apart):
                cause = "erasure" if news.kind == "erasure" else "identity_change"
                yield Change(cause, evidence, below_identity, is_file=True)
            if news.stream[0] != "identity_links":
                yield Change(news.kind, evidence, _marts_below(news.stream), None, known_source(news.stream), news.first_date, is_file=True)
        aside = self._old.get("put_aside"), self._new.get("put_aside")
        if aside[0] != aside[1]:
            yield Change("put_aside", (("old", aside[0]), ("new", aside[1])), frozenset({OF_ARRIVAL}))


def _marts_below(stream: Stream) -> frozenset[str]:
    return frozenset(mart for mart, ancestry in ancestries().items() if stream in ancestry.streams)


def _evidence_of(news: FileNews) -> tuple[tuple[str, str | None], ...]:
    facts = (("source", news.stream[0]), ("account", news.account), ("sha256", news.sha256))
    return (*facts, ("remark", news.remark)) if news.remark else facts


def _explanation(changes: Sequence[Change]) -> Explanation:
    if not changes:
        return Explanation("unexplained", "[]")
    causes = [cause for cause in CAUSES if any(change.cause == cause for change in changes)]
    pieces = list(dict.fromkeys((change.cause, change.evidence) for change in changes))
    listed: list[dict[str, Any]] = [{"cause": cause, **dict(evidence)} for cause, evidence in pieces[:_EVIDENCE_SHOWN]]
    if len(pieces) > _EVIDENCE_SHOWN:
        listed.append({"more": len(pieces) - _EVIDENCE_SHOWN})
    return Explanation(JOINED.join(causes), json.dumps(listed, ensure_ascii=False))
