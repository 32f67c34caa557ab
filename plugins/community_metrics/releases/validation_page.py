"""What a release tells of its validation: the results of its manifest, beside the rules that they were found by.

The rules stand in suites, whose fingerprint is part of the release's: results and rules belong together. What the gate of the sources
found since the release before stands in `ops.check_results`. Examples of bad values stay out of releases.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import duckdb

from community_metrics.audit.bounds import marts_suites
from community_metrics.audit.suites import HOME_PREFIX, Check, Suite, load_suites
from community_metrics.dashboard.validations import LANDINGS_SHOWN, ValidatedCheck, ValidatedLandings, ValidatedSuite, Validations
from community_metrics.errors import BusyError
from community_metrics.ops import open_ops
from community_metrics.releases.retention import made_at
from community_metrics.settings import Settings

log = logging.getLogger(__name__)

_COLUMNS = ("suite", "check", "severity", "status", "observed", "expected", "meaning", "meaning_zh")
_LANDINGS = f"""
select run_at, {", ".join(f'"{name}"' for name in _COLUMNS)}
from ops.check_results
where gate = 'sources' and run_at in (
    select distinct run_at from ops.check_results where gate = 'sources' and run_at > ? order by run_at desc limit {LANDINGS_SHOWN}
)
order by run_at desc, suite, "check"
"""
_ORDER = ("broken", "failed", "passed", "not_applicable")


def read_validations(settings: Settings, manifest: Mapping[str, Any]) -> Validations:
    """The page of the release of `manifest`. While somebody keeps the tables about runs open, it tells nothing of the sources."""
    suites = {suite.name: suite for suite in marts_suites(settings)}
    checks = [_validated(entry, _rule(suites, entry["suite"], entry["check"])) for entry in manifest["checks"]]
    by_suite: dict[str, list[ValidatedCheck]] = {}
    for check in sorted(checks, key=lambda check: (_ORDER.index(check.status), check.suite, check.name)):
        by_suite.setdefault(check.suite, []).append(check)
    told = [ValidatedSuite(name, _meaning(suites.get(name), name), found) for name, found in by_suite.items()]
    return Validations(sorted(told, key=lambda suite: (suite.noted == 0, suite.name)), _read_landings(settings, manifest))


def _read_landings(settings: Settings, manifest: Mapping[str, Any]) -> list[ValidatedLandings]:
    previous = manifest["previous_release_id"]
    since = made_at(previous).replace(tzinfo=None) if previous else datetime.min
    if not settings.ops_path.exists():
        return []
    try:
        with open_ops(settings) as connection:
            rows = connection.execute(_LANDINGS, [since]).fetchall()
    except duckdb.CatalogException:  # no gate has looked at anything yet
        return []
    except (BusyError, duckdb.Error) as error:
        log.warning("the page of validation results tells nothing of the sources: %s", error)
        return []
    suites = {suite.name: suite for suite in load_suites(settings, "sources")}
    return [_landings(at, list(found), suites) for at, found in groupby(rows, key=lambda row: row[0])]


def _landings(at: datetime, rows: Sequence[Sequence[Any]], suites: Mapping[str, Suite]) -> ValidatedLandings:
    entries = [dict(zip(_COLUMNS, row[1:], strict=True)) for row in rows]
    noted = [
        _validated(entry, _rule(suites, entry["suite"], entry["check"])) for entry in entries if entry["status"] in ("failed", "broken")
    ]
    return ValidatedLandings(f"{at:%Y-%m-%d %H:%M} UTC", len(entries), sum(entry["status"] == "passed" for entry in entries), noted)


def _validated(entry: Mapping[str, Any], rule: str) -> ValidatedCheck:
    english = str(entry.get("meaning") or "")
    return ValidatedCheck(
        suite=entry["suite"],
        name=entry["check"],
        severity=entry["severity"],
        status=entry["status"],
        meaning={"zh": entry.get("meaning_zh") or english, "en": english},
        rule=rule,
        observed=entry.get("observed") or "",
        expected=entry.get("expected") or "",
    )


def _rule(suites: Mapping[str, Suite], label: str, name: str) -> str:
    """Of the suite that a result names; a result of `every_stream` names the stream behind a dot."""
    suite = suites.get(label) or suites.get(label.partition(".")[0])
    return _said(suite.checks, name) if suite else ""


def _said(checks: Iterable[Check], name: str) -> str:
    check = next((check for check in checks if check.name == name), None)
    if check is None:
        return ""
    if check.unexpected_rows is not None:
        return check.unexpected_rows.strip()
    arguments = ", ".join(f"{argument}={value!r}" for argument, value in check.kwargs.items())
    return f"{check.expectation}({arguments})"


def _meaning(suite: Suite | None, name: str) -> Mapping[str, str]:
    if suite is None:
        return {"zh": name, "en": name}
    own = {"zh": "（自有）", "en": " (own)"} if name.startswith(HOME_PREFIX) else {"zh": "", "en": ""}
    return {"zh": suite.meaning_zh + own["zh"], "en": suite.meaning + own["en"]}
