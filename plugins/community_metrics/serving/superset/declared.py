"""The declared dashboards: `dashboards/superset/*.yml`, read and checked against the registry and the marts' contracts.

Everything that can be wrong is found here, dashboard -> chart -> dataset -> column, before anything is sent: the error names the file
and the chart. What would be added up wrongly is wrong too.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from community_metrics.errors import SettingsError
from community_metrics.metrics.combining import is_scoped
from community_metrics.metrics.entries import Registry, Text
from community_metrics.serving.superset.datasets import Dataset, metric_names, single_valued
from community_metrics.serving.superset.naming import FOLDER, identity
from community_metrics.yaml_text import load_yaml

SCOPE_TYPES = ("all", "platform", "community", "channel")
GRAINS = ("day", "week", "month")
PAGE = "dashboards/superset/README.md"
_HEIGHT = 50


@dataclass(frozen=True)
class Kind:
    """A kind of chart: Superset's own name of it, twelfths of the page, height in Superset's units, keys that only it has."""

    viz: str
    width: int
    height: int
    keys: frozenset[str] = frozenset()
    one_metric: bool = False
    over_time: bool = False


KINDS = {
    "total": Kind("big_number_total", 3, 24, one_metric=True),
    "latest": Kind("big_number", 3, 24, frozenset({"grain"}), one_metric=True, over_time=True),
    "line": Kind("echarts_timeseries_line", 6, _HEIGHT, frozenset({"by", "x", "grain"}), over_time=True),
    "bar": Kind("echarts_timeseries_bar", 6, _HEIGHT, frozenset({"by", "x", "grain", "stacked"}), over_time=True),
    "table": Kind("table", 12, _HEIGHT, frozenset({"by", "limit"})),
    "rows": Kind("table", 12, _HEIGHT, frozenset({"columns", "limit"})),
    "cohorts": Kind("pivot_table_v2", 12, _HEIGHT, frozenset({"across", "by"}), one_metric=True),
}
_CHART_KEYS = {"key", "kind", "mart", "scope", "metrics", "where", "title", "definition", "width", "height"}
_LIMIT = 10_000


@dataclass(frozen=True)
class Chart:
    """One chart. `where`: column -> the values that it may have; of a scoped mart `scope` is always among them.

    `by`: columns that tell its lines, bars or rows apart; `x`: the column of its axis (of cohorts: down the side).
    """

    dashboard: str
    key: str
    kind: str
    mart: str
    scope: str | None
    metrics: tuple[str, ...]
    by: tuple[str, ...]
    x: str | None
    across: str | None
    grain: str | None
    columns: tuple[str, ...]
    stacked: bool
    limit: int
    where: Mapping[str, tuple[Any, ...]]
    title: Text
    definition: Text
    width: int
    height: int

    @property
    def uuid(self) -> str:
        return identity("chart", f"{self.dashboard}.{self.key}")

    def apart(self) -> set[str]:
        """The columns of the mart of which each number of the chart stands for one value."""
        fixed = {column for column, values in self.where.items() if len(values) == 1}
        if self.scope == "all":
            fixed.add("scope_id")
        # Of a week or month the axis shows many dates.
        axis = self.x if self.grain in (None, "day") else None
        return {*self.by, *fixed, *(name for name in (axis, self.across) if name)}


@dataclass(frozen=True)
class Filter:
    """A choice of values of a column, for the charts of one scope or for all that have the column."""

    column: str
    scope: str | None
    mart: str
    title: Text

    def applies_to(self, chart: Chart, datasets: Mapping[str, Dataset]) -> bool:
        if self.scope is not None:
            return chart.scope == self.scope
        return self.column in datasets[chart.mart].columns and self.column not in chart.where


@dataclass(frozen=True)
class Section:
    title: Text | None
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Dashboard:
    """One file of the folder; its name is the address, `/superset/dashboard/community-<name>/`."""

    name: str
    title: Text
    description: Text
    filters: tuple[Filter, ...]
    sections: tuple[Section, ...]

    @property
    def uuid(self) -> str:
        return identity("dashboard", self.name)

    @property
    def slug(self) -> str:
        return f"community-{self.name}"

    @property
    def charts(self) -> tuple[Chart, ...]:
        return tuple(chart for section in self.sections for chart in section.charts)


def load_dashboards(registry: Registry, datasets: Mapping[str, Dataset], folder: Path = FOLDER) -> tuple[Dashboard, ...]:
    """All dashboards of the folder, in the order of their names. Raises `SettingsError` naming file and chart."""
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise SettingsError("there is no dashboard", str(folder), f"declare one: {PAGE}")
    return tuple(_Reader(path, registry, datasets).dashboard() for path in paths)


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path, registry: Registry, datasets: Mapping[str, Dataset]) -> None:
        self.path, self.registry, self.datasets = path, registry, datasets
        self.where = f"{path.parent.name}/{path.name}"

    def dashboard(self) -> Dashboard:
        content = _mapping(_load(self.path), self.where)
        _refuse_unknown(content, {"title", "description", "filters", "sections"}, self.where)
        sections = tuple(self._section(section, place) for section, place in _items(content, "sections", self.where))
        charts = [chart for section in sections for chart in section.charts]
        keys = [chart.key for chart in charts]
        for key in keys:
            if keys.count(key) > 1:
                raise SettingsError(f"two charts are called {key!r}", self.where, "give each chart of a dashboard its own `key`")
        filters = tuple(self._filter(item, place, charts) for item, place in _items(content, "filters", self.where))
        title, description = _text(content, "title", self.where), _text(content, "description", self.where)
        return Dashboard(self.path.stem, title, description, filters, sections)

    def _section(self, content: Any, where: str) -> Section:
        content = _mapping(content, where)
        _refuse_unknown(content, {"title", "charts"}, where)
        title = _text(content, "title", where) if "title" in content else None
        return Section(title, tuple(self._chart(chart, place) for chart, place in _items(content, "charts", where)))

    def _filter(self, content: Any, where: str, charts: list[Chart]) -> Filter:
        content = _mapping(content, where)
        _refuse_unknown(content, {"column", "scope", "mart", "title"}, where)
        dataset = self._dataset(content, where)
        scope = self._scope(content, dataset, where) if "scope" in content else None
        column = _one_of(content.get("column"), dataset.columns, f"column of {dataset.mart.name}", where)
        entry = self.registry.entry(dataset.mart.name, column)
        title = _text(content, "title", where) if "title" in content or entry is None else entry.label
        found = Filter(column, scope, dataset.mart.name, title)
        if not any(found.applies_to(chart, self.datasets) for chart in charts):
            raise SettingsError("the filter concerns no chart", where, "remove it, or name the `scope` or `column` of some chart")
        return found

    def _chart(self, content: Any, where: str) -> Chart:
        content = _mapping(content, where)
        key = content.get("key")
        if not isinstance(key, str) or not key.isidentifier():
            raise SettingsError("a chart needs a `key`", where, "name it in lower-case words joined by _")
        where = f"{self.where}: {key}"
        name = _one_of(content.get("kind"), KINDS, "kind", where)
        kind = KINDS[name]
        _refuse_unknown(content, _CHART_KEYS | kind.keys, where)
        dataset = self._dataset(content, where)
        scope = self._scope(content, dataset, where)
        conditions = _mapping(content.get("where", {}), where)
        for column in conditions:
            _one_of(column, dataset.columns, f"column of {dataset.mart.name}", f"{where}: where")
        fixed = {"scope_type": (scope,)} if scope else {}
        chart = Chart(
            dashboard=self.path.stem,
            key=key,
            kind=name,
            mart=dataset.mart.name,
            scope=scope,
            metrics=self._metrics(content, name, dataset, where),
            by=self._columns(content, "by", dataset, where),
            x=self._axis(content, name, dataset, where),
            across=_one_of(content.get("across"), dataset.columns, "column", f"{where}: across") if name == "cohorts" else None,
            grain=_one_of(content["grain"], GRAINS, "grain", where) if "grain" in content else None,
            columns=self._columns(content, "columns", dataset, where),
            stacked=bool(content.get("stacked", False)),
            limit=int(content.get("limit", _LIMIT)),
            where=fixed | {column: tuple(value) if isinstance(value, list) else (value,) for column, value in conditions.items()},
            title=self._said(content, "title", dataset, where),
            definition=self._said(content, "definition", dataset, where),
            width=int(content.get("width", kind.width)),
            height=int(content.get("height", kind.height)),
        )
        self._refuse_mixtures(chart, dataset, where)
        if kind.over_time and chart.by and len(chart.metrics) > 1:
            raise SettingsError("several metrics of several lines have no readable names", where, "make a chart of each metric")
        return chart

    def _dataset(self, content: Mapping[str, Any], where: str) -> Dataset:
        return self.datasets[_one_of(content.get("mart"), self.datasets, "mart", where)]

    def _scope(self, content: Mapping[str, Any], dataset: Dataset, where: str) -> str | None:
        if not is_scoped(dataset.mart):
            if "scope" in content:
                raise SettingsError(f"{dataset.mart.name} has no scopes", where, "remove `scope`")
            return None
        if "scope" not in content:
            remedy = f"write `scope:` with one of {', '.join(SCOPE_TYPES)}"
            raise SettingsError(f"{dataset.mart.name} holds the same members at several scopes", where, remedy)
        return _one_of(content["scope"], SCOPE_TYPES, "scope", where)

    def _metrics(self, content: Mapping[str, Any], kind: str, dataset: Dataset, where: str) -> tuple[str, ...]:
        names = content.get("metrics", [])
        if kind == "rows":
            if "metrics" in content or not content.get("columns"):
                raise SettingsError("rows are shown by `columns`, as they stand", where, f"name columns of {dataset.mart.name}")
            return ()
        if not isinstance(names, list) or not names or (KINDS[kind].one_metric and len(names) != 1):
            amount = "one metric" if KINDS[kind].one_metric else "at least one metric"
            raise SettingsError(f"a chart of kind {kind} shows {amount}", where, "list it under `metrics`")
        known = metric_names(dataset, self.registry)
        return tuple(_one_of(name, known, f"metric of {dataset.mart.name}", where) for name in names)

    def _columns(self, content: Mapping[str, Any], key: str, dataset: Dataset, where: str) -> tuple[str, ...]:
        names = content.get(key, [])
        if not isinstance(names, list):
            raise SettingsError(f"`{key}` must be a list", where, "write `[column, ...]`")
        return tuple(_one_of(name, dataset.columns, f"column of {dataset.mart.name}", f"{where}: {key}") for name in names)

    def _axis(self, content: Mapping[str, Any], kind: str, dataset: Dataset, where: str) -> str | None:
        """The named column, else the mart's time."""
        if "x" in content:
            return _one_of(content["x"], dataset.columns, f"column of {dataset.mart.name}", f"{where}: x")
        if not KINDS[kind].over_time and kind != "cohorts":
            return None
        if dataset.mart.time is None:
            raise SettingsError(f"{dataset.mart.name} has no dates", where, "name another kind of chart, or `x`")
        return dataset.mart.time

    def _said(self, content: Mapping[str, Any], key: str, dataset: Dataset, where: str) -> Text:
        """The chart's own words, else those of its only metric."""
        if key in content:
            return _text(content, key, where)
        metrics = content.get("metrics", [])
        metric = self.registry.metric_of(dataset.mart.name, metrics[0]) if len(metrics) == 1 else None
        if metric is None:
            raise SettingsError(f"`{key}` is missing", where, "only a chart of one metric has the metric's own words")
        return metric.label if key == "title" else metric.definition

    def _refuse_mixtures(self, chart: Chart, dataset: Dataset, where: str) -> None:
        """A number of a chart must not stand for rows that do not add up: its metric would show nothing."""
        for name in chart.metrics:
            metric = self.registry.metric_of(dataset.mart.name, name)
            missing = [c for c in single_valued(self.registry, dataset.mart, metric) if c not in chart.apart()] if metric else []
            if missing:
                raise SettingsError(
                    f"{name} does not add up over {missing[0]!r}",
                    where,
                    f"name {missing[0]} under `by`, or give it one value under `where`",
                )


def _load(path: Path) -> Any:
    try:
        return load_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"not valid YAML: {error}", str(path), "mend the file") from error


def _mapping(content: Any, where: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise SettingsError("must be a mapping", where, f"see {PAGE}")
    return content


def _refuse_unknown(content: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for key in content:
        if key not in known:
            raise SettingsError(f"unknown key {key!r}", where, f"known keys: {', '.join(sorted(known))}")


def _items(content: Mapping[str, Any], key: str, where: str) -> Iterator[tuple[Any, str]]:
    """The elements of a list, each with its place."""
    found = content.get(key)
    if not isinstance(found, list) or not found:
        raise SettingsError(f"`{key}` must be a list that is not empty", where, f"see {PAGE}")
    for position, item in enumerate(found, start=1):
        yield item, f"{where}: {key} {position}"


def _text(content: Mapping[str, Any], key: str, where: str) -> Text:
    value = content.get(key)
    if not isinstance(value, dict) or set(value) != {"zh", "en"} or not all(isinstance(words, str) and words for words in value.values()):
        raise SettingsError(f"`{key}` must be said in both languages", where, f"write `{key}: {{zh: ..., en: ...}}`")
    return Text(value["zh"], value["en"])


def _one_of(value: Any, allowed: Collection[str], what: str, where: str) -> str:
    if value not in allowed:
        nearest = difflib.get_close_matches(str(value), list(allowed), n=1)
        hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
        raise SettingsError(f"unknown {what} {value!r}{hint}", where, f"one of {', '.join(allowed)}")
    return str(value)
