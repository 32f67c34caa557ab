"""The ledger of restatements: what belongs in it, that crashes neither lose nor double an entry, rollbacks, and the one query."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from release_workshop import active_inputs, candidate, fingerprint_of, passed, write_warehouse

from community_metrics import ops
from community_metrics.cli import main
from community_metrics.landing.ledger import Ledger
from community_metrics.releases import causes, restatement_ledger
from community_metrics.releases import publish as publishing
from community_metrics.releases.candidate import Candidate
from community_metrics.releases.causes import Explainer
from community_metrics.releases.compare import compare_releases
from community_metrics.releases.history import events, roll_back
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.publish import publish_release, recover
from community_metrics.releases.recipe import read_recipe
from community_metrics.releases.restatement_ledger import close_ledger, read_moves, read_restatements
from community_metrics.settings import PROJECT_ROOT, Settings

RECIPE: dict[str, Any] = {
    "definitions": {"event_types": "a1"},
    "sql": {"mart_activity_daily": "b1", "mart_conversion_daily": "b1"},
    "templates": {},
    "metrics": {"dau": 1, "gross_amount": 1},
    "put_aside": "c1",
    "engine": "duckdb 1",
}


def publish(settings: Settings, version: int, statements: str = "", **recipe: Any) -> str:
    """A release in which every number is 1, but for what the statements change."""
    write_warehouse(settings, 1, days=5)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(statements or "select 1")
    built = Candidate(fingerprint_of(version), "2026-06-02T04:00:00.000000Z", active_inputs(settings), {**RECIPE, **recipe})
    return publish_release(settings, built.audited(passed(version), "suites")).release_id


def dau(day: str, value: int | str) -> str:
    return f"update marts.mart_activity_daily set dau = {value} where business_date = date '2026-05-{day}';"


def told(settings: Settings) -> list[tuple[str, str, str, str | None, str]]:
    """(release, business date, old, new, cause) of the whole ledger, oldest first."""
    found, known = read_restatements(settings, 1000)
    assert known == len(found)
    return [(entry.release_id, entry.business_date, entry.old, entry.new, entry.cause) for entry in reversed(found)]


def test_only_numbers_that_were_known_and_over_are_restated(settings: Settings) -> None:
    lifecycle = """
        create or replace table marts.mart_lifecycle as select * from (values
            ('week', date '2026-05-04', 'all', 'all', {}::bigint, true), ('week', date '2026-05-11', 'all', 'all', {}::bigint, {})
        ) as rows (period_grain, period_start, scope_type, scope_id, active, is_complete_period);
    """
    first = publish(settings, 1, lifecycle.format(5, 2, "false"))
    second = publish(
        settings,
        2,
        lifecycle.format(6, 3, "true")
        + dau("02", 9)
        + dau("03", "null")
        + "update marts.mart_activity_daily set stickiness = stickiness + 1e-17;"
        + "create table marts.other as select * replace (3::bigint as present_members) from marts.mart_conversion_daily;"
        + "drop view marts.mart_conversion_daily; alter table marts.other rename to mart_conversion_daily;"
        + "delete from marts.mart_activity_daily where business_date = date '2026-05-04';"
        + "insert into marts.mart_activity_daily values (date '2026-05-06', 'all', 'all', 1, 0.5);"
        + "update marts.mart_data_status set complete = true;",
    )
    assert current_release_id(settings) == second
    found, _ = read_restatements(settings, 1000)
    assert [(entry.mart, entry.metric, entry.business_date, entry.old, entry.new) for entry in found] == [
        ("mart_activity_daily", "dau", "2026-05-04", "1", None),
        ("mart_activity_daily", "stickiness", "2026-05-04", "0.142857142857143", None),
        ("mart_lifecycle", "active", "2026-05-04", "5", "6"),
        ("mart_activity_daily", "dau", "2026-05-03", "1", None),
        ("mart_activity_daily", "dau", "2026-05-02", "1", "9"),
    ]
    assert json.loads(found[-1].key) == {"business_date": "2026-05-02", "scope_type": "all", "scope_id": "all"}
    assert {(entry.release_id, entry.previous_release_id, entry.event) for entry in found} == {(second, first, "published")}
    assert {entry.cause for entry in found} == {"unexplained"}


def test_what_is_counted_until_the_horizon_is_open_for_longer_than_its_row(settings: Settings) -> None:
    retention = """
        create or replace table marts.mart_retention as select * from (values
            ('d', 'day', date '2026-05-01', 1, 'all', 'all', {}::bigint, {}::bigint, true, {}),
            ('d', 'day', date '2026-04-01', 1, 'all', 'all', 3::bigint, {}::bigint, true, true)
        ) as rows (
            definition, period_grain, cohort_start, period_index, scope_type, scope_id,
            retained_members, retained_members_rolling, is_mature, is_rolling_mature
        );
    """
    first = publish(settings, 1, retention.format(3, 5, "false", 7))
    second = publish(settings, 2, retention.format(4, 6, "true", 8))
    assert first != second
    found, _ = read_restatements(settings, 1000)
    assert [(entry.metric, entry.business_date, entry.old, entry.new) for entry in found] == [
        ("retained_members", "2026-05-01", "3", "4"),
        ("retained_members_rolling", "2026-04-01", "7", "8"),
    ]
    compared = compare_releases(settings, first, second, limit=1000)
    causes_of = {
        (change.key["cohort_start"], change.column): change.cause for change in compared.changes if change.mart == "mart_retention"
    }
    assert {cell for cell, cause in causes_of.items() if cause == causes.COMPLETED} == {
        ("2026-05-01", "retained_members_rolling"),
        ("2026-05-01", "is_rolling_mature"),
    }
    assert len(causes_of) == 4


def test_a_crash_between_publication_and_ledger_neither_loses_nor_doubles(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(settings, 1)
    with monkeypatch.context() as patched:
        calls: list[Settings] = []

        def die_at_the_second(chosen: Settings) -> bool:
            calls.append(chosen)
            if len(calls) == 2:  # the first closes what a killed run may have left
                raise KeyboardInterrupt
            return True

        patched.setattr(publishing, "close_ledger", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            publish(settings, 2, dau("02", 9))
    second = current_release_id(settings)
    assert told(settings) == []
    for _ in range(2):
        recover(settings)
        assert told(settings) == [(second, "2026-05-02", "1", "9", "unexplained")]
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "record_event", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish(settings, 3, dau("02", 10))
    third = current_release_id(settings)
    for _ in range(2):
        recover(settings)
        assert told(settings)[1:] == [(third, "2026-05-02", "9", "10", "unexplained")]
    assert [move.release_id for move in read_moves(settings, 10)] == [event.release_id for event in reversed(events(settings))]


def test_a_crash_inside_the_ledger_leaves_whole_moves_only(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(settings, 1)
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "close_ledger", lambda *_: False)
        second = publish(settings, 2, dau("02", 9))
        third = publish(settings, 3, dau("02", 10))
    counted = restatement_ledger._cells_of

    def die_at_the_third(chosen: Settings, event: Any, scratch: Any) -> Any:
        if event.release_id == third:
            raise KeyboardInterrupt
        return counted(chosen, event, scratch)

    with monkeypatch.context() as patched:
        patched.setattr(restatement_ledger, "_cells_of", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            close_ledger(settings)
    assert [entry[0] for entry in told(settings)] == [second]
    close_ledger(settings)
    assert [entry[0] for entry in told(settings)] == [second, third]
    assert list(settings.warehouse.glob(".restatements-*")) == []


def test_a_lost_ledger_comes_back_from_the_releases(settings: Settings) -> None:
    publish(settings, 1)
    publish(settings, 2, dau("02", 9))
    before = told(settings)
    settings.ops_path.unlink()
    recover(settings)
    assert told(settings) == before


def test_a_ledger_that_somebody_keeps_open_does_not_hold_up_a_release(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(settings, 1)
    monkeypatch.setattr(ops, "_WAIT_SECONDS", 0.0)
    keeper = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True); kept = duckdb.connect(sys.argv[1], read_only=True)\n"
    keeper += "print('open', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", keeper, str(settings.ops_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == "open\n"
    second = publish(settings, 2, dau("02", 9))
    assert current_release_id(settings) == second
    process.stdin.close()
    process.wait()
    process.stdout.close()
    assert told(settings) == []
    recover(settings)
    assert told(settings) == [(second, "2026-05-02", "1", "9", "unexplained")]


def test_a_rollback_is_an_entry_of_its_own_and_the_next_release_is_compared_with_what_readers_saw(settings: Settings) -> None:
    new_day = "insert into marts.mart_activity_daily values (date '2026-05-06', 'all', 'all', 4, null);"
    first = publish(settings, 1)
    second = publish(settings, 2, dau("02", 9) + new_day)
    result = CliRunner().invoke(main, ["--home", str(settings.home), "releases", "rollback", first])
    assert result.exit_code == 0
    third = publish(settings, 3, dau("02", 7))
    assert told(settings) == [
        (second, "2026-05-02", "1", "9", "unexplained"),
        (first, "2026-05-02", "9", "1", "rollback"),
        (first, "2026-05-06", "4", None, "rollback"),
        (third, "2026-05-02", "1", "7", "unexplained"),
    ]
    moves = read_moves(settings, 10)
    assert [(move.event, move.release_id, move.cells) for move in reversed(moves)] == [
        ("published", first, 0),
        ("published", second, 1),
        ("rolled_back", first, 2),
        ("published", third, 1),
    ]
    entry = read_restatements(settings, 10)[0][1]
    (piece,) = json.loads(entry.evidence)
    assert (piece["cause"], piece["from"], piece["to"]) == ("rollback", second, first)


def test_a_rollback_that_died_before_the_ledger_is_told_by_the_next_run(settings: Settings) -> None:
    first = publish(settings, 1)
    publish(settings, 2, dau("02", 9))
    roll_back(settings, first)
    recover(settings)
    assert told(settings)[1:] == [(first, "2026-05-02", "9", "1", "rollback")]


def test_where_the_release_before_cannot_be_read_readers_are_told_so(settings: Settings) -> None:
    first = publish(settings, 1)
    database = settings.releases / first / "warehouse.duckdb"
    database.chmod(0o644)
    database.write_bytes(b"no database")
    second = publish(settings, 2, dau("02", 9))
    manifest = read_manifest(settings.current_release)
    assert manifest["restatements"] == []
    assert [warning["code"] for warning in manifest["warnings"]] == ["restatements_unknown"]
    assert current_release_id(settings) == second


def causes_of(settings: Settings, **recipe: Any) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Publish with a changed dau and gross amount and another recipe: (metric, cause, evidence)."""
    publish(settings, 1)
    gross = """
        create table marts.other as select * replace (2.50::decimal(18, 2) as gross_amount) from marts.mart_conversion_daily;
        drop view marts.mart_conversion_daily;
        alter table marts.other rename to mart_conversion_daily;
    """
    publish(settings, 2, dau("02", 9) + gross, **recipe)
    found, _ = read_restatements(settings, 10)
    return sorted((entry.metric, entry.cause, json.loads(entry.evidence)) for entry in found)


def test_a_raised_version_of_a_metric_explains_its_own_cells(settings: Settings) -> None:
    dau_cell, gross = causes_of(settings, metrics={"dau": 2, "gross_amount": 1})
    assert dau_cell == (
        "dau",
        "definition_version",
        [{"cause": "definition_version", "metric": "dau", "old": "v1", "new": "v2", "changelog": None}],
    )
    assert gross == ("gross_amount", "unexplained", [])


def test_changed_sql_explains_the_marts_that_descend_from_it(settings: Settings) -> None:
    version = read_version(settings)
    dau_cell, gross = causes_of(settings, sql={"mart_activity_daily": "b2", "mart_conversion_daily": "b1"})
    assert dau_cell == ("dau", "bug_fix_release", [{"cause": "bug_fix_release", "old": version, "new": version}])
    assert gross == ("gross_amount", "unexplained", [])


def test_what_cannot_be_told_apart_is_named_together(settings: Settings) -> None:
    dau_cell, gross = causes_of(
        settings, sql={"mart_activity_daily": "b2", "mart_conversion_daily": "b1"}, definitions={"event_types": "a2"}, engine="duckdb 2"
    )
    assert dau_cell[1] == "definition_version+bug_fix_release"
    assert [piece["cause"] for piece in dau_cell[2]] == ["definition_version", "bug_fix_release", "bug_fix_release"]
    assert dau_cell[2][0] == {"cause": "definition_version", "definition": "event_types", "old": "a1", "new": "a2"}
    assert gross[2][-1] == {"cause": "bug_fix_release", "old": "duckdb 1", "new": "duckdb 2"}


def read_version(settings: Settings) -> str:
    publish(settings, 0)
    return str(read_manifest(settings.current_release)["code_version"])


def test_a_release_of_a_program_that_recorded_no_sql_was_made_by_another_program(settings: Settings) -> None:
    publish_release(settings, candidate(settings, 1))
    (change,) = Explainer(settings, {"inputs": [], "code_version": "0.1.0"}, {"inputs": [], "code_version": "0.2.0", "sql": {}}).changes
    assert (change.cause, change.evidence) == ("bug_fix_release", (("old", "0.1.0"), ("new", "0.2.0")))


def test_long_evidence_is_cut_with_a_count(settings: Settings) -> None:
    changes = tuple(causes.Change("late_rows", (("sha256", str(number)),)) for number in range(23))
    pieces = json.loads(causes._explanation(changes).evidence)
    assert (len(pieces), pieces[-1]) == (21, {"more": 3})


def test_the_one_query_of_the_docs_answers_what_was_told_and_why_it_differs(settings: Settings) -> None:
    publish(settings, 1)
    publish(settings, 2, dau("02", 9))
    third = publish(settings, 3, dau("02", 10), definitions={"event_types": "a2"})
    text = (PROJECT_ROOT / "docs" / "restatements.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    query = query.replace("2026-03-02", "2026-05-02")
    with duckdb.connect(str(settings.ops_path), read_only=True) as connection:
        (row,) = connection.execute(query).fetchall()
    assert row[:4] == ('{"business_date":"2026-05-02","scope_type":"all","scope_id":"all"}', "dau", "1", "10")
    assert row[4] == ["unexplained", "definition_version"]
    assert row[5][-1] == third
    assert json.loads(row[6][-1]) == [{"cause": "definition_version", "definition": "event_types", "old": "a1", "new": "a2"}]


def test_the_command_lists_restatements_newest_first(settings: Settings) -> None:
    def call(*arguments: str) -> Any:
        result = CliRunner().invoke(main, ["--home", str(settings.home), "releases", "restatements", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert call() == "no past number has changed\n"
    publish(settings, 1)
    publish(settings, 2, dau("02", 9))
    publish(settings, 3, dau("02", 10))
    lines = call().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "mart_activity_daily dau business_date=2026-05-02 scope_type=all scope_id=all: 9 -> 10 (unexplained)",
        "mart_activity_daily dau business_date=2026-05-02 scope_type=all scope_id=all: 1 -> 9 (unexplained)",
    ]
    assert call("--limit", "1").splitlines()[-1] == "only the newest 1 of 2 are listed: see --limit"
    assert [entry["new"] for entry in json.loads(call("--json"))["restatements"]] == ["10", "9"]
    assert call("--mart", "mart_growth_daily") == call("--metric", "messages") == call("--since", "2999-01-01")
    assert len(call("--since", "2020-01-01", "--metric", "dau").splitlines()) == 2


def test_the_pipelines_candidates_carry_their_recipe(settings: Settings) -> None:
    with Ledger(settings.ledger_path) as ledger:
        recipe = read_recipe(settings, ledger)
    assert sorted(recipe) == ["definitions", "engine", "metrics", "put_aside", "sql", "templates"]
    assert {len(digest) for digest in recipe["sql"].values()} == {64}
    assert recipe["metrics"]["dau"] == 1
    kept = replace(Candidate("f", "at"), made_with=recipe)
    assert kept.made_with["engine"] == f"duckdb {duckdb.__version__}"
