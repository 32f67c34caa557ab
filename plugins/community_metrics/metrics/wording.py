"""Sentences about an entry that nobody writes: they follow from its fields. Used by the glossary, dbt's docs and docs/marts.md."""

from __future__ import annotations

from community_metrics.metrics.entries import PLATFORMS, Dimension, Entry, Metric, Registry, Text

_OVER_DATES = {
    "sum": Text("跨日期相加", "adds up over dates"),
    "mean": Text("不能跨日期相加，取各日均值", "does not add up over dates: shown as the mean of the days"),
    "last": Text("不能跨日期相加，取最后一天的值", "does not add up over dates: shown at the last one"),
    "ratio": Text("多个日期时分子、分母分别相加再除", "over several dates numerator and denominator are summed first"),
    "never": Text("不能跨日期合并，只按单行读取", "cannot be combined over dates: read row by row"),
}
_DIRECTIONS = {
    "up": Text("越高越好", "higher is better"),
    "down": Text("越低越好", "lower is better"),
    "neutral": Text("无好坏", "neither"),
}
_KINDS = {
    "count": Text("计数", "count"),
    "amount": Text("金额", "amount of money"),
    "share": Text("比例（0 到 1）", "share (0 to 1)"),
    "ratio": Text("比", "ratio"),
    "duration": Text("时长", "duration"),
    "index": Text("指数（0 到 1）", "index (0 to 1)"),
    "key": Text("标识", "key"),
    "category": Text("类别", "category"),
    "number": Text("序数", "number"),
    "date": Text("日期", "date"),
    "instant": Text("时刻", "instant"),
    "flag": Text("是/否", "flag"),
    "text": Text("文字", "text"),
}


def kind(entry: Entry, registry: Registry) -> Text:
    """What kind of value it is, with its unit."""
    words = _KINDS[entry.kind]
    unit = registry.units[entry.unit] if isinstance(entry, Metric) and entry.unit else None
    return Text(f"{words.zh}（{unit.zh}）", f"{words.en} ({unit.en})") if unit else words


def additivity(metric: Metric, registry: Registry) -> Text:
    """Over what its values may be added."""
    over_dates = _OVER_DATES[metric.over_dates]
    if metric.over_dates == "ratio":
        return over_dates
    others = [PLATFORMS if name == PLATFORMS else name for name in metric.adds_over]
    if not others:
        return Text(f"{over_dates.zh}；不能跨范围等其他列相加", f"{over_dates.en}; never over scopes or other columns")
    zh = "、".join("平台" if name == PLATFORMS else registry.dimensions[name].label.zh for name in others)
    en = ", ".join("platforms" if name == PLATFORMS else f"`{name}`" for name in others)
    return Text(f"{over_dates.zh}；跨{zh}相加", f"{over_dates.en}; adds up over {en}")


def direction(metric: Metric) -> Text:
    return _DIRECTIONS[metric.direction]


def when_null(entry: Entry) -> Text | None:
    """Why a value may be missing; None when it never is."""
    return Text(f"NULL：{entry.null_when.zh}", f"NULL: {entry.null_when.en}") if entry.null_when else None


def allowed(entry: Entry) -> Text | None:
    """What a category may be."""
    if not isinstance(entry, Dimension) or not entry.values:
        return None
    listed = ", ".join(f"`{value}`" for value in entry.values)
    return Text(f"取值：{listed}", f"one of {listed}")
