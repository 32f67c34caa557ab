"""Puts a report together out of one release: numbers, what they are held against, where changes come from, and what to doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from community_metrics.dashboard.trust import Check, read_trust
from community_metrics.errors import UsageError
from community_metrics.metrics.entries import Metric, Text
from community_metrics.metrics.registry import project_registry
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.leases import lease
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import reading
from community_metrics.releases.pointer import current_release_id
from community_metrics.reports.completeness import SourceState, source_states, whole_days
from community_metrics.reports.numbers import Numbers, Source
from community_metrics.reports.periods import Kind, Period, dates, period_of
from community_metrics.reports.restated import Restatements, restatements_since
from community_metrics.reports.splits import Split, splits
from community_metrics.settings import Settings

_HEADLINES = {
    "mart_growth_daily": ("members_at_end", "new_members", "rejoined_members", "left_members"),
    "mart_activity_daily": ("dau", "mau_30", "stickiness", "active_rate", "messages", "interactions", "top10_message_share"),
}
_LIFECYCLE = ("active", "new", "retained", "resurrected", "dormant", "quick_ratio")
_SALES = ("orders", "paying_members", "gross_amount", "refund_amount", "net_amount", "aov", "conversion_rate_active")
_CHARTS = (("mart_activity_daily", "dau"), ("mart_activity_daily", "messages"), ("mart_growth_daily", "members_at_end"))
# Four weeks to a day, three months to a week, and what a month is compared with.
_CHART_DAYS = {"day": 28, "week": 84, "month": 92}


@dataclass(frozen=True)
class Headline:
    """A number of the period and of each period that it is compared with. `note`: what it is besides its metric."""

    metric: Metric
    currency: str | None
    value: Fraction | None
    before: tuple[Fraction | None, ...]
    note: Text | None = None


@dataclass(frozen=True)
class Section:
    title: Text
    headlines: tuple[Headline, ...]


@dataclass(frozen=True)
class Series:
    """A number day by day, up to the end of the period."""

    metric: Metric
    currency: str | None
    points: tuple[tuple[date, Fraction | None], ...]


@dataclass(frozen=True)
class Report:
    """Everything that the page says. `missing_days`: days of the period that the release does not hold whole."""

    period: Period
    release_id: str
    created_at: str
    data_through: str
    missing_days: tuple[date, ...]
    sections: tuple[Section, ...]
    series: tuple[Series, ...]
    splits: tuple[Split, ...]
    sources: tuple[SourceState, ...]
    restatements: Restatements
    checks: tuple[Check, ...]
    approvals: int
    site: str

    @property
    def is_complete(self) -> bool:
        return not self.missing_days

    @property
    def metrics(self) -> list[Metric]:
        """All that the report shows, each once: their definitions stand at its end."""
        shown = [headline.metric for section in self.sections for headline in section.headlines]
        return list({metric.name: metric for metric in [*shown, *(split.metric for split in self.splits)]}.values())


def published_release(settings: Settings) -> str:
    """The id of the release that readers see. Raises `UsageError` before the first."""
    current = current_release_id(settings)
    if current is None:
        raise UsageError("nothing is published yet", str(settings.current_release), "`community-metrics run` publishes")
    return current


def make_report(settings: Settings, release_id: str, kind: Kind, day: date | None, since: str | None = None) -> Report:
    """The report of the day, week or month that `day` lies in (None: the newest one that is whole).

    `since`: the release of the report before, whose readers are told what has been restated since.
    Raises `CommunityMetricsError` for a release that there is not, `UsageError` where no period is whole.
    """
    with lease(settings, release_id) as folder:
        manifest = read_manifest(folder)
        week_start = str(manifest.get("week_start") or settings.week_start)
        with reading(folder / DATABASE_NAME) as connection:
            whole = whole_days(connection)
            period = _chosen(kind, day, whole, week_start, folder)
            numbers = Numbers(connection)
            trust = read_trust(manifest)
            return Report(
                period=period,
                release_id=release_id,
                created_at=trust.created_at,
                data_through=trust.data_through,
                missing_days=tuple(sorted(set(period.days) - set(whole))),
                sections=tuple(_sections(numbers, period)),
                series=tuple(_series(numbers, period)),
                splits=tuple(splits(numbers, period, numbers.communities())),
                sources=tuple(source_states(connection, period)),
                restatements=restatements_since(folder, since),
                checks=tuple(check for check in trust.checks if check.status in ("failed", "broken")),
                approvals=len(trust.approvals),
                site=settings.alerts.site,
            )


def _chosen(kind: Kind, day: date | None, whole: Sequence[date], week_start: str, folder: Path) -> Period:
    if day is not None:
        return period_of(kind, day, week_start)
    for candidate in sorted({period_of(kind, known, week_start) for known in whole}, reverse=True):
        if set(candidate.days) <= set(whole):
            return candidate
    raise UsageError(
        f"the release holds no whole {kind}", folder.name, f"name one with --{kind}; `community-metrics status` tells what is missing"
    )


def _sections(numbers: Numbers, period: Period) -> list[Section]:
    registry = project_registry()
    found = []
    for mart, columns in _HEADLINES.items():
        if numbers.has(mart):
            headlines = [_headline(numbers, Source(mart, column), period) for column in columns]
            found.append(Section(registry.domains[registry.marts[mart].domain].label, tuple(headlines)))
    if period.kind != "day" and numbers.has("mart_lifecycle"):
        found.append(Section(registry.marts["mart_lifecycle"].label, (*_growth_accounting(numbers, period), *_retention(numbers, period))))
    for currency in numbers.currencies():
        sales = registry.domains["conversion"].label
        headlines = [_headline(numbers, Source("mart_conversion_daily", column, currency), period) for column in _SALES]
        found.append(Section(Text(f"{sales.zh} · {currency}", f"{sales.en}, {currency}"), tuple(headlines)))
    return found


def _headline(numbers: Numbers, source: Source, period: Period) -> Headline:
    before = tuple(numbers.over(source, other.period) for other in period.comparisons)
    is_mean = period.kind != "day" and source.metric.over_dates == "mean"
    note = Text("日均", "mean of the days") if is_mean else None
    return Headline(source.metric, source.currency, numbers.over(source, period), before, note)


def _growth_accounting(numbers: Numbers, period: Period) -> list[Headline]:
    now = numbers.lifecycle(period)
    before = [numbers.lifecycle(other.period) for other in period.comparisons]
    return [
        Headline(Source("mart_lifecycle", column).metric, None, now.get(column), tuple(row.get(column) for row in before))
        for column in _LIFECYCLE
    ]


def _retention(numbers: Numbers, period: Period) -> list[Headline]:
    """The cohort whose first period after its own is this one."""
    if not numbers.has("mart_retention"):
        return []
    cohort = period.previous
    note = Text(f"{cohort.name.zh} 入群，本期仍活跃", f"joined {cohort.name.en}, active in this period")
    metric = Source("mart_retention", "retention_rate").metric
    return [Headline(metric, None, numbers.retention(cohort), (numbers.retention(cohort.previous),), note)]


def _series(numbers: Numbers, period: Period) -> list[Series]:
    shown = list(dates(period.last - timedelta(days=_CHART_DAYS[period.kind] - 1), period.last))
    sources = [Source(mart, column) for mart, column in _CHARTS if numbers.has(mart)]
    sources += [Source("mart_conversion_daily", "net_amount", currency) for currency in numbers.currencies()[:1]]
    found = [Series(source.metric, source.currency, tuple(numbers.series(source, shown))) for source in sources]
    return [series for series in found if any(value is not None for _, value in series.points)]
