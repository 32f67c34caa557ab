"""Which changes a report splits, into what, and against which period.

A brief of a day holds totals against the same weekday, because weekdays differ among themselves, and states against the day before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from community_metrics.metrics.entries import Metric, Text
from community_metrics.metrics.registry import project_registry
from community_metrics.reports.decomposition import Effects, Part, contributions, effects_on_ratio, effects_on_total
from community_metrics.reports.numbers import Numbers, Source
from community_metrics.reports.periods import Comparison, Period
from community_metrics.reports.words import REST, site_words

VOLUME = Text("量", "Volume")
MIX = Text("结构", "Mix")
RATE = Text("率", "Rate")
CHANGE = Text("变化", "Change")

_GROWTH, _ACTIVITY, _SALES = "mart_growth_daily", "mart_activity_daily", "mart_conversion_daily"
_NAMED = {"day": 5, "week": 10, "month": 10}
_BY_PLATFORM = Text("按平台", "by platform")
_BY_COMMUNITY = Text("按社群", "by community")


@dataclass(frozen=True)
class SplitRow:
    """One part: a value for each column of the split; `before` and `now` where the part is a number of its own."""

    label: Text
    parts: tuple[Fraction, ...]
    before: Fraction | None = None
    now: Fraction | None = None


@dataclass(frozen=True)
class Split:
    """The change of `metric` from `before` to `now`: all parts of all rows add up to it exactly."""

    title: Text
    note: Text
    metric: Metric
    currency: str | None
    comparison: Comparison
    before: Fraction
    now: Fraction
    columns: tuple[Text, ...]
    rows: tuple[SplitRow, ...]

    @property
    def change(self) -> Fraction:
        return self.now - self.before

    @property
    def totals(self) -> tuple[Fraction, ...]:
        """The sum of each column."""
        return tuple(sum((row.parts[index] for row in self.rows), Fraction(0)) for index in range(len(self.columns)))

    @property
    def steps(self) -> list[tuple[Text, Fraction]]:
        """The way from `before` to `now` that a chart shows: the columns, or the rows of a single column."""
        if len(self.columns) > 1:
            return list(zip(self.columns, self.totals, strict=True))
        return [(row.label, row.parts[0]) for row in self.rows]


def splits(numbers: Numbers, period: Period, communities: Mapping[str, str]) -> list[Split]:
    """All splits whose numbers are known; `communities`: community_key -> name."""
    previous, like = period.comparisons[0], period.comparisons[-1]
    found: list[Split | None] = [_members(numbers, period, previous), _active(numbers, period, previous)]
    messages = Source(_ACTIVITY, "messages")
    found += [
        _talk(numbers, period, like),
        _shares(numbers, period, like, messages, "platform", _BY_PLATFORM, site_words("platforms")),
        _shares(numbers, period, like, messages, "community", _BY_COMMUNITY, {key: Text(name, name) for key, name in communities.items()}),
    ]
    for currency in numbers.currencies():
        found += [_net(numbers, period, like, currency), *_sales(numbers, period, like, currency)]
    return [split for split in found if split is not None and (split.before or split.now)]


def _members(numbers: Numbers, period: Period, against: Comparison) -> Split | None:
    end = Source(_GROWTH, "members_at_end")
    between = Period(period.kind, against.period.last + timedelta(days=1), period.last)
    flows = [(name, numbers.over(Source(_GROWTH, name), between)) for name in ("new_members", "rejoined_members", "left_members")]
    rows = _signed(_GROWTH, flows, "left_members")
    note = Text("期初 + 新增 + 重新加入 − 离开 = 期末。", "The state before, plus new and rejoined, less left, is the state now.")
    return _split(end, None, against, numbers.over(end, against.period), numbers.over(end, period), (CHANGE,), rows, note)


def _active(numbers: Numbers, period: Period, against: Comparison) -> Split | None:
    source = Source("mart_lifecycle", "active")
    now, before = (numbers.lifecycle(some) for some in (period, against.period))
    flows = [(name, now.get(name)) for name in ("new", "resurrected", "dormant")]
    note = Text(
        "上期活跃 + 新 + 回流 − 沉睡 = 本期活跃（沉睡：上期活跃而本期没有）。",
        "Active before, plus new and resurrected, less dormant (active before and not now), is active now.",
    )
    rows = _signed("mart_lifecycle", flows, "dormant")
    return _split(source, None, against, before.get("active"), now.get("active"), (CHANGE,), rows, note)


def _signed(mart: str, flows: Sequence[tuple[str, Fraction | None]], leaving: str) -> list[SplitRow] | None:
    rows = []
    for name, value in flows:
        if value is None:
            return None
        rows.append(SplitRow(Source(mart, name).metric.short, (-value if name == leaving else value,)))
    return rows


def _talk(numbers: Numbers, period: Period, against: Comparison) -> Split | None:
    """More people, or more by each? People are on several platforms, so that no mix of platforms can be told apart here."""
    messages, active = Source(_ACTIVITY, "messages"), Source(_ACTIVITY, "dau")
    sides = []
    for some in (against.period, period):
        total, days = numbers.over(messages, some), numbers.member_days(active, some)
        if total is None or days is None:
            return None
        sides.append({"all": Part(total, days)})
    effects = effects_on_total(*sides)
    if effects is None:
        return None
    everything = Text("全部", "Everything")
    rows = [SplitRow(everything, (found.volume, found.rate)) for found in effects]
    note = Text(
        "量：每日活跃成员之和变化的影响；率：每位活跃成员每天的消息数变化的影响。",
        "Volume: what the active members (added up over the days) did; rate: what the messages per active member and day did.",
    )
    title = Text("人多了还是话多了", "more people, or more by each")
    return _split(messages, None, against, sides[0]["all"].total, sides[1]["all"].total, (VOLUME, RATE), rows, note, title)


def _shares(
    numbers: Numbers, period: Period, against: Comparison, source: Source, scope_type: str, title: Text, names: Mapping[str, Text]
) -> Split | None:
    before, now = numbers.over(source, against.period), numbers.over(source, period)
    if before is None or now is None:
        return None
    sides = [numbers.by_scope(source, scope_type, some) for some in (against.period, period)]
    segments = {name: (sides[0].get(name, Fraction(0)), sides[1].get(name, Fraction(0))) for name in {*sides[0], *sides[1]}}
    if not segments:
        return None
    parts = contributions(before, now, segments, _NAMED[period.kind])
    rows = [
        SplitRow(REST if part.segment is None else names.get(part.segment, _plain(part.segment)), (part.change,), part.before, part.now)
        for part in parts
    ]
    note = Text("各部分自身的变化之和即总变化。", "Each part's own change; together they are the change.")
    return _split(source, source.currency, against, before, now, (CHANGE,), rows, note, title)


def _net(numbers: Numbers, period: Period, against: Comparison, currency: str) -> Split | None:
    net = Source(_SALES, "net_amount", currency)
    rows = []
    for column, sign in (("gross_amount", 1), ("refund_amount", -1)):
        source = Source(_SALES, column, currency)
        before, now = numbers.over(source, against.period), numbers.over(source, period)
        if before is None or now is None:
            return None
        rows.append(SplitRow(source.metric.short, (sign * (now - before),), before, now))
    note = Text("成交额的变化减去退款的变化。", "The change of gross sales less that of refunds.")
    return _split(net, currency, against, numbers.over(net, against.period), numbers.over(net, period), (CHANGE,), rows, note)


def _sales(numbers: Numbers, period: Period, against: Comparison, currency: str) -> Iterator[Split | None]:
    """Gross sales in volume (orders), mix (platforms) and rate (order value); and the order value in mix and rate."""
    gross, orders = Source(_SALES, "gross_amount", currency), Source(_SALES, "orders", currency)
    sides, totals = [], []
    for some in (against.period, period):
        total, count = numbers.over(gross, some), numbers.over(orders, some)
        amounts, counts = numbers.by_scope(gross, "platform", some), numbers.by_scope(orders, "platform", some)
        # A platform that is not known would be taken for one that sold nothing.
        if total is None or count is None or sum(amounts.values()) != total or sum(counts.values()) != count:
            return
        sides.append({name: Part(amounts[name], counts[name]) for name in amounts})
        totals.append((total, count))
    by_total, by_ratio = effects_on_total(*sides), effects_on_ratio(*sides)
    if by_total is None or by_ratio is None:
        return
    note = Text(
        "量：订单总数；结构：订单在各平台之间的分布；率：各平台自己的客单价。",
        "Volume: all orders; mix: how they are spread over platforms; rate: each platform's own order value.",
    )
    rows = _effect_rows(by_total, with_volume=True)
    yield _split(gross, currency, against, totals[0][0], totals[1][0], (VOLUME, MIX, RATE), rows, note, _BY_PLATFORM)
    if period.kind != "day":
        values = [total / count for total, count in totals]
        aov = Source(_SALES, "aov", currency)
        note = Text(
            "结构：订单在各平台之间的分布；率：各平台自己的客单价。",
            "Mix: how the orders are spread over platforms; rate: each platform's own order value.",
        )
        rows = _effect_rows(by_ratio, with_volume=False)
        yield _split(aov, currency, against, values[0], values[1], (MIX, RATE), rows, note, _BY_PLATFORM)


def _effect_rows(effects: Sequence[Effects], with_volume: bool) -> list[SplitRow]:
    names = site_words("platforms")
    ordered = sorted(effects, key=lambda found: (-abs(found.change), found.segment))
    return [
        SplitRow(
            names.get(found.segment, _plain(found.segment)),
            (found.volume, found.mix, found.rate) if with_volume else (found.mix, found.rate),
        )
        for found in ordered
    ]


def _split(
    source: Source,
    currency: str | None,
    against: Comparison,
    before: Fraction | None,
    now: Fraction | None,
    columns: tuple[Text, ...],
    rows: Sequence[SplitRow] | None,
    note: Text,
    title: Text | None = None,
) -> Split | None:
    """The split, with a row for what its parts leave over; None when a number of it is not known."""
    if before is None or now is None or rows is None:
        return None
    left_over = now - before - sum((part for row in rows for part in row.parts), Fraction(0))
    if left_over:
        rows = [*rows, SplitRow(REST, (left_over, *(Fraction(0) for _ in columns[1:])))]
    metric = project_registry().metric_of(source.mart, source.column)
    assert metric is not None, f"{source.mart}.{source.column} is no metric"
    label = Text(f"{metric.label.zh} · {title.zh}", f"{metric.label.en}, {title.en}") if title else metric.label
    return Split(label, note, metric, currency, against, before, now, columns, tuple(rows))


def _plain(name: str) -> Text:
    return Text(name, name)
