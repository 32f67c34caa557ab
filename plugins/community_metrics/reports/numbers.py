"""Numbers of a release over a period: days are combined as the metric registry says, and a number is known or it is None.

One unknown day makes the number of the period unknown: a sum that leaves it out would be another number. Values are fractions, so
that what adds up does so exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from community_metrics.metrics.entries import Metric
from community_metrics.metrics.registry import project_registry
from community_metrics.releases.marts import columns_of, mart_names, mart_relation, quoted
from community_metrics.reports.periods import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = Mapping[str, Fraction | None]
Days = Mapping[date, Row]


@dataclass(frozen=True)
class Source:
    """A column of a daily mart, of one currency where the mart has several."""

    mart: str
    column: str
    currency: str | None = None

    @property
    def metric(self) -> Metric:
        found = project_registry().metric_of(self.mart, self.column)
        assert found is not None, f"{self.mart}.{self.column} is no metric"
        return found


class Numbers:
    """Reads the daily marts of one release."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        self._marts = set(mart_names(connection))
        self._days: dict[tuple[str, str | None], Days] = {}

    def has(self, mart: str) -> bool:
        return mart in self._marts

    def currencies(self) -> list[str]:
        """Those of the sales of all platforms."""
        if not self.has("mart_conversion_daily"):
            return []
        rows = self._connection.execute(
            f"select distinct currency from {mart_relation('mart_conversion_daily')} where scope_type = 'all' order by 1"
        ).fetchall()
        return [currency for (currency,) in rows]

    def days(self, mart: str, currency: str | None = None) -> Days:
        """All days of scope `all`: date -> column -> value."""
        key = (mart, currency)
        if key not in self._days:
            self._days[key] = self._read_days(mart, currency)
        return self._days[key]

    def series(self, source: Source, dates: Iterable[date]) -> list[tuple[date, Fraction | None]]:
        """The value of each date."""
        days = self.days(source.mart, source.currency)
        return [(day, days.get(day, {}).get(source.column)) for day in dates]

    def over(self, source: Source, period: Period) -> Fraction | None:
        """The number of the period."""
        return fold(source.metric, source, self.days(source.mart, source.currency), period)

    def member_days(self, source: Source, period: Period) -> Fraction | None:
        """The values of the days added up, whatever the metric says: distinct members of each day become member-days."""
        return _sum(self.days(source.mart, source.currency), source.column, period.days)

    def lifecycle(self, period: Period) -> Row:
        """The growth accounting of the period: column -> value; empty while the period is not over, or if activity was not known from
        its first day on."""
        if not self.has("mart_lifecycle") or period.first not in self.days("mart_activity_daily"):
            return {}
        names = ("active", "new", "retained", "resurrected", "dormant", "quick_ratio")
        row = self._connection.execute(
            f"select {', '.join(map(quoted, names))} from {mart_relation('mart_lifecycle')}"
            " where scope_type = 'all' and period_grain = ? and period_start = ? and is_complete_period",
            [period.kind, period.first],
        ).fetchone()
        return dict(zip(names, map(_exact, row), strict=True)) if row else {}

    def retention(self, cohort: Period) -> Fraction | None:
        """The share of those who joined in the cohort's period that was active in the next one; None until that is over."""
        if not self.has("mart_retention"):
            return None
        row = self._connection.execute(
            f"select retention_rate from {mart_relation('mart_retention')} where definition = 'member' and scope_type = 'all'"
            " and period_grain = ? and cohort_start = ? and period_index = 1 and is_mature",
            [cohort.kind, cohort.first],
        ).fetchone()
        return _exact(row[0]) if row else None

    def communities(self) -> dict[str, str]:
        """community_key -> its name."""
        if not self.has("dim_community"):
            return {}
        rows = self._connection.execute(
            f"select community_key, coalesce(nullif(trim(community_name), ''), community_id) from {mart_relation('dim_community')}"
        ).fetchall()
        return dict(rows)

    def by_scope(self, source: Source, scope_type: str, period: Period) -> dict[str, Fraction]:
        """Scope -> the sum of its days, for a column that adds up over dates. Scopes of which a day is not known are left out."""
        if not self.has(source.mart):
            return {}
        value = quoted(source.column)
        currency = "and currency = ?" if source.currency else ""
        rows = self._connection.execute(
            f"select scope_id, sum({value}) from {mart_relation(source.mart)}"
            f" where scope_type = ? and business_date between ? and ? {currency} group by scope_id having count(*) = count({value})",
            [scope_type, period.first, period.last, *([source.currency] if source.currency else [])],
        ).fetchall()
        return {scope: _exact(total) or Fraction(0) for scope, total in rows}

    def _read_days(self, mart: str, currency: str | None) -> Days:
        if not self.has(mart):
            return {}
        registry = project_registry()
        names = [
            column.name for column in columns_of(self._connection, mart_relation(mart)) if registry.metric_of(mart, column.name) is not None
        ]
        where = "and currency = ?" if currency else ""
        rows = self._connection.execute(
            f"select business_date, {', '.join(map(quoted, names))} from {mart_relation(mart)} where scope_type = 'all' {where}",
            [currency] if currency else [],
        ).fetchall()
        return {day: {name: _exact(value) for name, value in zip(names, values, strict=True)} for day, *values in rows}


def fold(metric: Metric, source: Source, days: Days, period: Period) -> Fraction | None:
    """One number of the days of a period, as `over_dates` of the metric says; None where a day that it needs is not known."""
    dates = period.days
    if metric.over_dates == "last" or len(dates) == 1:
        return days.get(dates[-1], {}).get(source.column)
    if metric.over_dates == "ratio":
        above, below = (_sum(days, column, dates) for column in _parts(metric, source.mart))
        return above / below if above is not None and below else None
    if metric.over_dates == "never":
        return None
    total = _sum(days, source.column, dates)
    return total / len(dates) if total is not None and metric.over_dates == "mean" else total


def _parts(metric: Metric, mart: str) -> tuple[str, str]:
    """The columns of numerator and denominator in the mart."""
    registry = project_registry()
    above, below = (
        next(place.column for place in registry.metrics[str(name)].places if place.mart == mart)
        for name in (metric.numerator, metric.denominator)
    )
    return above, below


def _sum(days: Days, column: str, dates: Iterable[date]) -> Fraction | None:
    total = Fraction(0)
    for day in dates:
        value = days.get(day, {}).get(column)
        if value is None:
            return None
        total += value
    return total


def _exact(value: Any) -> Fraction | None:
    if value is None:
        return None
    return Fraction(value) if isinstance(value, int | Decimal) else Fraction(str(value))
