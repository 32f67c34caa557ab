"""The checks of single values, out of the metric registry: what an entry says that its column may be.

Suites hold what relates columns, rows and marts to each other; which values a column may have at all stands with its definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from community_metrics.audit.suites import Check, Severity, Suite, load_suites
from community_metrics.metrics.dbt_docs import contracts
from community_metrics.metrics.entries import Dimension, Entry, Metric, Registry
from community_metrics.metrics.registry import project_registry
from community_metrics.settings import PROJECT_ROOT, Settings

_MEANINGS = {
    "counts_are_not_negative": ("No count is below zero", "计数不为负"),
    "amounts_are_not_negative": (
        "No amount is below zero (a correction booked as a negative order is a refund)",
        "金额不为负（以负订单冲销的应记为退款）",
    ),
    "shares_are_fractions": ("Every share lies between 0 and 1", "比例在 0 与 1 之间"),
    "numbers_are_within_bounds": ("Every number lies within the bounds of its definition", "数值在其口径规定的范围内"),
    "categories_are_known": ("Every category is one that its definition lists", "类别都在其口径列出的取值之内"),
    "nothing_is_missing": ("No value is missing that its definition says is always known", "口径上总有值的列没有空值"),
}
NAMES = frozenset(_MEANINGS)


def marts_suites(settings: Settings) -> list[Suite]:
    """All that the marts gate asks: the suites of the marts, and the value checks of the registry. Raises `SettingsError`."""
    return with_value_checks(load_suites(settings, "marts"), project_registry(), contract_columns())


def contract_columns() -> dict[str, list[str]]:
    """The columns of every mart, as its contract lists them."""
    return {str(model["name"]): [str(column["name"]) for column in model["columns"]] for model in contracts()}


def with_value_checks(suites: Sequence[Suite], registry: Registry, columns: Mapping[str, Iterable[str]]) -> list[Suite]:
    """The suites with the value checks of their marts behind their own; a mart without a suite gets one. Suites of the home stay."""
    checks = {mart: value_checks(registry, mart, names) for mart, names in columns.items() if mart in registry.marts}
    extended = [
        Suite(**{**suite.__dict__, "checks": (*suite.checks, *checks.pop(suite.table, ()))}) if suite.name == suite.table else suite
        for suite in suites
    ]
    return sorted([*extended, *(_suite(registry, mart, found) for mart, found in checks.items() if found)], key=lambda suite: suite.name)


def value_checks(registry: Registry, mart: str, columns: Iterable[str]) -> tuple[Check, ...]:
    """One check per rule and severity, each over all columns that the rule is about."""
    grain = registry.marts[mart].grain
    broken: dict[tuple[str, Severity], dict[str, str]] = {}
    for column in columns:
        entry = registry.entry(mart, column)
        if entry is None:
            continue
        outside = _outside(column, entry)
        if outside:
            broken.setdefault((_rule(entry), entry.bounds.severity), {})[column] = outside
        if isinstance(entry, Dimension) and entry.values:
            listed = ", ".join(f"'{value}'" for value in entry.values)
            broken.setdefault(("categories_are_known", "critical"), {})[column] = f"{column} not in ({listed})"
        # That the grain is never missing, dbt's contract asserts.
        if entry.null_when is None and column not in grain:
            broken.setdefault(("nothing_is_missing", "critical"), {})[column] = f"{column} is null"
    return tuple(_check(rule, severity, grain, conditions) for (rule, severity), conditions in sorted(broken.items()))


def _rule(entry: Entry) -> str:
    bounds = (entry.bounds.minimum, entry.bounds.maximum)
    if isinstance(entry, Metric) and bounds == (0, 1):
        return "shares_are_fractions"
    if isinstance(entry, Metric) and bounds == (0, None):
        return "amounts_are_not_negative" if entry.kind == "amount" else "counts_are_not_negative"
    return "numbers_are_within_bounds"


def _outside(column: str, entry: Entry) -> str:
    low = f"{column} < {entry.bounds.minimum}" if entry.bounds.minimum is not None else ""
    high = f"{column} > {entry.bounds.maximum}" if entry.bounds.maximum is not None else ""
    return " or ".join(filter(None, (low, high)))


def _check(rule: str, severity: Severity, grain: Sequence[str], conditions: Mapping[str, str]) -> Check:
    shown = ", ".join(dict.fromkeys((*grain, *conditions)))
    where = "\n    or ".join(conditions.values())
    meaning, meaning_zh = _MEANINGS[rule]
    return Check(
        name=rule if severity == "critical" or rule == "amounts_are_not_negative" else f"{rule}_{severity}",
        severity=severity,
        meaning=meaning,
        meaning_zh=meaning_zh,
        column=next(iter(conditions)) if len(conditions) == 1 else None,
        unexpected_rows=f"select {shown}\nfrom {{batch}}\nwhere\n    {where}\n",
        expectation=None,
        kwargs={},
    )


def _suite(registry: Registry, mart: str, checks: tuple[Check, ...]) -> Suite:
    entry = registry.marts[mart]
    path = Path(PROJECT_ROOT, "metrics", f"{entry.domain}.yml")
    return Suite("marts", mart, mart, entry.label.en, entry.label.zh, (), checks, path)
