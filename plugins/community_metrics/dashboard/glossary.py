"""The glossary page: every entry of the metric registry in words, with an anchor of its own name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from community_metrics.metrics import wording
from community_metrics.metrics.entries import Entry, Metric, Registry, Text

PAGE = "glossary"

# As the pages of the site tell the story; domains that are not named here follow, and dimensions come last.
ORDER = ("growth", "activity", "lifecycle", "retention", "stickiness", "segments", "funnel", "conversion", "repurchase", "ltv", "content")

Words = Mapping[str, str]


@dataclass(frozen=True)
class Term:
    """One entry as it is shown. `facts`: pairs of a heading and what is said under it."""

    name: str
    label: Words
    definition: Words
    formula: str | None
    facts: tuple[tuple[Words, Words], ...]
    places: tuple[str, ...]
    changes: tuple[tuple[int, str], ...]
    search: str


@dataclass(frozen=True)
class Chapter:
    """A domain of the registry."""

    name: str
    label: Words
    marts: tuple[tuple[str, Words, Words], ...]
    terms: tuple[Term, ...]


def chapters(registry: Registry) -> list[Chapter]:
    """Domains in the order of reading, those with metrics first; in each, metrics before dimensions."""
    found = []
    for domain in registry.domains.values():
        marts = tuple(
            (mart.name, _words(mart.label), _words(mart.definition)) for mart in registry.marts.values() if mart.domain == domain.name
        )
        terms = tuple(_term(entry, registry) for entry in registry.entries() if entry.domain == domain.name)
        found.append(Chapter(domain.name, _words(domain.label), marts, terms))
    counted = {metric.domain for metric in registry.metrics.values()}
    rank = {name: position for position, name in enumerate(ORDER)}
    return sorted(found, key=lambda chapter: (chapter.name not in counted, rank.get(chapter.name, len(rank))))


def _term(entry: Entry, registry: Registry) -> Term:
    facts: list[tuple[Text, Text]] = [(Text("类型", "Kind"), wording.kind(entry, registry))]
    if isinstance(entry, Metric):
        facts += [
            (Text("可加性", "Adds up"), wording.additivity(entry, registry)),
            (Text("方向", "Direction"), wording.direction(entry)),
        ]
    values = wording.allowed(entry)
    if values is not None:
        facts.append((Text("取值", "Values"), Text(*("、".join(getattr(entry, "values", ())),) * 2)))
    if entry.null_when is not None:
        facts.append((Text("何时为空", "Unknown when"), entry.null_when))
    if isinstance(entry, Metric):
        facts.append((Text("负责", "Owner"), Text(entry.owner, entry.owner)))
    searched: list[Any] = [entry.name, entry.label.zh, entry.label.en, entry.definition.zh, entry.definition.en]
    searched += [str(place) for place in entry.places]
    return Term(
        name=entry.name,
        label=_words(entry.label),
        definition=_words(entry.definition),
        formula=entry.formula if isinstance(entry, Metric) else None,
        facts=tuple((_words(heading), _words(said)) for heading, said in facts),
        places=tuple(map(str, entry.places)),
        changes=tuple(sorted(entry.changelog.items(), reverse=True)) if isinstance(entry, Metric) else (),
        search=" ".join(searched).casefold(),
    )


def _words(text: Text) -> Words:
    return {"zh": text.zh, "en": text.en}
