"""Reads `metrics/*.yml`, one file per domain, and refuses what is not one definition in one place.

`docs/adding-a-metric.md` explains the form. Every error names file, entry and field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml

from community_metrics.errors import SettingsError
from community_metrics.metrics.entries import (
    PLATFORMS,
    Bounds,
    Dimension,
    DimensionKind,
    Direction,
    Domain,
    Entry,
    Kind,
    Mart,
    Metric,
    OverDates,
    Place,
    Registry,
    Severity,
    Text,
)
from community_metrics.settings import PROJECT_ROOT
from community_metrics.yaml_text import Loader

FOLDER = PROJECT_ROOT / "metrics"
UNITS = "units.yml"
PAGE = "docs/adding-a-metric.md"

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_FILE_KEYS = {"domain", "owner", "marts", "metrics", "dimensions"}
_MART_KEYS = {"label", "definition", "grain"}
_SHARED_KEYS = {"label", "definition", "kind", "bounds", "null_when", "stands_in"}
_METRIC_KEYS = _SHARED_KEYS | {
    *("short", "formula", "unit", "over_dates", "adds_over", "direction", "numerator", "denominator", "owner", "changelog"),
}
_DIMENSION_KEYS = _SHARED_KEYS | {"values"}
_COUNTED_FROM_ZERO = {"count", "ratio", "duration"}
_FRACTIONS = {"share", "index"}


@cache
def project_registry() -> Registry:
    """The project's own registry. Raises as `load_registry` does."""
    return load_registry(FOLDER)


def load_registry(folder: Path) -> Registry:
    """Read all files of a folder. Raises `SettingsError` naming file, entry and field."""
    units_file = _Node(_read(folder / UNITS), f"{folder.name}/{UNITS}")
    units = {name: node.text() for name, node in units_file.children()}
    domains: dict[str, Domain] = {}
    marts: dict[str, Mart] = {}
    metrics: dict[str, Metric] = {}
    dimensions: dict[str, Dimension] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name == UNITS:
            continue
        file = _Node(_read(path), f"{folder.name}/{path.name}")
        file.refuse_unknown(_FILE_KEYS)
        domain = Domain(path.stem, file.child("domain").text(), file.word("owner"))
        domains[domain.name] = domain
        for name, node in file.entries("marts"):
            _add(marts, name, _read_mart(name, domain, node), node, "mart")
        for name, node in file.entries("metrics"):
            _add(metrics, name, _read_metric(name, domain, node, units), node, "entry")
        for name, node in file.entries("dimensions"):
            _add(dimensions, name, _read_dimension(name, domain, node), node, "entry")
    registry = Registry(domains, marts, metrics, dimensions, units)
    _check(registry, folder)
    return registry


def _read_mart(name: str, domain: Domain, node: _Node) -> Mart:
    node.refuse_unknown(_MART_KEYS)
    return Mart(name, domain.name, node.child("label").text(), node.child("definition").text(), node.words("grain"))


def _read_metric(name: str, domain: Domain, node: _Node, units: Mapping[str, Text]) -> Metric:
    node.refuse_unknown(_METRIC_KEYS)
    kind: Kind = node.one_of("kind", get_args(Kind))
    unit = node.word("unit") if "unit" in node.value or kind == "count" else None
    if unit is not None and unit not in units:
        raise node.error("unit", f"is not a unit: {unit!r}", f"one of {', '.join(units)}, or add it to {UNITS}")
    over_dates: OverDates = node.one_of("over_dates", get_args(OverDates))
    numerator, denominator = node.word("numerator", ""), node.word("denominator", "")
    if bool(numerator) != bool(denominator):
        raise node.error("numerator", "and `denominator` belong together", "name both, or neither")
    if over_dates == "ratio" and not numerator:
        raise node.error("over_dates", "is `ratio` without numerator and denominator", "name both metrics, or say `never`")
    label = node.child("label").text()
    direction: Direction = node.one_of("direction", get_args(Direction))
    return Metric(
        name=name,
        domain=domain.name,
        label=label,
        short=node.child("short").text() if "short" in node.value else label,
        definition=node.child("definition").text(),
        formula=node.word("formula"),
        kind=kind,
        unit=unit,
        over_dates=over_dates,
        adds_over=node.words("adds_over", ()),
        direction=direction,
        numerator=numerator or None,
        denominator=denominator or None,
        null_when=node.child("null_when").text() if "null_when" in node.value else None,
        bounds=_bounds(node, _usual_bounds(kind)),
        owner=node.word("owner", domain.owner),
        changelog=_changelog(node),
        places=_places(name, node, node.words("stands_in")),
    )


def _read_dimension(name: str, domain: Domain, node: _Node) -> Dimension:
    node.refuse_unknown(_DIMENSION_KEYS)
    return Dimension(
        name=name,
        domain=domain.name,
        label=node.child("label").text(),
        definition=node.child("definition").text(),
        kind=node.one_of("kind", get_args(DimensionKind)),
        values=node.words("values", ()),
        null_when=node.child("null_when").text() if "null_when" in node.value else None,
        bounds=_bounds(node, Bounds()),
        places=_places(name, node, node.words("stands_in", ())),
    )


def _usual_bounds(kind: Kind) -> Bounds:
    if kind in _FRACTIONS:
        return Bounds(0, 1)
    return Bounds(0) if kind in _COUNTED_FROM_ZERO else Bounds()


def _bounds(node: _Node, usual: Bounds) -> Bounds:
    if "bounds" not in node.value:
        return usual
    bounds = node.child("bounds")
    bounds.refuse_unknown({"min", "max", "severity"})
    severity: Severity = bounds.one_of("severity", get_args(Severity), "critical")
    return Bounds(bounds.number("min", usual.minimum), bounds.number("max", usual.maximum), severity)


def _changelog(node: _Node) -> dict[int, str]:
    log = node.child("changelog").value
    versions = list(log) if isinstance(log, dict) else []
    if not versions or versions != list(range(1, len(versions) + 1)) or not all(isinstance(line, str) and line for line in log.values()):
        raise node.error("changelog", "is not a line for every version from 1 on", "write `changelog: {1: 2026-11-22 first definition}`")
    return log


def _places(name: str, node: _Node, said: tuple[str, ...]) -> tuple[Place, ...]:
    places = tuple(Place(*(place.split(".", 1) if "." in place else (place, name))) for place in said)
    if len(set(places)) != len(places):
        raise node.error("stands_in", "names a column twice", "name it once")
    return places


def _add(found: dict[str, Any], name: str, entry: Any, node: _Node, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is not a name", node.where, "use lower-case words joined by _")
    if name in found:
        raise SettingsError(f"a second definition of the {what} {name!r}", node.where, f"the first is in the domain {found[name].domain}")
    found[name] = entry


def _check(registry: Registry, folder: Path) -> None:
    def where(entry: Entry | Mart) -> str:
        return f"{folder.name}/{entry.domain}.yml: {entry.name}"

    for name in set(registry.metrics) & set(registry.dimensions):
        raise SettingsError(f"a second definition of the entry {name!r}", where(registry.dimensions[name]), "rename one of the two")
    taken: dict[Place, Entry] = {}
    for entry in registry.entries():
        for place in entry.places:
            if place.mart not in registry.marts:
                raise SettingsError(
                    f"unknown mart {place.mart!r}", f"{where(entry)}: stands_in", f"add it to `marts:` of a domain ({PAGE})"
                )
            if place in taken:
                raise SettingsError(
                    f"a second definition of {place}", f"{where(entry)}: stands_in", f"the first is {where(taken[place])}: keep one"
                )
            taken[place] = entry
    _refuse_same_words(registry, where)
    for metric in registry.metrics.values():
        for field, other in (("numerator", metric.numerator), ("denominator", metric.denominator)):
            if other is not None and other not in registry.metrics:
                raise SettingsError(f"unknown metric {other!r}", f"{where(metric)}: {field}", "name an entry of `metrics:`")
        known = {PLATFORMS, *registry.marts[metric.home.mart].grain}
        for column in metric.adds_over:
            if column not in known:
                raise SettingsError(
                    f"{column!r} is not in the grain of {metric.home.mart}",
                    f"{where(metric)}: adds_over",
                    f"one of {', '.join(sorted(known))}",
                )
    for mart in registry.marts.values():
        for column in mart.grain:
            if not isinstance(registry.entry(mart.name, column), Dimension):
                raise SettingsError(f"{column!r} is no dimension", f"{where(mart)}: grain", f"add it to `dimensions:` ({PAGE})")


def _refuse_same_words(registry: Registry, where: Callable[[Entry], str]) -> None:
    """Two metrics of one label would be one in every chart, and two of one definition are one metric."""
    said: dict[str, Metric] = {}
    for metric in registry.metrics.values():
        for field, words in (("label", metric.label), ("definition", metric.definition)):
            for language, text in (("zh", words.zh), ("en", words.en)):
                first = said.setdefault(f"{field} {language} {text.casefold()}", metric)
                if first is not metric:
                    raise SettingsError(
                        f"says the same as {first.name}: {text!r}", f"{where(metric)}: {field}.{language}", "keep one, or say what differs"
                    )


class _Node:
    """A mapping of a file, and where it stands."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise SettingsError("must be a mapping", where, f"see {PAGE}")
        self.value, self.where = value, where

    def error(self, field: str, what: str, remedy: str) -> SettingsError:
        return SettingsError(f"`{field}` {what}", f"{self.where}: {field}", remedy)

    def refuse_unknown(self, known: set[str]) -> None:
        for key in self.value:
            if key not in known:
                raise SettingsError(f"unknown key {key!r}", self.where, f"known keys: {', '.join(sorted(known))}")

    def children(self) -> Iterator[tuple[str, _Node]]:
        for name, value in self.value.items():
            yield str(name), _Node(value, f"{self.where}: {name}")

    def entries(self, field: str) -> Iterator[tuple[str, _Node]]:
        """The entries of a section, named as if they stood in the file itself."""
        yield from _Node(self.value.get(field, {}), self.where).children()

    def child(self, field: str) -> _Node:
        if field not in self.value:
            raise self.error(field, "is missing", f"see {PAGE}")
        return _Node(self.value[field], f"{self.where}: {field}")

    def text(self) -> Text:
        if set(self.value) != {"zh", "en"} or not all(isinstance(words, str) and words.strip() for words in self.value.values()):
            raise SettingsError("must be said in both languages", self.where, "write `{zh: ..., en: ...}`")
        return Text(self.value["zh"].strip(), self.value["en"].strip())

    def word(self, field: str, default: str | None = None) -> str:
        value = self.value.get(field, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.error(field, "is missing" if value is None else f"is not a text: {value!r}", f"see {PAGE}")
        return value.strip()

    def words(self, field: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        value = self.value.get(field, default)
        if not isinstance(value, list | tuple) or (default is None and not value) or not all(isinstance(word, str) for word in value):
            raise self.error(field, "is missing" if value is None else f"is not a list of names: {value!r}", f"see {PAGE}")
        return tuple(value)

    def one_of(self, field: str, allowed: tuple[Any, ...], default: Any = None) -> Any:
        value = self.value.get(field, default)
        if value not in allowed:
            raise self.error(field, "is missing" if value is None else f"is unknown: {value!r}", f"one of {', '.join(allowed)}")
        return value

    def number(self, field: str, default: float | None) -> float | None:
        value = self.value.get(field, default)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.error(field, f"is not a number: {value!r}", "write a number, or null for no limit")
        return value


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_OnceLoader)
    except FileNotFoundError as error:
        raise SettingsError("the file is missing", str(path), "restore it") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"not valid YAML: {error}", str(path), "mend the file") from error


class _OnceLoader(Loader):  # type: ignore[misc]
    """YAML lets a key be said twice and silently keeps the last: here that is a second definition, and an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key) for key, _ in node.value]  # type: ignore[no-untyped-call]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise yaml.constructor.ConstructorError(None, None, f"a second definition of {name!r}", node.value[position][0].start_mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping
