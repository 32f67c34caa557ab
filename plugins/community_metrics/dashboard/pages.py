"""The declared pages: `dashboards/site.yml` and `dashboards/pages/*.yml`, read and checked.

Everything that can be wrong in a page is found here, before a file of the site is written: the error names the file, the
tile and the column.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from community_metrics.dashboard.layout import AUDIENCES
from community_metrics.dashboard.metric_words import adds_up, complete_tile
from community_metrics.dashboard.tile_kinds import AGGREGATES, FILTERS, FORMATS, SCOPE_TYPES, TILE_KINDS, TileKind
from community_metrics.errors import SettingsError
from community_metrics.metrics.registry import project_registry
from community_metrics.yaml_text import load_yaml

LANGUAGES = ("zh", "en")

Text = Mapping[str, str]
MartColumns = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Column:
    """A mart column as a tile uses it. `sign` -1 subtracts it; `role` says what a cohort tile reads it as."""

    name: str
    label: Text | None = None
    sign: int = 1
    role: str | None = None
    method: str | None = None
    aggregate: str | None = None
    format: str | None = None
    style: str | None = None
    of: str | None = None

    @property
    def key(self) -> str:
        """What a link calls it: a ratio is not its numerator."""
        return f"{self.name}/{self.of}" if self.of else self.name


@dataclass(frozen=True)
class Tile:
    """One block of a page. `options` holds what only its kind knows (`by`, `stacked`, `cohorts`, ...).

    `metrics`: the names of the registry's entries that it shows.
    """

    key: str
    kind: TileKind
    mart: str | None
    columns: tuple[Column, ...]
    label: Text
    definition: Text | None
    unit: Text | None
    format: str
    aggregate: str | None
    width: int
    good: str
    options: Mapping[str, Any]
    metrics: tuple[str, ...]

    def column_names(self) -> Iterator[str]:
        """Every mart column that the tile reads, denominators included."""
        for column in self.columns:
            yield column.name
            if column.of:
                yield column.of


@dataclass(frozen=True)
class Section:
    title: Text | None
    note: Text | None
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Page:
    """One HTML file of the site, named `<name>.html` (the first page of `site.yml` is `index.html`).

    `in_menu`: False for a page that another one leads to. `audience`: who may see it behind Airflow's login.
    """

    name: str
    title: Text
    lead: Text
    filters: tuple[str, ...]
    defaults: Mapping[str, str]
    hide_when_empty: bool
    sections: tuple[Section, ...]
    in_menu: bool = True
    audience: str = AUDIENCES[0]

    @property
    def tiles(self) -> tuple[Tile, ...]:
        return tuple(tile for section in self.sections for tile in section.tiles)

    @property
    def marts(self) -> frozenset[str]:
        return frozenset(tile.mart for tile in self.tiles if tile.mart)


@dataclass(frozen=True)
class Site:
    """`site.yml` and the pages that it lists, in the order of the navigation."""

    title: Text
    texts: Mapping[str, Text]
    scope_types: Mapping[str, Text]
    platforms: Mapping[str, Text]
    sources: Mapping[str, Text]
    reasons: Mapping[str, Text]
    definitions: Mapping[str, Text]
    segments: Mapping[str, Text]
    feeds: Mapping[str, tuple[str, ...]]
    pages: tuple[Page, ...]


def load_site(folder: Path, marts: MartColumns) -> Site:
    """Read the pages of `folder` and check every column against `marts` (mart -> column -> type).

    Raises `SettingsError` naming the file, the tile and the column.
    """
    path = folder / "site.yml"
    content = _read_mapping(path)
    pages = tuple(_read_page(folder / "pages" / f"{name}.yml", str(name), marts) for name in _list(content, "pages", str(path)))
    if not pages:
        raise SettingsError("`pages` is empty", str(path), "list at least one page")
    if pages[0].audience != AUDIENCES[0]:
        raise SettingsError("the first page is not for everyone", str(path), "put a page first that whoever logs in may see")
    return Site(
        title=_text(content, "title", str(path)),
        texts=_texts(content, "texts", str(path)),
        scope_types=_texts(content, "scope_types", str(path)),
        platforms=_texts(content, "platforms", str(path)),
        sources=_texts(content, "sources", str(path)),
        reasons=_texts(content, "reasons", str(path)),
        definitions=_texts(content, "definitions", str(path)),
        segments=_texts(content, "segments", str(path)),
        feeds={str(mart): tuple(map(str, sources)) for mart, sources in content.get("feeds", {}).items()},
        pages=pages,
    )


def _read_page(path: Path, name: str, marts: MartColumns) -> Page:
    content = _read_mapping(path)
    where = str(path)
    unknown = sorted(set(content) - {"title", "lead", "filters", "defaults", "hide_when_empty", "in_menu", "audience", "sections"})
    if unknown:
        raise SettingsError(
            f"unknown key {unknown[0]!r}", where, "a page has title, lead, filters, defaults, hide_when_empty, in_menu, audience, sections"
        )
    filters = tuple(map(str, content.get("filters", [])))
    for name_of_filter in filters:
        _one_of(name_of_filter, FILTERS, "filter", where)
    sections = tuple(
        _read_section(section, position, where, marts) for position, section in enumerate(_list(content, "sections", where), start=1)
    )
    page = Page(
        name=name,
        title=_text(content, "title", where),
        lead=_text(content, "lead", where),
        filters=filters,
        defaults={str(key): str(value) for key, value in content.get("defaults", {}).items()},
        hide_when_empty=bool(content.get("hide_when_empty", False)),
        sections=sections,
        in_menu=bool(content.get("in_menu", True)),
        audience=_one_of(content.get("audience", AUDIENCES[0]), AUDIENCES, "audience", where),
    )
    keys = [tile.key for tile in page.tiles]
    for key in keys:
        if keys.count(key) > 1:
            raise SettingsError(f"two tiles are called {key!r}", where, "give each tile of a page its own `key`")
    return page


def _read_section(content: Any, position: int, where: str, marts: MartColumns) -> Section:
    place = f"{where}: section {position}"
    if not isinstance(content, dict):
        raise SettingsError("a section must be a mapping", place, "write `title:` and `tiles:`")
    tiles = tuple(_read_tile(tile, place, marts) for tile in _list(content, "tiles", place))
    title = _text(content, "title", place) if "title" in content else None
    note = _text(content, "note", place) if "note" in content else None
    return Section(title, note, tiles)


COMMON_KEYS = {"type", "key", "mart", "columns", "label", "definition", "unit", "format", "aggregate", "width", "good"}


def _read_tile(content: Any, place: str, marts: MartColumns) -> Tile:
    if not isinstance(content, dict) or "key" not in content:
        raise SettingsError("a tile must be a mapping with a `key`", place, "see dashboards/README.md")
    where = f"{place}, tile {content['key']!r}"
    kind = TILE_KINDS[_one_of(content.get("type"), TILE_KINDS, "type", where)]
    unknown = sorted(set(content) - COMMON_KEYS - kind.options)
    if unknown:
        raise SettingsError(
            f"unknown key {unknown[0]!r}", where, f"a {kind.name} tile knows {', '.join(sorted(COMMON_KEYS | kind.options))}"
        )
    content = complete_tile(content, project_registry(), where)
    columns = tuple(_read_column(column, where) for column in content.get("columns", []))
    tile = Tile(
        key=str(content["key"]),
        kind=kind,
        mart=content.get("mart"),
        columns=columns,
        label=_text(content, "label", where),
        definition=_text(content, "definition", where) if "definition" in content else None,
        unit=_text(content, "unit", where) if "unit" in content else None,
        format=_one_of(content.get("format", "number"), FORMATS, "format", where),
        aggregate=_one_of(content["aggregate"], AGGREGATES, "aggregate", where) if "aggregate" in content else None,
        width=int(content.get("width", kind.width)),
        good=_one_of(content.get("good", "neutral"), ("up", "down", "neutral"), "good", where),
        options={key: content[key] for key in sorted(kind.options) if key in content},
        metrics=tuple(content["metrics"]),
    )
    _check_tile(tile, where, marts)
    return tile


def _read_column(content: Any, where: str) -> Column:
    if isinstance(content, str):
        return Column(content)
    if not isinstance(content, dict) or "name" not in content:
        raise SettingsError(f"{content!r} is not a column", where, "write the column's name, or a mapping with `name`")
    unknown = sorted(set(content) - set(Column.__dataclass_fields__))
    if unknown:
        raise SettingsError(f"column {content['name']!r} has an unknown key {unknown[0]!r}", where, "see dashboards/README.md")
    if "label" in content:
        _check_text(content["label"], "label", where)
    if "aggregate" in content:
        _one_of(content["aggregate"], AGGREGATES, "aggregate", where)
    if "format" in content:
        _one_of(content["format"], FORMATS, "format", where)
    return Column(**content)


def _check_tile(tile: Tile, where: str, marts: MartColumns) -> None:
    if tile.kind.needs_mart and not tile.mart:
        raise SettingsError(f"a {tile.kind.name} tile needs a `mart`", where, "name the mart that it shows")
    if not tile.mart:
        return
    if tile.mart not in marts:
        raise SettingsError(f"unknown mart {tile.mart!r}{_nearest(tile.mart, marts)}", where, "name a mart of the release")
    known = marts[tile.mart]
    if not tile.columns:
        raise SettingsError("`columns` is empty", where, f"name columns of {tile.mart}")
    for name in tile.column_names():
        if name not in known:
            raise SettingsError(f"unknown column {name!r} of {tile.mart}{_nearest(name, known)}", where, f"columns: {', '.join(known)}")
    if tile.kind.needs_aggregate and tile.aggregate is None:
        raise SettingsError(f"a {tile.kind.name} tile needs an `aggregate`", where, f"one of {', '.join(AGGREGATES)}")
    if tile.aggregate == "ratio" and (len(tile.columns) != 1 or tile.columns[0].of is None):
        raise SettingsError("a ratio needs its numerator and denominator", where, "write `columns: [{name: numerator, of: denominator}]`")
    for column in tile.columns:
        if column.aggregate == "ratio" and column.of is None:
            raise SettingsError(f"the ratio {column.name!r} has no denominator", where, "add `of: <denominator column>`")
    _check_sums(tile, where)
    by = tile.options.get("by")
    if by == "community" and tile.kind.name != "ranking":
        raise SettingsError("a chart shows eight at most, and communities may be thousands", where, "use a tile of `type: ranking`")
    if tile.kind.name == "ranking" and (by not in SCOPE_TYPES or "scope_id" not in known):
        raise SettingsError(
            f"a ranking puts scopes side by side, and {by!r} is no scope type of {tile.mart}",
            where,
            f"`by:` one of {', '.join(SCOPE_TYPES)}",
        )
    if by is not None and not ("scope_id" in known and by in SCOPE_TYPES) and by not in known:
        raise SettingsError(
            f"`by: {by}` is neither a scope type of {tile.mart} nor one of its columns", where, f"scope types: {', '.join(SCOPE_TYPES)}"
        )


def _check_sums(tile: Tile, where: str) -> None:
    """Distinct counts, states and rates may be shown, but never added up over dates or items: the metric registry knows which."""
    adds_all = bool(tile.options.get("regroup") or tile.options.get("total_over"))
    default = "sum" if tile.kind.name == "ranking" else None
    for column in tile.columns:
        adds = adds_all or (column.aggregate or tile.aggregate or default) == "sum"
        if adds and not adds_up(project_registry(), str(tile.mart), column.name):
            raise SettingsError(
                f"column {column.name!r} of {tile.mart} does not add up", where, "use `aggregate: last`, `mean_of_days` or `ratio`"
            )


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError("the file is missing", str(path), "add it, or take the page out of site.yml") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"not valid YAML: {error}", str(path), "mend the file") from error
    if not isinstance(content, dict):
        raise SettingsError("must be a mapping", str(path), "mend the file")
    return content


def _list(content: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = content.get(key)
    if not isinstance(value, list):
        raise SettingsError(f"`{key}` must be a list", where, "mend the file")
    return value


def _text(content: Mapping[str, Any], key: str, where: str) -> Text:
    _check_text(content.get(key), key, where)
    return dict(content[key])


def _texts(content: Mapping[str, Any], key: str, where: str) -> Mapping[str, Text]:
    entries = content.get(key) or {}
    for name, value in entries.items():
        _check_text(value, f"{key}.{name}", where)
    return {str(name): dict(value) for name, value in entries.items()}


def _check_text(value: Any, key: str, where: str) -> None:
    if not isinstance(value, dict) or set(value) != set(LANGUAGES) or not all(isinstance(text, str) and text for text in value.values()):
        raise SettingsError(f"`{key}` must be in both languages", where, f"write `{key}: {{zh: ..., en: ...}}`")


def _one_of(value: Any, allowed: Any, key: str, where: str) -> str:
    if value not in allowed:
        raise SettingsError(f"unknown {key} {value!r}{_nearest(value, allowed)}", where, f"one of {', '.join(allowed)}")
    return str(value)


def _nearest(value: Any, allowed: Any) -> str:
    matches = difflib.get_close_matches(str(value), [str(item) for item in allowed], n=1)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
