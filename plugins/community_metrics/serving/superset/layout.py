"""A dashboard as Superset imports it: what stands where, and the filters above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from community_metrics.metrics.entries import Text
from community_metrics.serving.superset.charts import is_dated
from community_metrics.serving.superset.datasets import Dataset
from community_metrics.serving.superset.declared import Chart, Dashboard, Filter
from community_metrics.serving.superset.naming import both, identity
from community_metrics.serving.superset.queries import ALL_DATES

# Of Superset's grid.
_COLUMNS = 12
_DATES = Text("日期", "Dates")
_GRID = ("ROOT_ID", "GRID_ID")


def dashboard_file(dashboard: Dashboard, datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    """The dashboard over the datasets of its charts."""
    # Numbers that the import replaces by those of its own tables.
    numbers = {chart.key: number for number, chart in enumerate(dashboard.charts, start=1)}
    return {
        "dashboard_title": both(dashboard.title),
        "description": both(dashboard.description),
        "css": "",
        "slug": dashboard.slug,
        # Filled in when every chart's cache is warm.
        "certified_by": "",
        "certification_details": "",
        "published": True,
        "uuid": dashboard.uuid,
        "position": _position(dashboard, numbers),
        "metadata": {
            "native_filter_configuration": _filters(dashboard, datasets, numbers),
            "color_scheme": "supersetColors",
            "refresh_frequency": 0,
            # A click in a chart would filter charts of other scopes to nothing.
            "cross_filters_enabled": False,
            "filter_bar_orientation": "HORIZONTAL",
            "timed_refresh_immune_slices": [],
            "expanded_slices": {},
        },
        "version": "1.0.0",
        "is_managed_externally": True,
    }


def _position(dashboard: Dashboard, numbers: Mapping[str, int]) -> dict[str, Any]:
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": both(dashboard.title)}},
    }
    on_top: list[str] = position["GRID_ID"]["children"]
    for number, section in enumerate(dashboard.sections, start=1):
        if section.title is not None:
            name = f"HEADER-{number}"
            meta = {"text": both(section.title), "headerSize": "MEDIUM_HEADER", "background": "BACKGROUND_TRANSPARENT"}
            position[name] = {"type": "HEADER", "id": name, "children": [], "parents": [*_GRID], "meta": meta}
            on_top.append(name)
        for place, row in enumerate(_rows(section.charts), start=1):
            name = f"ROW-{number}-{place}"
            children = [f"CHART-{chart.key}" for chart in row]
            position[name] = {
                "type": "ROW",
                "id": name,
                "children": children,
                "parents": [*_GRID],
                "meta": {"background": "BACKGROUND_TRANSPARENT"},
            }
            on_top.append(name)
            for chart, child in zip(row, children, strict=True):
                position[child] = {
                    "type": "CHART",
                    "id": child,
                    "children": [],
                    "parents": [*_GRID, name],
                    "meta": {
                        "chartId": numbers[chart.key],
                        "uuid": chart.uuid,
                        "sliceName": both(chart.title),
                        "width": chart.width,
                        "height": chart.height,
                    },
                }
    return position


def _rows(charts: Sequence[Chart]) -> Iterator[list[Chart]]:
    """Charts side by side, as many as are no wider than the page."""
    row: list[Chart] = []
    for chart in charts:
        if sum(other.width for other in row) + chart.width > _COLUMNS:
            yield row
            row = []
        row.append(chart)
    yield row


def _filters(dashboard: Dashboard, datasets: Mapping[str, Dataset], numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    undated = [chart for chart in dashboard.charts if not is_dated(chart, datasets[chart.mart])]
    found = [_dates(dashboard, numbers, undated)] if len(undated) < len(dashboard.charts) else []
    for choice in dashboard.filters:
        others = [chart for chart in dashboard.charts if not choice.applies_to(chart, datasets)]
        found.append(_choice(dashboard, choice, datasets[choice.mart], numbers, others))
    return found


def _dates(dashboard: Dashboard, numbers: Mapping[str, int], others: Sequence[Chart]) -> dict[str, Any]:
    return _filter(dashboard, "dates", both(_DATES), numbers, others) | {
        "filterType": "filter_time",
        "targets": [{}],
        "defaultDataMask": {"extraFormData": {"time_range": ALL_DATES}, "filterState": {"value": ALL_DATES}, "ownState": {}},
        "controlValues": {"enableEmptyFilter": False},
    }


def _choice(dashboard: Dashboard, choice: Filter, dataset: Dataset, numbers: Mapping[str, int], others: Sequence[Chart]) -> dict[str, Any]:
    name = "-".join(part for part in (choice.column, choice.scope) if part)
    offered = _scope_condition(choice.scope) if choice.scope else []
    return _filter(dashboard, name, both(choice.title), numbers, others) | {
        "filterType": "filter_select",
        "targets": [{"datasetUuid": dataset.uuid, "column": {"name": dataset.shown(choice.column)}}],
        "adhoc_filters": offered,
        "time_range": ALL_DATES,
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "controlValues": {
            "multiSelect": True,
            "enableEmptyFilter": False,
            "defaultToFirstItem": False,
            "inverseSelection": False,
            "searchAllOptions": False,
            "sortAscending": True,
        },
    }


def _scope_condition(scope: str) -> list[dict[str, Any]]:
    return [{"clause": "WHERE", "expressionType": "SIMPLE", "subject": "scope_type", "operator": "==", "comparator": scope}]


def _filter(dashboard: Dashboard, name: str, title: str, numbers: Mapping[str, int], others: Sequence[Chart]) -> dict[str, Any]:
    excluded = [numbers[chart.key] for chart in others]
    return {
        "id": f"NATIVE_FILTER-{identity('filter', f'{dashboard.name}.{name}')}",
        "type": "NATIVE_FILTER",
        "name": title,
        "description": "",
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": excluded},
        "chartsInScope": [],
        "tabsInScope": [],
    }
