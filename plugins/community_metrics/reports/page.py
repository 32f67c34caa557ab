"""A report as one HTML file that needs nothing else: for a browser, for a mail, for paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from community_metrics.dashboard.site import DASHBOARDS
from community_metrics.metrics.entries import Metric, Text
from community_metrics.metrics.registry import project_registry
from community_metrics.reports.charts import bar_chart, line_chart
from community_metrics.reports.content import Headline, Report, Series
from community_metrics.reports.decomposition import rounded_parts
from community_metrics.reports.restated import RestatedNumber
from community_metrics.reports.splits import Split
from community_metrics.reports.words import AGAINST, LANGUAGES, TITLES, Language, digits_of, number, relative, say, signed, site_words

Choice = Literal["zh", "en", "both"]


@dataclass(frozen=True)
class SplitTable:
    """A split as it is shown: cells that were rounded together, so that they add up on paper as well."""

    split: Split
    rows: tuple[tuple[str, str, str, tuple[str, ...], str], ...]
    totals: tuple[str, ...]
    change: str
    chart: Markup


class Words:
    """What the template calls, in one language."""

    def __init__(self, language: Language, report: Report) -> None:
        self.language = language
        self.report = report

    def say(self, text: Text) -> str:
        return say(text, self.language)

    def choose(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def title(self) -> str:
        return title(self.report, self.language)

    def against(self, reason: str) -> str:
        return self.say(AGAINST[self.report.period.kind, reason])

    def label(self, headline: Headline) -> str:
        label = self.say(headline.metric.label)
        return f"{label} ({self.say(headline.note)})" if headline.note else label

    def value(self, headline: Headline) -> str:
        text = number(headline.value, headline.metric, headline.currency, self.language)
        unit = headline.metric.unit
        return f"{text} {self.say(project_registry().units[unit])}" if unit and headline.value is not None else text

    def old(self, headline: Headline, value: Fraction | None) -> str:
        return number(value, headline.metric, headline.currency, self.language)

    def change(self, headline: Headline, before: Fraction | None) -> str:
        """`+12 (+3.4%)`; an unknown number has no change."""
        if headline.value is None or before is None:
            return "–"
        text = signed(headline.value - before, headline.metric, headline.currency, self.language)
        share = "" if headline.metric.kind in ("share", "index") else relative(before, headline.value)
        return f"{text} ({share})" if share else text

    def tone(self, headline: Headline, before: Fraction | None) -> str:
        """`good`, `bad`, or '' where nothing has changed or no direction is better."""
        if headline.value is None or before is None or headline.value == before or headline.metric.direction == "neutral":
            return ""
        return "good" if (headline.value > before) == (headline.metric.direction == "up") else "bad"

    def source(self, name: str) -> str:
        known = site_words("sources").get(name)
        return self.say(known) if known else name

    def chart(self, series: Series) -> Markup:
        known = [value for _, value in series.points if value is not None]
        highest, lowest = (number(value, series.metric, series.currency, self.language) for value in (max(known), min(known)))
        period = self.report.period
        return line_chart(self.say(series.metric.label), series.points, (period.first, period.last), highest, lowest)

    def table(self, split: Split) -> SplitTable:
        digits = digits_of(split.metric)
        width = len(split.columns)
        flat = rounded_parts([part for row in split.rows for part in row.parts], digits)
        shown = [flat[index : index + width] for index in range(0, len(flat), width)]
        totals = [sum((row[column] for row in shown), Fraction(0)) for column in range(width)]

        def words(change: Fraction) -> str:
            return signed(change, split.metric, split.currency, self.language)

        def own(value: Fraction | None) -> str:
            return "" if value is None else number(value, split.metric, split.currency, self.language)

        rows = tuple(
            (self.say(row.label), own(row.before), own(row.now), tuple(map(words, cells)), words(sum(cells, Fraction(0))))
            for row, cells in zip(split.rows, shown, strict=True)
        )
        if width > 1:
            steps = [(self.say(label), total, words(total)) for label, total in zip(split.columns, totals, strict=True)]
        else:
            steps = [(self.say(row.label), cells[0], words(cells[0])) for row, cells in zip(split.rows, shown, strict=True)]
        is_up_good = None if split.metric.direction == "neutral" else split.metric.direction == "up"
        chart = bar_chart(self.say(split.title), steps, is_up_good)
        return SplitTable(split, rows, tuple(map(words, totals)), words(sum(totals, Fraction(0))), chart)

    def level(self, split: Split, value: Fraction) -> str:
        return number(value, split.metric, split.currency, self.language)

    def meaning(self, metric: Metric) -> str:
        """Definition, and when the number is not known."""
        words = [self.say(metric.definition)]
        if metric.null_when:
            words.append(f"{self.choose('未知：', 'Not known: ')}{self.say(metric.null_when)}")
        return self.choose("", " ").join(word if word.endswith(("。", ".")) else word + self.choose("。", ".") for word in words)

    def restated(self, cell: RestatedNumber) -> tuple[str, str]:
        """What it was and is; as exactly as the release says where rounding would hide the difference."""
        old, new = (number(Fraction(text) if text else None, cell.metric, cell.currency, self.language) for text in (cell.old, cell.new))
        return (cell.old, cell.new or new) if old == new else (old, new)

    def days(self, days: Sequence[Any]) -> str:
        """The first few, and how many more."""
        shown = self.choose("、", ", ").join(str(day) for day in days[:5])
        return f"{shown} +{len(days) - 5}" if len(days) > 5 else shown


def title(report: Report, language: Language) -> str:
    """`社群日报 · 2026-11-01 周日`."""
    return f"{say(TITLES[report.period.kind], language)} · {say(report.period.name, language)}"


def languages(choice: Choice) -> tuple[Language, ...]:
    return LANGUAGES if choice == "both" else (choice,)


def render(report: Report, choice: Choice) -> str:
    """The whole page; in both languages one after the other."""
    loader = jinja2.FileSystemLoader(DASHBOARDS / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    chosen = languages(choice)
    heading = " | ".join(title(report, language) for language in chosen)
    parts = [Words(language, report) for language in chosen]
    return environment.get_template("report.html").render(report=report, parts=parts, heading=heading)


_SUMMARY = {
    "mart_growth_daily": ("members_at_end",),
    "mart_activity_daily": ("dau", "messages"),
    "mart_conversion_daily": ("orders", "net_amount"),
}


def summary(report: Report, choice: Choice) -> tuple[str, ...]:
    """A few lines for a robot's message: the main numbers and their changes, and what to doubt."""
    names = {name for columns in _SUMMARY.values() for name in columns}
    lines = []
    for language in languages(choice):
        words = Words(language, report)
        reason = report.period.comparisons[-1].reason
        for section in report.sections:
            for headline in section.headlines:
                if headline.metric.name in names:
                    change = words.change(headline, headline.before[-1])
                    label = words.label(headline)
                    named = f"{label} ({headline.currency})" if headline.currency and headline.metric.kind != "amount" else label
                    lines.append(f"{named}: {words.value(headline)}, {words.against(reason)} {change}")
        lines += doubts(report, words)
    return tuple(lines)


def doubts(report: Report, words: Words) -> list[str]:
    """One sentence each for what is incomplete, restated or failed."""
    found = []
    if report.missing_days:
        days = words.days(report.missing_days)
        found.append(words.choose(f"数据不完整：{days}", f"Incomplete: {days}"))
    cells = sum(mart.cells for mart in report.restatements.marts)
    if cells:
        found.append(words.choose(f"已发布的数字有 {cells:,} 个被重述", f"{cells:,} published numbers have been restated"))
    if report.checks:
        found.append(words.choose(f"{len(report.checks)} 项检查未通过", f"{len(report.checks)} checks did not pass"))
    return found
