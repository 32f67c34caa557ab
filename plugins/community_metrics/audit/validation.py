"""Great Expectations on DuckDB: runs suites over views, pushed down as SQL.

A gate works in a database of its own in memory, which holds views of what is to be checked and nothing else; the checked
database is attached read-only. Two connection options make Great Expectations 1.24 work with DuckDB: AUTOCOMMIT and
`skip_autocommit_rollback`; without them the pool's rollback discards a pending result before it is read.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy.exc import SQLAlchemyError

from community_metrics.audit.deferred_imports import deferred
from community_metrics.audit.results import CheckResult
from community_metrics.audit.suites import LANDING_COLUMN, Check, Gate, Suite
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# Great Expectations imports them for one expectation, by which nothing here is checked: a third of what importing it takes.
_UNUSED = ("altair", "scipy.stats")
EXAMPLES = 3
_EXAMPLE_CHARACTERS = 300
# A column of this name identifies a person: pseudonyms stay out of results, logs and pages.
_PERSONAL = re.compile(
    r"(member|person|user|visitor|referrer|inviter|owner)_?(id|key)?|(native|union|open)_?ids?|.*_(member|person)_(id|key)"
)
_BEGINS_WITH_CTE = re.compile(r"(?:\s|--[^\n]*\n)*with\s+(?!recursive\b)", re.IGNORECASE)
# SQLAlchemy reads `:word` as a parameter, in string literals too.
_LOOKS_LIKE_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")


@dataclass
class GateDatabase:
    """An open gate: `execute` prepares its views, `validate` runs a suite over one of them."""

    gate: Gate
    connection: Connection
    context: Any
    datasource: Any
    results_folder: Path

    def execute(self, sql: str) -> None:
        self.connection.exec_driver_sql(sql)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.connection.exec_driver_sql(sql).mappings()]

    def create_table(self, name: str, columns: Mapping[str, pa.Array]) -> None:
        """A small table out of Python's hands; of nothing that grows with events."""
        raw: Any = self.connection.connection.driver_connection
        raw.register("given", pa.table(dict(columns)))
        self.execute(f'create table "{name}" as select * from given')
        raw.unregister("given")

    def has_table(self, name: str) -> bool:
        return bool(self.scalar(f"select exists (select 1 from information_schema.tables where table_name = {literal(name)})"))

    def scalar(self, sql: str) -> Any:
        return self.connection.exec_driver_sql(sql).scalar()

    def validate(self, suite: Suite, label: str, table: str, placeholders: Mapping[str, str]) -> list[CheckResult]:
        """Run a suite over a table, in the order of its checks. Never raises for what a check does wrong.

        `label`: the name of this run of the suite in results. `placeholders`: what a `{name}` in the SQL of its checks stands for.
        """
        try:
            with _quiet():
                outcome = self._run(suite, table, label, placeholders)
        except Exception as error:
            # Whatever keeps a suite from running (a mart is missing, an expectation is misspelt) breaks all of its checks.
            return [_result(suite, label, check, "broken", first_line(error), (), self.expected(check)) for check in suite.checks]
        (self.results_folder / f"{label.replace('/', '_')}.json").write_text(
            json.dumps(outcome.to_json_dict(), ensure_ascii=False, indent=1), encoding="utf-8"
        )
        by_check = {entry.expectation_config.meta["check"]: entry for entry in outcome.results}
        # An expectation that it does not know, Great Expectations leaves out of the suite without a word.
        unknown = "Great Expectations knows no such expectation"
        return [
            self._read(suite, table, label, check, by_check[check.name], placeholders)
            if check.name in by_check
            else _result(suite, label, check, "broken", f"{unknown}: {check.expectation}", (), self.expected(check))
            for check in suite.checks
        ]

    def not_applicable(self, suite: Suite, why: str) -> list[CheckResult]:
        """The results of a suite whose table has no reason to hold anything."""
        return [_result(suite, suite.name, check, "not_applicable", why, (), self.expected(check)) for check in suite.checks]

    def breaking_landings(self, check: Check, table: str, placeholders: Mapping[str, str]) -> dict[str, str]:
        """Every landing that a failed check of a source suite names, with how many of its rows break the rule and one of them."""
        rows = self.rows(
            f"select {LANDING_COLUMN} as landing_id, count(*) as row_count, min(broken) as example "
            f"from ({_standing_alone(check, table, placeholders)}) as broken group by {LANDING_COLUMN}"
        )
        found = {}
        for row in rows:
            example = {name: value for name, value in row["example"].items() if name != LANDING_COLUMN}
            found[row["landing_id"]] = f"{row['row_count']} rows, such as {'; '.join(describe_rows([example]))}"
        return found

    @staticmethod
    def expected(check: Check) -> str:
        if check.unexpected_rows is not None:
            return "0 rows"
        return ", ".join(f"{name} {value}" for name, value in check.kwargs.items() if name != "column")

    def _run(self, suite: Suite, table: str, label: str, placeholders: Mapping[str, str]) -> Any:
        import great_expectations as gx

        import community_metrics.audit.counting  # noqa: F401 - an expectation is known by its name once its class exists

        asset = self.datasource.add_table_asset(label, table_name=table)
        batch = asset.add_batch_definition_whole_table("all")
        expectations = [_expectation(check, placeholders) for check in suite.checks]
        added = self.context.suites.add(gx.ExpectationSuite(name=label, expectations=expectations))
        definition = gx.ValidationDefinition(name=label, data=batch, suite=added)
        # Values that identify a person must not even reach the files that Great Expectations writes.
        shows_persons = any(check.unexpected_rows is None and _PERSONAL.fullmatch(check.column or "") for check in suite.checks)
        return self.context.validation_definitions.add(definition).run(
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0 if shows_persons else EXAMPLES}
        )

    def _read(self, suite: Suite, table: str, label: str, check: Check, entry: Any, placeholders: Mapping[str, str]) -> CheckResult:
        expected = self.expected(check)
        raised = _raised(entry.exception_info)
        if raised:
            return _result(suite, label, check, "broken", raised, (), expected)
        observed = _observed(check, entry.result)
        if entry.success:
            return _result(suite, label, check, "passed", observed, (), expected)
        if check.unexpected_rows is None:
            values = entry.result.get("partial_unexpected_list") or []
            examples = describe_rows([{check.column: value} for value in values] if check.column else [])
        else:
            try:
                examples = describe_rows(self.rows(f"select * from ({_standing_alone(check, table, placeholders)}) limit {EXAMPLES}"))
            except SQLAlchemyError as error:  # the rows could be counted, and what is shown of them cannot be computed
                return _result(suite, label, check, "broken", first_line(error), (), expected)
        return _result(suite, label, check, "failed", observed, examples, expected)


@contextmanager
def open_gate(settings: Settings, gate: Gate) -> Iterator[GateDatabase]:
    """Open an empty gate database. Great Expectations is imported here, which takes seconds; all files are released at the end.

    The gate's last results as Great Expectations writes them go to `warehouse/gx/<gate>/`.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    with _quiet(), deferred(*_UNUSED):
        import great_expectations as gx
        from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig

    folder = settings.warehouse / "gx" / gate
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        # A page of our own is in the release: theirs would ask seven hosts for scripts and styles.
        data_docs_sites={},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    with _quiet():
        context = gx.get_context(project_config=config, mode="ephemeral")
        datasource = context.data_sources.add_sql(  # type: ignore[call-arg]  # the stub lacks `kwargs`
            "gate",
            # A named database in memory is one and the same for all connections of the process.
            connection_string=f"duckdb:///:memory:gate_{uuid.uuid4().hex}",
            kwargs={"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True},
        )
        engine = datasource.get_engine()
    connection = engine.connect()
    try:
        database = GateDatabase(gate, connection, context, datasource, folder)
        database.execute(f"set memory_limit = '{settings.daily_memory_limit}'")
        database.execute(f"set threads = {settings.threads}")
        database.execute(f"set temp_directory = {literal(str(settings.warehouse / 'gate.tmp'))}")
        database.execute("set enable_progress_bar = false")
        # Footers are read once, however many checks look at a file.
        database.execute("set parquet_metadata_cache = true")
        yield database
    finally:
        connection.close()
        datasource.get_execution_engine().engine.dispose()
        engine.dispose()


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def describe_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Rows as `name=value, name=value`, without the columns that name a person."""
    shown = ({name: value for name, value in row.items() if not _PERSONAL.fullmatch(name)} for row in rows)
    described = (", ".join(f"{name}={value}" for name, value in row.items())[:_EXAMPLE_CHARACTERS] for row in shown)
    return tuple(text for text in described if text)


def _expectation(check: Check, placeholders: Mapping[str, str]) -> dict[str, Any]:
    meta = {"check": check.name, "meaning": check.meaning, "meaning_zh": check.meaning_zh}
    if check.unexpected_rows is None:
        return {"type": check.expectation, "kwargs": check.kwargs, "severity": check.severity, "meta": meta}
    # Great Expectations fills in {batch} as a subquery, aliased or not depending on what else the query holds: it is given
    # one place, at the head, and the check's own SQL reads it as a table. Other braces are the SQL's own.
    sql = _fill(check.unexpected_rows, placeholders).replace("{", "{{").replace("}", "}}")
    query = _LOOKS_LIKE_PARAMETER.sub(r"\\:", _with_batch(sql, "select * from {batch}"))
    return {
        "type": "unexpected_rows_counted",
        "kwargs": {"unexpected_rows_query": query},
        "severity": check.severity,
        "meta": meta,
    }


def _standing_alone(check: Check, table: str, placeholders: Mapping[str, str]) -> str:
    """The SQL of an `unexpected_rows` check, to be run without Great Expectations."""
    return _with_batch(_fill(check.unexpected_rows or "", placeholders), f'select * from "{table}"')


def _fill(sql: str, placeholders: Mapping[str, str]) -> str:
    filled = sql.strip().rstrip(";") + "\n"
    for name, value in {"batch": "batch", **placeholders}.items():
        filled = filled.replace("{" + name + "}", value)
    return filled


def _with_batch(sql: str, batch: str) -> str:
    head = f"with batch as not materialized ({batch})"
    opening = _BEGINS_WITH_CTE.match(sql)
    return f"{head}, {sql[opening.end() :]}" if opening else f"{head} {sql}"


def _observed(check: Check, result: Mapping[str, Any]) -> str:
    if check.unexpected_rows is not None:
        return f"{result['observed_value']} rows"
    if "observed_value" in result:
        return str(result["observed_value"])
    return f"{result.get('unexpected_count')} of {result.get('element_count')} values"


def _raised(info: Mapping[str, Any] | None) -> str | None:
    """The message of what an expectation raised; the info is one record or one for each metric."""
    if not info:
        return None
    records = [info] if "raised_exception" in info else list(info.values())
    return next((first_line(record.get("exception_message")) for record in records if record.get("raised_exception")), None)


def first_line(problem: object) -> str:
    """What an exception says, cut to a line."""
    lines = str(problem).strip().splitlines()
    return lines[0][:_EXAMPLE_CHARACTERS] if lines else type(problem).__name__


def _result(
    suite: Suite, label: str, check: Check, status: Any, observed: str | None, examples: tuple[str, ...], expected: str | None
) -> CheckResult:
    return CheckResult(
        gate=suite.gate,
        suite=label,
        check=check.name,
        severity=check.severity,
        status=status,
        observed=observed,
        expected=expected,
        column=check.column,
        unexpected_examples=examples,
        meaning=check.meaning,
        meaning_zh=check.meaning_zh,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Great Expectations' own chatter off the terminal and the task's log: the gate says what matters itself."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
