"""A changed definition rebuilds what depends on it and nothing else, and a build that dies of it forgets nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from community_metrics import pipeline
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.warehouse import build as warehouse_build
from support.histories.comparison import differences
from support.histories.files import ExportFile, Style, export_file
from support.histories.funnels import MESSAGE, REPLY, write_funnels
from support.histories.generator import History, generate_history
from support.histories.pipeline_home import PipelineHome, write_retentions
from support.naive.marts import GRAINS, naive_marts
from support.naive.records import Definition, Event, Funnel, Rules

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
NEW_RETENTION = Definition("answered", "reply", "check_in", is_recurring=True, horizon={"day": 9, "week": 3, "month": 2})
ONE_MORE_DAY = "one-more-day"
_TABLES = "select table_name, schema_name from duckdb_tables() where schema_name in ('intermediate', 'marts')"


class Warehouse:
    """A home whose tables are marked, so that it can be seen which of them a build has made anew."""

    def __init__(self, home: Settings, history: History) -> None:
        self.rules = history.rules
        self.files: list[ExportFile] = list(history.files)
        self.built = PipelineHome(home, self.rules)
        self.built.land(self.files)
        self.built.build()
        self.built.publish()

    def land(self, file: ExportFile) -> None:
        self.files.append(file)
        self.built.land([file])

    def define(self, name: str, old: str, new: str) -> None:
        path = self.built.settings.definitions / name
        text = (path if path.exists() else SEEDS / name).read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def declare(self, *definitions: Definition) -> None:
        self.rules = replace(self.rules, definitions=definitions)
        write_retentions(self.built.settings.definitions / "retention_definitions.csv", definitions)

    def declare_funnels(self, *funnels: Funnel) -> None:
        self.rules = replace(self.rules, funnels=funnels)
        write_funnels(self.built.settings.definitions, funnels)

    def build(self) -> set[str]:
        """Build, and say which tables are new ones: a mark stays on a table that only had rows replaced, or none."""
        with self._connection() as connection:
            for table, schema in connection.execute(_TABLES).fetchall():
                connection.execute(f"comment on table {schema}.{table} is 'kept'")
        self.built.build()
        with self._connection() as connection:
            return {row[0] for row in connection.execute(f"{_TABLES} and comment is null").fetchall()}

    def is_right(self) -> None:
        landings = [file.landing(order) for order, file in enumerate(self.files)]
        lines = [
            line
            for mart, expected in naive_marts(landings, self.rules).items()
            for line in differences(mart, expected, self.built.rows(mart, GRAINS[mart]))
        ]
        assert not lines, f"{len(lines)} differences\n" + "\n".join(lines[:30])

    def is_what_a_full_build_makes(self) -> None:
        found = self.built.every_row()
        self.built.build(full_refresh=True)
        assert found == self.built.every_row()

    def _connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.built.settings.warehouse_path))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMUNITY_METRICS_ID_KEY", "the same in every test")
        yield Warehouse(Settings(home=tmp_path_factory.mktemp("definitions") / "home"), generate_history(7, timezone="Asia/Shanghai"))


def one_more_day(history: Rules, files: list[ExportFile]) -> ExportFile:
    """A file with a few events of two days, as the day's work beside a changed definition."""
    rows = [row for file in files if file.source == "events" for row in file.rows if isinstance(row, Event) and row.event_id]
    news = [replace(row, event_id=f"{ONE_MORE_DAY}-{number}", updated_at=None, is_deleted=False) for number, row in enumerate(rows[:6])]
    return export_file(ONE_MORE_DAY, "events", news, Style(), files[0].snapshot_at, files[0].period)


@pytest.mark.laws
def test_a_retention_an_event_type_and_a_channel_each_rebuild_what_is_made_of_them(warehouse: Warehouse) -> None:
    # So that the work tables of the build before held these days only.
    warehouse.land(one_more_day(warehouse.rules, warehouse.files))
    warehouse.build()

    warehouse.declare(*warehouse.rules.definitions[:3], NEW_RETENTION)
    anew = warehouse.build()
    warehouse.is_right()
    assert {"mart_retention", "int_activity__member_day_event_type"} <= anew
    # It reads the events of all dates; of what it reads one other mart is made: stickiness counts the same events.
    assert {name for name in anew if name.startswith(("mart_", "dim_"))} == {"mart_retention", "mart_stickiness"}
    assert not anew & {"int_activity__member_day", "int_activity__community_hour", "int_membership__presence", "dim_member"}

    warehouse.define("event_types.csv", "reaction,true,false", "reaction,false,false")
    warehouse.rules = replace(warehouse.rules, activity_types=warehouse.rules.activity_types - {"reaction"})
    anew = warehouse.build()
    warehouse.is_right()
    assert {"int_activity__member_day", "mart_activity_daily", "mart_activity_hourly", "mart_lifecycle", "mart_retention"} <= anew
    assert not anew & {
        "int_membership__presence",
        "int_membership__spells",
        "mart_repurchase",
        "dim_date",
        "dim_channel",
    }

    # Who came through a channel that is no longer one came no known way: their days move to another scope, and no others.
    warehouse.define("channels.csv", "kol,KOL,达人\n", "")
    warehouse.define("channel_rules.csv", "kol_%,kol\n", "")
    anew = warehouse.build()
    assert {"mart_growth_daily", "dim_channel"} <= anew
    assert not anew & {
        "int_activity__member_day",
        "int_activity__member_day_event_type",
        "mart_activity_daily",
        "mart_lifecycle",
        "dim_date",
    }

    warehouse.define("holidays.csv", "2026-10-10,true,Make-up workday,调休上班\n", "")
    assert warehouse.build() == {"dim_date"}
    warehouse.is_what_a_full_build_makes()


@pytest.mark.laws
def test_with_news_in_the_same_run_only_the_dates_of_the_news_are_replaced_elsewhere(warehouse: Warehouse) -> None:
    warehouse.land(replace(one_more_day(warehouse.rules, warehouse.files[:3]), name="another.csv"))
    warehouse.declare(*warehouse.rules.definitions[:2], replace(NEW_RETENTION, back="message"))
    anew = warehouse.build()
    assert "int_activity__member_day_event_type" in anew
    assert not anew & {"int_activity__member_day", "int_activity__community_hour", "mart_activity_daily", "mart_lifecycle"}
    warehouse.is_what_a_full_build_makes()


def test_a_funnel_of_more_steps_than_any_before_and_one_of_fewer(warehouse: Warehouse) -> None:
    """What is kept of a member's attempts has a column for each step."""
    before = warehouse.rules.funnels
    warehouse.declare_funnels(*before, Funnel("four", ((MESSAGE,), (REPLY,), (MESSAGE,), (REPLY,)), timedelta(days=20)))
    assert "mart_funnel" in warehouse.build()
    warehouse.is_right()

    warehouse.land(replace(one_more_day(warehouse.rules, warehouse.files[:3]), name="a-third.csv"))
    warehouse.declare_funnels(*(replace(funnel, steps=funnel.steps[:2], exclusions=()) for funnel in before))
    warehouse.build()
    warehouse.is_right()
    warehouse.declare_funnels(*before)
    warehouse.build()
    warehouse.is_right()
    warehouse.is_what_a_full_build_makes()


@pytest.mark.laws
def test_a_build_that_dies_with_a_changed_definition_is_not_taken_for_finished(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = warehouse.built.every_row()
    warehouse.define("event_types.csv", "message,true,true", "message,false,false")

    def dies(*arguments: Any) -> list[Any]:
        run_dbt(*arguments)
        raise KeyboardInterrupt

    run_dbt = warehouse_build.run_dbt
    monkeypatch.setattr(warehouse_build, "run_dbt", dies)
    with pytest.raises(KeyboardInterrupt):
        pipeline.build(warehouse.built.settings)
    monkeypatch.undo()
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "the same in every test")
    assert warehouse.built.every_row() != before

    warehouse.define("event_types.csv", "message,false,false", "message,true,true")
    report = warehouse.built.build()
    assert report.changed_definitions == ("event_types",)
    assert warehouse.built.every_row() == before
    # Nothing is owed any more: the next build finds no changed definition.
    assert warehouse.built.build().changed_definitions == ()
