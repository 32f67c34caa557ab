"""What Superset draws a chart from: the settings of its controls (`params`), and with them the query that warms its cache."""

from __future__ import annotations

import json
from typing import Any

from community_metrics.metrics.entries import Registry
from community_metrics.serving.superset.datasets import D3_FORMATS, Dataset, metric_expression
from community_metrics.serving.superset.declared import KINDS, Chart
from community_metrics.serving.superset.naming import both
from community_metrics.serving.superset.queries import ALL_DATES, query_context

TIME_GRAINS = {"day": "P1D", "week": "P1W", "month": "P1M"}
_DATE_FORMAT = "%Y-%m-%d"
# Ticks of an axis stand close together.
_TICK_FORMAT = "%y-%m-%d"


def chart_file(chart: Chart, dataset: Dataset, registry: Registry) -> dict[str, Any]:
    """The chart as Superset imports it."""
    params = form_data(chart, dataset, registry)
    return {
        "slice_name": both(chart.title),
        "description": both(chart.definition),
        "viz_type": params["viz_type"],
        "params": params,
        "query_context": json.dumps(query_context(params), ensure_ascii=False),
        "uuid": chart.uuid,
        "version": "1.0.0",
        "dataset_uuid": dataset.uuid,
        "is_managed_externally": True,
    }


def form_data(chart: Chart, dataset: Dataset, registry: Registry) -> dict[str, Any]:
    """The settings of the chart's controls."""
    common: dict[str, Any] = {
        "viz_type": KINDS[chart.kind].viz,
        "adhoc_filters": _adhoc_filters(chart, dataset),
        "row_limit": chart.limit,
        "extra_form_data": {},
    }
    metric = registry.metric_of(chart.mart, chart.metrics[0]) if chart.metrics else None
    number = D3_FORMATS[metric.kind] if metric else ",d"
    return common | _OF_KIND[chart.kind](chart, dataset, registry, number)


def is_dated(chart: Chart, dataset: Dataset) -> bool:
    """Whether the chosen dates concern the chart: not one of a mart without dates, or of a fixed period."""
    return dataset.mart.time is not None and dataset.mart.time not in chart.where


def _shown(chart: Chart, dataset: Dataset) -> list[str]:
    return [dataset.shown(column) for column in chart.by]


def _ordering(chart: Chart, dataset: Dataset, registry: Registry) -> dict[str, Any]:
    """By the first metric, what is not known last: Postgres would put it first."""
    first = metric_expression(registry, dataset, chart.metrics[0])
    return {"expressionType": "SQL", "sqlExpression": f"coalesce({first}, -1)", "label": "order", "hasCustomLabel": True}


def _total(chart: Chart, dataset: Dataset, registry: Registry, number: str) -> dict[str, Any]:
    return {"metric": chart.metrics[0], "y_axis_format": number, "header_font_size": 0.4, "subheader_font_size": 0.15}


def _latest(chart: Chart, dataset: Dataset, registry: Registry, number: str) -> dict[str, Any]:
    return {
        "metric": chart.metrics[0],
        "x_axis": chart.x,
        "time_grain_sqla": TIME_GRAINS[chart.grain or "day"],
        "y_axis_format": number,
        "time_format": _DATE_FORMAT,
        "show_trend_line": True,
        "show_timestamp": True,
        "start_y_axis_at_zero": True,
        "header_font_size": 0.4,
        "subheader_font_size": 0.125,
    }


def _series(chart: Chart, dataset: Dataset, registry: Registry, number: str) -> dict[str, Any]:
    shown = _shown(chart, dataset)
    settings: dict[str, Any] = {
        "x_axis": chart.x,
        "time_grain_sqla": TIME_GRAINS[chart.grain] if chart.grain else None,
        "x_axis_sort_asc": True,
        "x_axis_sort_series": "name",
        "x_axis_sort_series_ascending": True,
        "metrics": list(chart.metrics),
        "groupby": shown,
        "order_desc": True,
        "truncate_metric": True,
        "show_empty_columns": True,
        "comparison_type": "values",
        "sort_series_type": "sum",
        "color_scheme": "supersetColors",
        "seriesType": "bar" if chart.kind == "bar" else "line",
        "only_total": True,
        "show_legend": len(shown) > 0 or len(chart.metrics) > 1,
        "legendType": "scroll",
        "legendOrientation": "top",
        "rich_tooltip": True,
        "showTooltipTotal": False,
        "y_axis_format": number,
        "x_axis_time_format": _TICK_FORMAT,
        "tooltipTimeFormat": _DATE_FORMAT,
        "truncateXAxis": True,
        "y_axis_bounds": [None, None],
    }
    if chart.x != dataset.mart.time:
        settings |= {"xAxisForceCategorical": True}
    if chart.kind == "bar":
        settings |= {"orientation": "vertical", "stack": "Stack" if chart.stacked else None}
    return settings


def _table(chart: Chart, dataset: Dataset, registry: Registry, number: str) -> dict[str, Any]:
    return {
        "query_mode": "aggregate",
        "groupby": _shown(chart, dataset),
        "metrics": list(chart.metrics),
        "order_desc": True,
        "timeseries_limit_metric": _ordering(chart, dataset, registry),
        "table_timestamp_format": _DATE_FORMAT,
        "show_cell_bars": True,
        "allow_render_html": False,
        "server_pagination": False,
        "page_length": 0,
    }


def _rows(chart: Chart, dataset: Dataset, registry: Registry, number: str) -> dict[str, Any]:
    columns = [dataset.shown(column) for column in chart.columns]
    order = [[dataset.mart.time, False]] if dataset.mart.time in chart.columns else []
    return {
        "query_mode": "raw",
        "all_columns": columns,
        "order_by_cols": [json.dumps(column) for column in order],
        "order_by": order,
        "table_timestamp_format": _DATE_FORMAT,
        "allow_render_html": False,
        "server_pagination": False,
        "page_length": 0,
    }


def _cohorts(chart: Chart, dataset: Dataset, registry: Registry, number: str) -> dict[str, Any]:
    return {
        "groupbyRows": [*_shown(chart, dataset), chart.x],
        "groupbyColumns": [chart.across],
        "temporal_columns_lookup": {chart.x: True},
        "metrics": list(chart.metrics),
        "metricsLayout": "COLUMNS",
        "order_desc": True,
        "aggregateFunction": "Sum",
        "rowTotals": False,
        "colTotals": False,
        "valueFormat": number,
        "date_format": _DATE_FORMAT,
        "rowOrder": "key_z_to_a",
        "colOrder": "key_a_to_z",
        "conditional_formatting": [
            {"operator": "None", "colorScheme": "colorSuccess", "column": chart.metrics[0], "targetValue": None},
        ],
    }


_OF_KIND = {
    "total": _total,
    "latest": _latest,
    "line": _series,
    "bar": _series,
    "table": _table,
    "rows": _rows,
    "cohorts": _cohorts,
}


def _adhoc_filters(chart: Chart, dataset: Dataset) -> list[dict[str, Any]]:
    """The dates, which the dashboard's choice replaces, and the fixed values of other columns."""
    found = [_condition(str(dataset.mart.time), "TEMPORAL_RANGE", ALL_DATES)] if is_dated(chart, dataset) else []
    for column, values in chart.where.items():
        found.append(_condition(column, "==", values[0]) if len(values) == 1 else _condition(column, "IN", list(values)))
    return found


def _condition(column: str, operator: str, value: Any) -> dict[str, Any]:
    return {"clause": "WHERE", "expressionType": "SIMPLE", "subject": column, "operator": operator, "comparator": value}
