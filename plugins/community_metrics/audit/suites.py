"""Suites: the checks as readable files, by gate.

The project's own suites stand in `expectations/sources/` and `expectations/marts/`; which values a mart's column may have
stands with its definition in the metric registry, and `bounds` makes checks of it. Whoever runs the warehouse adds checks
of their own, without touching the project, as files of the same form in `<home>/expectations/sources/` and
`<home>/expectations/marts/`. A file is one suite over one table:

    table: mart_activity_daily        # left out: the name of the file
    meaning: Who was active, day by day
    meaning_zh: 每日活跃
    fed_by: [events, chat_export]     # marts only: empty is in order while none of these sources has a row
    checks:
      - name: windows_are_nested
        severity: critical            # critical | warning | info
        meaning: A longer window never holds fewer members than a shorter one
        meaning_zh: 窗口越长，活跃人数不会越少
        column: wau_7                 # optional, what to look at first
        unexpected_rows: |            # SQL that selects the rows that break the rule; {batch} is the table
          select business_date, scope_type, scope_id, dau, wau_7 from {batch} where dau > wau_7
      - name: hours_are_of_the_day
        severity: critical
        meaning: ...
        meaning_zh: ...
        expectation: expect_column_values_to_be_between      # or any expectation of Great Expectations, with its arguments
        kwargs: {column: hour, min_value: 0, max_value: 23}
      - name: members_balance
        severity: critical
        meaning: ...
        meaning_zh: ...
        dbt_test: mart_growth_daily__members_balance         # an accounting identity: the SQL of dbt_project/tests/accounting/

`unexpected_rows` is Great Expectations' `UnexpectedRowsExpectation`, of which the gate asks the count only. In a mart suite its
SQL may also read every other mart by its name, `observed` (how far each source and platform is known) and `{fed_by}`, the list
of the sources above. In a source suite every check is of this kind and its rows name the landing that breaks the rule in the
column `_landing`; a file named `<source>__<stream>.yml` is about the rows of that stream, `every_stream.yml` about those of
each stream, and `every_landing.yml` about `landings`, what the ledger says of each landing.

Columns that name a person are never shown in results, whatever the SQL selects.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from community_metrics.errors import SettingsError
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.yaml_text import load_yaml

Gate = Literal["sources", "marts"]
Severity = Literal["critical", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
FOLDER = "expectations"
EVERY_STREAM = "every_stream"
EVERY_LANDING = "every_landing"
LANDING_COLUMN = "_landing"
# A suite out of the home carries this before its name, so that it never hides one of the project's.
HOME_PREFIX = "home/"

_SUITE_KEYS = {"table", "meaning", "meaning_zh", "fed_by", "checks"}
_CHECK_KEYS = {"name", "severity", "meaning", "meaning_zh", "column", "unexpected_rows", "dbt_test", "expectation", "kwargs"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Accounting identities are written once, as dbt's tests, and the gate asks them too.
IDENTITIES = PROJECT_ROOT / "dbt_project" / "tests" / "accounting"
_REF = re.compile(r"\{\{\s*ref\('(\w+)'\)\s*\}\}")


@dataclass(frozen=True)
class Check:
    """One rule. Either `unexpected_rows` (SQL) or `expectation` with `kwargs` is given."""

    name: str
    severity: Severity
    meaning: str
    meaning_zh: str
    column: str | None
    unexpected_rows: str | None
    expectation: str | None
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Suite:
    """The checks of one file. `fed_by` names the sources without which the table may be empty."""

    gate: Gate
    name: str
    table: str
    meaning: str
    meaning_zh: str
    fed_by: tuple[str, ...]
    checks: tuple[Check, ...]
    path: Path


def suite_folders(settings: Settings, gate: Gate) -> tuple[Path, ...]:
    """Where suites of a gate are looked for: the project's, then the home's."""
    return PROJECT_ROOT / FOLDER / gate, settings.home / FOLDER / gate


def load_suites(settings: Settings, gate: Gate) -> list[Suite]:
    """Read all suites of a gate, in the order of their names. Raises `SettingsError` naming file and check."""
    project, own = suite_folders(settings, gate)
    if not (project.is_dir() and suite_files(project)):
        raise SettingsError("there are no checks", str(project), "restore the folder: nothing is published unchecked")
    return [read_suite(path, gate, path.stem) for path in suite_files(project)] + [
        read_suite(path, gate, HOME_PREFIX + path.stem) for path in suite_files(own)
    ]


def suite_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yml"))


def suites_fingerprint(settings: Settings) -> str:
    """sha256 over all suites, value checks and the required sources: a refused candidate is judged again once it changes."""
    from community_metrics.audit.bounds import contract_columns, value_checks
    from community_metrics.metrics.registry import project_registry

    registry = project_registry()
    values = [value_checks(registry, mart, columns) for mart, columns in contract_columns().items() if mart in registry.marts]
    digest = hashlib.sha256(repr((sorted(settings.required_sources), values)).encode())
    gates: tuple[Gate, ...] = ("sources", "marts")
    for gate in gates:
        for folder in (*suite_folders(settings, gate), IDENTITIES):
            for path in suite_files(folder) + sorted(folder.glob("*.sql")):
                content = path.read_bytes()
                digest.update(f"{gate}/{path.name}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.hexdigest()


def read_suite(path: Path, gate: Gate, name: str) -> Suite:
    """Read one suite file. Raises `SettingsError` naming file and check."""
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"not valid YAML: {error}", str(path), "mend the file") from error
    place = str(path)
    _require(isinstance(content, dict), "a suite is a mapping", place, f"known keys: {', '.join(sorted(_SUITE_KEYS))}")
    _refuse_unknown(content, _SUITE_KEYS, place)
    entries = content.get("checks")
    _require(isinstance(entries, list) and bool(entries), "`checks` must be a list of checks", place, "add a check")
    fed_by = content.get("fed_by", [])
    _require(
        isinstance(fed_by, list) and all(_is_name(source) for source in fed_by), "`fed_by` must be a list of sources", place, "mend it"
    )
    table = content.get("table", path.stem)
    _require(_is_name(table), f"`table` is not the name of a table: {table!r}", place, "mend it")
    checks = tuple(_read_check(entry, gate, table, place, number) for number, entry in enumerate(entries, start=1))
    names = [check.name for check in checks]
    twice = sorted({name for name in names if names.count(name) > 1})
    _require(not twice, f"two checks are called {', '.join(twice)}", place, "rename one")
    for check in checks:
        _require(
            "{fed_by}" not in (check.unexpected_rows or "") or bool(fed_by), "reads {fed_by}", f"{place}: {check.name}", "say `fed_by`"
        )
    return Suite(
        gate=gate,
        name=name,
        table=table,
        meaning=_text(content, "meaning", place),
        meaning_zh=_text(content, "meaning_zh", place),
        fed_by=tuple(fed_by),
        checks=checks,
        path=path,
    )


def _read_check(entry: Any, gate: Gate, table: str, path: str, number: int) -> Check:
    named = isinstance(entry, dict) and isinstance(entry.get("name"), str)
    place = f"{path}: {entry['name'] if named else f'check {number}'}"
    _require(named and _is_name(entry["name"]), "a check needs a `name` of lower-case words joined by _", place, "name it")
    _refuse_unknown(entry, _CHECK_KEYS, place)
    severity = entry.get("severity")
    _require(severity in SEVERITIES, f"`severity` must be one of {', '.join(SEVERITIES)}, not {severity!r}", place, "mend it")
    sql, expectation, kwargs = entry.get("unexpected_rows"), entry.get("expectation"), entry.get("kwargs", {})
    if "dbt_test" in entry:
        _require(sql is None, "`dbt_test` is SQL already", place, "take `unexpected_rows` out")
        sql = _sql_of_identity(entry["dbt_test"], table, place)
    _require((sql is None) != (expectation is None), "needs either `unexpected_rows` or `expectation`", place, "give one of the two")
    if sql is not None:
        _require(isinstance(sql, str) and "{batch}" in sql, "`unexpected_rows` must be SQL that reads {batch}", place, "mend it")
        _require("kwargs" not in entry, "`kwargs` belongs to `expectation`", place, "take it out")
    else:
        _require(isinstance(expectation, str) and expectation.startswith("expect_"), "`expectation` is no expectation", place, "mend it")
        _require(isinstance(kwargs, dict), "`kwargs` must be a mapping", place, "mend it")
    if gate == "sources":
        _require(sql is not None and LANDING_COLUMN in sql, f"must select `{LANDING_COLUMN}`, the landing to hold", place, "mend it")
    return Check(
        name=entry["name"],
        severity=severity,
        meaning=_text(entry, "meaning", place),
        meaning_zh=_text(entry, "meaning_zh", place),
        column=entry.get("column") or kwargs.get("column"),
        unexpected_rows=sql,
        expectation=expectation,
        kwargs=dict(kwargs),
    )


def _sql_of_identity(name: Any, table: str, place: str) -> str:
    """The SQL of one of dbt's tests, with its tables named as the gate names them."""
    path = IDENTITIES / f"{name}.sql"
    _require(_is_name(name) and path.is_file(), f"there is no dbt test {name!r}", place, f"write {IDENTITIES.name}/{name}.sql")
    return _REF.sub(lambda ref: "{batch}" if ref[1] == table else ref[1], path.read_text(encoding="utf-8"))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _text(content: dict[str, Any], key: str, place: str) -> str:
    value = content.get(key)
    _require(isinstance(value, str) and bool(value.strip()), f"`{key}` is missing", place, "say in a line what it means")
    return str(value).strip()


def _refuse_unknown(content: dict[str, Any], known: set[str], place: str) -> None:
    unknown = sorted(str(key) for key in set(content) - known)
    _require(not unknown, f"unknown key {', '.join(unknown)}", place, f"known keys: {', '.join(sorted(known))}")


def _require(holds: bool, what: str, where: str, remedy: str) -> None:
    if not holds:
        raise SettingsError(what, where, remedy)
