"""Runs cases: plans them, shares one pipeline run among those with the same time zone and week start, judges the answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import duckdb

from community_metrics import pipeline
from community_metrics.errors import CommunityMetricsError
from community_metrics.oracles.active_users import plan_active_users
from community_metrics.oracles.cases import Case, NotSupported, Unreadable, UnreadableCase
from community_metrics.oracles.exports import write_definitions, write_exports
from community_metrics.oracles.funnels import plan_funnel
from community_metrics.oracles.lifecycle import plan_lifecycle
from community_metrics.oracles.marts import Marts, NoRow
from community_metrics.oracles.plans import Plan
from community_metrics.oracles.retention import plan_retention
from community_metrics.oracles.stickiness import plan_stickiness
from community_metrics.settings import Settings
from community_metrics.warehouse.definitions import read_definitions

Outcome = Literal["passed", "failed", "not supported"]

PLANNERS: Mapping[str, Callable[[Case], Plan]] = {
    "retention": plan_retention,
    "lifecycle": plan_lifecycle,
    "trends": plan_active_users,
    "stickiness": plan_stickiness,
    "funnel": plan_funnel,
}


@dataclass(frozen=True)
class Verdict:
    file: str
    name: str
    outcome: Outcome
    detail: str = ""


def run_cases(cases: Sequence[Case | UnreadableCase], settings: Settings, workplace: Path) -> list[Verdict]:
    """A verdict per case, in the cases' order. `settings` gives limits and definitions; every run has a home of its own in `workplace`.

    Raises `CommunityMetricsError` if the pipeline itself fails: that says nothing about a case.
    """
    definitions = read_definitions(settings.definitions)
    verdicts: dict[int, Verdict] = {}
    groups: dict[tuple[str, str], list[tuple[int, Plan]]] = {}
    for number, case in enumerate(cases):
        planned = _plan(case)
        if isinstance(planned, Verdict):
            verdicts[number] = planned
        else:
            groups.setdefault((planned.case.timezone, planned.case.week_start), []).append((number, planned))
    for index, ((timezone, week_start), members) in enumerate(groups.items(), start=1):
        print(f"run {index} of {len(groups)}: {len(members)} cases, {timezone}, weeks from {week_start}", file=sys.stderr)
        home = workplace / f"run-{index}"
        plans = [plan for _, plan in members]
        run_settings = replace(settings, home=home, timezone=timezone, week_start=week_start, definitions=home / "definitions")
        _run_pipeline(plans, definitions, run_settings)
        verdicts.update(zip((number for number, _ in members), _judge_all(plans, run_settings.warehouse_path), strict=True))
    return [verdicts[number] for number in range(len(cases))]


def _plan(case: Case | UnreadableCase) -> Plan | Verdict:
    if isinstance(case, UnreadableCase):
        return Verdict(case.file, case.name, "failed", case.reason)
    if case.metric not in PLANNERS:
        return Verdict(case.file, case.name, "not supported", f"metric `{case.metric}`")
    if case.week_start not in ("monday", "sunday"):
        return Verdict(case.file, case.name, "not supported", f"weeks from {case.week_start}")
    try:
        return PLANNERS[case.metric](case)
    except NotSupported as reason:
        return Verdict(case.file, case.name, "not supported", str(reason))
    except (Unreadable, ValueError, TypeError) as error:
        return Verdict(case.file, case.name, "failed", f"cannot be put to the pipeline: {error}")


def _run_pipeline(plans: Sequence[Plan], definitions: Mapping[str, str], settings: Settings) -> None:
    write_definitions(plans, definitions, settings.definitions)
    # No secret: the persons are invented. Without it every run would warn that it has made a key.
    (settings.home / "id_key").write_text("oracles", encoding="utf-8")
    write_exports(plans, settings.inbox)
    report = pipeline.ingest(settings)
    for file in report.troubled:
        raise CommunityMetricsError(
            f"the pipeline did not take a case's file whole: {file.status} {file.reason or ''}, {file.quarantined} rows quarantined",
            file.name,
            "see what the ledger says: this is a fault of the runner or of the ingest, not of the case",
        )
    pipeline.build(settings)


def _judge_all(plans: Sequence[Plan], warehouse: Path) -> Iterator[Verdict]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        marts = Marts(connection)
        for plan in plans:
            yield _judge(plan, marts)


def _judge(plan: Plan, marts: Marts) -> Verdict:
    case = plan.case
    try:
        answer = plan.read(marts)
    except NoRow as reason:
        return Verdict(case.file, case.name, "failed", str(reason))
    wrong = [f"{key}: expected {wanted}, got {answer[key]}" for key, wanted in _expected(case).items() if answer[key] != wanted]
    return Verdict(case.file, case.name, "failed" if wrong else "passed", "; ".join(wrong))


def _expected(case: Case) -> dict[str, Any]:
    """The asserted answer; labels of periods, where a case asserts them, as plain dates."""
    expected = dict(case.expected)
    for key in ("dates", "days"):
        if key in expected:
            expected[key] = [str(label)[:10] for label in expected[key]]
    return expected
