"""Builds the static site of a release: declared pages + released marts + manifest -> a folder of HTML, scripts and data."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from community_metrics.dashboard.audiences import restricted_paths
from community_metrics.dashboard.dataset_queries import Dataset, sql_literal
from community_metrics.dashboard.datasets import DatasetWriter, Scopes, collect_datasets, dataset_name, ranked_names, version_of
from community_metrics.dashboard.drilling import drill_target
from community_metrics.dashboard.glossary import PAGE as GLOSSARY
from community_metrics.dashboard.glossary import chapters
from community_metrics.dashboard.layout import ACCESS, EXPORTS, PROJECT_DOCS, PROJECT_DOCS_POLICY, SERVED_UNDER
from community_metrics.dashboard.operations import PAGE as OPERATIONS
from community_metrics.dashboard.operations import Operations
from community_metrics.dashboard.pages import Page, Site, Tile, load_site
from community_metrics.dashboard.reconciling import read_reconciliation
from community_metrics.dashboard.restated import Restated
from community_metrics.dashboard.tile_kinds import RANGES
from community_metrics.dashboard.trust import read_trust
from community_metrics.dashboard.validations import Validations
from community_metrics.errors import CommunityMetricsError, SettingsError
from community_metrics.metrics.registry import project_registry
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.sources.retention import DEADLINES, Deadline, read_deadlines

DASHBOARDS = PROJECT_ROOT / "dashboards"
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Beside:
    """What a site tells that stands in no mart.

    `project_docs`: dbt's documentation of the models, one HTML file, which the glossary leads to; `restatements`, `operations`,
    `validations`: what the pages of these names tell.
    """

    project_docs: Path | None = None
    restatements: Restated = field(default_factory=Restated)
    operations: Operations = field(default_factory=Operations)
    validations: Validations = field(default_factory=Validations)


@dataclass(frozen=True)
class SiteReport:
    """What was written: page names, number of files, their bytes, seconds taken."""

    index: Path
    pages: tuple[str, ...]
    files: int
    bytes: int
    seconds: float


def build_site(
    settings: Settings,
    database: Path,
    manifest: Mapping[str, Any],
    out_dir: Path,
    dashboards: Path = DASHBOARDS,
    beside: Beside | None = None,
) -> SiteReport:
    """Write the site of the released `database` (schema `marts`) into the new or empty folder `out_dir`.

    Raises `SettingsError` when a page is wrong or ECharts has not been fetched, `CommunityMetricsError` when `out_dir` has content.
    """
    started = time.monotonic()
    beside = beside or Beside()
    if out_dir.exists() and any(out_dir.iterdir()):
        raise CommunityMetricsError("the folder of the site is not empty", str(out_dir), "a site is written once, with its release")
    _copy_assets(dashboards, out_dir)
    if beside.project_docs is not None:
        (out_dir / PROJECT_DOCS).parent.mkdir()
        (out_dir / PROJECT_DOCS).write_text(_under_policy(beside.project_docs.read_text(encoding="utf-8")), encoding="utf-8")
    with duckdb.connect(config={"threads": settings.threads, "memory_limit": settings.daily_memory_limit}) as connection:
        connection.execute(f"set TimeZone = {sql_literal(settings.timezone)}")
        connection.execute(f"attach {sql_literal(str(database))} as release (read_only)")
        connection.execute("create schema if not exists marts")
        marts = _mart_columns(connection)
        for mart in marts:
            connection.execute(f'create view marts."{mart}" as select * from release.marts."{mart}"')
        site = load_site(dashboards, marts)
        datasets = collect_datasets(site)
        writer = DatasetWriter(connection, marts, out_dir / "data")
        scopes = _scope_labels(connection, site, writer.choose_scopes(datasets.values()), marts)
        communities = scopes.pop("community", [])
        writer.write_communities(communities)
        catalogue = {name: writer.write(dataset) for name, dataset in datasets.items()}
        pages = tuple(page for page in site.pages if not (page.hide_when_empty and _is_empty(page, catalogue)))
        trust = read_trust(manifest)
        shared = {
            "scopes": scopes,
            "communities": len(communities),
            "gaps": _gaps(connection, site, marts),
            "dataThrough": _day_number(trust.data_through),
            "weekStart": settings.week_start,
            "release": trust.release_id,
            "servedUnder": SERVED_UNDER,
        }
        files = [(page, _file_name(page, pages)) for page in pages]
        restricted = restricted_paths(files)
        (out_dir / ACCESS).write_text(json.dumps(restricted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        told = {
            "site": site,
            "pages": files,
            "trust": trust,
            "reconciliation": read_reconciliation(connection, marts),
            "deadlines": _deadlines(connection, marts, manifest, settings),
            "restated": beside.restatements,
            "operations": beside.operations,
            "validations": beside.validations,
            "project_docs": PROJECT_DOCS if beside.project_docs else None,
            "exports": EXPORTS,
            "restricted": restricted,
            "exported": {name for name, mart in project_registry().marts.items() if not mart.is_about_persons},
            "has_glossary": any(page.name == GLOSSARY for page in pages),
            "terms": {metric.name: {"zh": metric.label.zh, "en": metric.label.en} for metric in project_registry().metrics.values()},
            "version": version_of(trust.release_id + trust.created_at + trust.code_version),
        }
        template = _template(dashboards)
        for page, file in files:
            spec = _page_spec(page, site, catalogue, datasets, shared)
            for tile in page.tiles:
                spec["tiles"][tile.key]["drill"] = drill_target(tile, page, files)
            if page.name == OPERATIONS:
                spec["operations"] = beside.operations.charts
            glossary = chapters(project_registry()) if page.name == GLOSSARY else []
            html = template.render(page=page, spec=_inert_json(spec), glossary=glossary, **told)
            (out_dir / file).write_text(html, encoding="utf-8")
    written = [path for path in out_dir.rglob("*") if path.is_file()]
    return SiteReport(
        index=out_dir / "index.html",
        pages=tuple(page.name for page in pages),
        files=len(written),
        bytes=sum(path.stat().st_size for path in written),
        seconds=time.monotonic() - started,
    )


def _copy_assets(dashboards: Path, out_dir: Path) -> None:
    charts = dashboards / "assets" / "vendor" / "echarts.min.js"
    if not charts.exists():
        raise SettingsError("ECharts is missing", str(charts), "run `make setup`, which fetches it")
    shutil.copytree(dashboards / "assets", out_dir / "assets", dirs_exist_ok=True)


def _under_policy(page: str) -> str:
    """dbt's page, from which no request can go out: it holds a tracker, switched off by a setting, which this takes no chance with."""
    if page.count("<head>") != 1:
        raise CommunityMetricsError("dbt's documentation is not the one page that was expected", "dbt docs generate", "pin dbt again")
    return page.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{PROJECT_DOCS_POLICY}">')


def _mart_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'release' and schema_name = 'marts' order by table_name, column_index"
    ).fetchall()
    marts: dict[str, dict[str, str]] = {}
    for mart, column, kind in rows:
        marts.setdefault(mart, {})[column] = kind
    return marts


def _is_empty(page: Page, catalogue: Mapping[str, Any]) -> bool:
    return not any(catalogue[dataset_name(tile)]["groups"] for tile in page.tiles if tile.mart)


def _scope_labels(
    connection: duckdb.DuckDBPyConnection, site: Site, scopes: Scopes, marts: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Scope type -> [{id, zh, en, group}] in the order of the positions that the data files use."""
    communities: dict[str, tuple[str, str | None]] = {}
    channels: dict[str, tuple[str, str]] = {}
    if "dim_community" in marts:
        rows = connection.execute(
            "select community_key, platform, coalesce(nullif(trim(community_name), ''), community_id) from marts.dim_community"
        ).fetchall()
        communities = {key: (platform, name) for key, platform, name in rows}
    if "dim_channel" in marts:
        channels = {
            channel: (chinese, english)
            for channel, english, chinese in connection.execute("select channel, name_en, name_zh from marts.dim_channel").fetchall()
        }

    def label(scope_type: str, scope_id: str) -> dict[str, Any]:
        known: Mapping[str, str] = {}
        if scope_type == "all":
            known = site.scope_types.get("all", {})
        elif scope_type == "platform":
            known = site.platforms.get(scope_id, {})
        elif scope_type == "channel" and scope_id in channels:
            known = dict(zip(("zh", "en"), channels[scope_id], strict=True))
        elif scope_type == "community":
            platform, name = communities.get(scope_id, (scope_id.split(":")[0], None))
            return {"id": scope_id, "zh": name or scope_id, "en": name or scope_id, "platform": platform}
        return {"id": scope_id, "zh": known.get("zh") or scope_id, "en": known.get("en") or scope_id}

    return {scope_type: [label(scope_type, scope_id) for scope_id in ids] for scope_type, ids in scopes.by_type.items()}


def _gaps(connection: duckdb.DuckDBPyConnection, site: Site, marts: Mapping[str, Any]) -> dict[str, list[list[int]]]:
    """Mart -> [[first day, last day], ...] on which a source that feeds it was expected and is not complete."""
    if "mart_data_status" not in marts:
        return {}
    gaps = {}
    for mart, sources in site.feeds.items():
        # Literals, because a parameter makes DuckDB import pandas, which takes seconds.
        wanted = ", ".join(sql_literal(source) for source in sources) or "null"
        rows = connection.execute(
            "select distinct datediff('day', date '1970-01-01', business_date) from marts.mart_data_status "
            f"where expected and not complete and source in ({wanted}) order by 1"
        ).fetchall()
        stretches: list[list[int]] = []
        for (day,) in rows:
            if stretches and stretches[-1][1] == day - 1:
                stretches[-1][1] = day
            else:
                stretches.append([day, day])
        gaps[mart] = stretches
    return gaps


def _deadlines(
    connection: duckdb.DuckDBPyConnection, marts: Mapping[str, Any], manifest: Mapping[str, Any], settings: Settings
) -> list[Deadline]:
    """What platforms keep for a time only, as of the day on which the release was made."""
    if "available_until" not in marts.get("mart_data_status", {}):
        return []
    made = str(manifest.get("created_at") or "").replace("Z", "+00:00")
    today = (datetime.fromisoformat(made) if made else datetime.now(settings.zone)).astimezone(settings.zone).date()
    return read_deadlines(connection.execute(DEADLINES.format(relation="marts.mart_data_status")).fetchall(), today)


def _page_spec(
    page: Page, site: Site, catalogue: Mapping[str, Any], datasets: Mapping[str, Dataset], shared: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that the page's scripts need to know, except the rows."""
    used = sorted({dataset_name(tile) for tile in page.tiles if tile.mart})
    return {
        **shared,
        "page": page.name,
        "title": page.title,
        "siteTitle": site.title,
        "filters": page.filters,
        "defaults": page.defaults,
        "ranges": RANGES,
        "texts": site.texts,
        "scopeTypes": site.scope_types,
        "platforms": site.platforms,
        "sources": site.sources,
        "definitions": site.definitions,
        "segments": site.segments,
        "reasons": site.reasons,
        "tiles": {tile.key: _tile_spec(tile) for tile in page.tiles},
        "catalogue": {name: {**catalogue[name], "mart": datasets[name].mart} for name in used},
        "gaps": {mart: stretches for mart, stretches in shared["gaps"].items() if mart in page.marts},
    }


def _tile_spec(tile: Tile) -> dict[str, Any]:
    columns = [{key: value for key, value in asdict(column).items() if value is not None} for column in tile.columns]
    if tile.kind.name == "ranking":
        for column, names in zip(columns, ranked_names(tile), strict=True):
            column["totals"] = names
    return {
        "type": tile.kind.name,
        "mart": tile.mart,
        "dataset": dataset_name(tile),
        "columns": columns,
        "label": tile.label,
        "unit": tile.unit,
        "format": tile.format,
        "aggregate": tile.aggregate,
        "good": tile.good,
        **tile.options,
    }


def _template(dashboards: Path) -> jinja2.Template:
    loader = jinja2.FileSystemLoader(dashboards / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("page.html")


def _inert_json(value: Any) -> Markup:
    """JSON that cannot end the script element that it stands in, whatever names it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _file_name(page: Page, pages: tuple[Page, ...]) -> str:
    return "index.html" if page is pages[0] else f"{page.name}.html"


def _day_number(text: str) -> int | None:
    try:
        return (date.fromisoformat(text) - EPOCH) // timedelta(days=1)
    except ValueError:
        return None
