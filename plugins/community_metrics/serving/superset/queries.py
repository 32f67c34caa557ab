"""The query of a chart as Superset's own pages ask it, key by key: what is asked when a cache is warmed is then what readers ask.

A test opens every dashboard in a browser and looks whether each answer came out of the cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ALL_DATES = "No filter"
_SERIES = ("echarts_timeseries_line", "echarts_timeseries_bar")


def query_context(params: Mapping[str, Any]) -> dict[str, Any]:
    """What `warm_up_cache` asks, from the settings of the chart's controls."""
    return {
        # The import puts the dataset's number here.
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [_query(params)],
        "form_data": dict(params),
        "result_format": "json",
        "result_type": "full",
    }


def _query(params: Mapping[str, Any]) -> dict[str, Any]:
    conditions = params["adhoc_filters"]
    query: dict[str, Any] = {
        "filters": [{"col": one["subject"], "op": one["operator"], "val": one["comparator"]} for one in conditions],
        "extras": {"having": "", "where": ""},
        "applied_time_extras": {},
        "columns": list(params.get("groupby", [])),
        "metrics": list(params.get("metrics") or ([params["metric"]] if "metric" in params else [])),
        "annotation_layers": [],
        "row_limit": params["row_limit"],
        "series_limit": 0,
        "group_others_when_limit_reached": False,
        "order_desc": params.get("order_desc", True),
        "url_params": {},
        "custom_params": {},
        "custom_form_data": {},
    }
    if any(one["operator"] == "TEMPORAL_RANGE" for one in conditions):
        query["time_range"] = ALL_DATES
    kind = params["viz_type"]
    if kind == "big_number":
        return query | _over_axis(params, [], drop_missing=True)
    if kind in _SERIES:
        groups = list(params["groupby"])
        ordered = {"series_columns": groups, "time_offsets": [], "orderby": [[query["metrics"][0], False]]}
        return query | ordered | _over_axis(params, groups, drop_missing=False)
    if kind == "table":
        return query | {"time_offsets": [], "post_processing": []} | _of_table(params)
    if kind == "pivot_table_v2":
        columns = [*params["groupbyColumns"], *params["groupbyRows"]]
        return query | {"columns": columns, "orderby": [[query["metrics"][0], False]]}
    return query


def _over_axis(params: Mapping[str, Any], groups: list[str], drop_missing: bool) -> dict[str, Any]:
    """Lines and bars: a row for each place on the axis, a column for each of them."""
    axis, grain = params["x_axis"], params["time_grain_sqla"]
    metrics = params.get("metrics") or [params["metric"]]
    pivot = {
        "index": [axis],
        "columns": groups,
        "aggregates": {metric: {"operator": "mean"} for metric in metrics},
        "drop_missing_columns": drop_missing,
    }
    rename = {"columns": {metrics[0]: None}, "level": 0, "inplace": True}
    named = [{"operation": "rename", "options": rename}] if groups and len(metrics) == 1 else []
    column = {
        "timeGrain": grain,
        "columnType": "BASE_AXIS",
        "sqlExpression": axis,
        "label": axis,
        "expressionType": "SQL",
        "isColumnReference": True,
    }
    return {
        "columns": [column, *groups],
        "extras": {"time_grain_sqla": grain, "having": "", "where": ""},
        "post_processing": [{"operation": "pivot", "options": pivot}, *named, {"operation": "flatten"}],
    }


def _of_table(params: Mapping[str, Any]) -> dict[str, Any]:
    if params["query_mode"] == "raw":
        return {"columns": list(params["all_columns"]), "metrics": None, "orderby": params["order_by"]}
    order = params["timeseries_limit_metric"]
    return {"orderby": [[order, False]], "series_limit_metric": order}
