"""Lifetime value, stickiness, segments and the lifetimes of items: what their tiles show equals the marts, asked directly."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from browser import fixture_release
from browser.conftest import Release
from browser.site_browser import SiteBrowser


def ask(release: Release, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(release.database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def table_of(browser: SiteBrowser, key: str) -> list[list[str]]:
    """The tile's table as it is read, heads included, without the mark of days that are not complete."""
    if browser.find_all(f'[data-tile="{key}"] [data-toggle="table"]'):
        browser.click(f'[data-tile="{key}"] [data-toggle="table"]')
    return list(
        browser.script(
            "return [...document.querySelectorAll(`[data-tile='${arguments[0]}'] tr`)].map("
            "(row) => [...row.children].map((cell) => cell.innerText.replace(/\\s*\\(?源数据不全\\)?/, '').trim()))",
            key,
        )
    )


def counted(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


@pytest.mark.parametrize("scope", ["all", "platform:slack"])
@pytest.mark.parametrize(("currency", "sign"), [("CNY", "¥"), ("USD", "$")])
@pytest.mark.parametrize(("tile", "kind"), [("ltv_joined", "joined"), ("ltv_first_order", "first_order")])
def test_lifetime_value_is_that_of_the_chosen_currency_and_open_where_it_is_not_known(
    browser: SiteBrowser, made_up: Release, scope: str, currency: str, sign: str, tile: str, kind: str
) -> None:
    browser.open(made_up.address(f"conversion.html#scope={scope}&currency={currency}"))
    cells = (
        f"from marts.mart_ltv_cohorts where cohort_kind = '{kind}' and currency = '{currency}' "
        f"and scope_type = '{scope.split(':')[0]}' and scope_id = '{scope.split(':')[-1]}'"
    )
    heads = [f"{month:%Y-%m}" for (month,) in ask(made_up, f"select distinct cohort_start {cells} order by 1 desc")]
    shown = table_of(browser, tile)
    assert shown[0] == ["批次", "人数", "第 0 月", "第 1 月", "第 2 月"]
    assert [line[0] for line in shown[1:-1]] == heads
    found = ask(made_up, f"select cohort_start, month_index, ltv, is_mature {cells}")
    by_cell = {(f"{month:%Y-%m}", index): (ltv, mature) for month, index, ltv, mature in found}
    for line in shown[1:-1]:
        for index, text in enumerate(line[2:]):
            ltv, mature = by_cell.get((line[0], index), (None, None))
            if mature is None:
                assert text == ""
            elif not mature:
                assert text.startswith("月份未满或未知") and "人，至今净成交" in text
            else:
                assert text == ("–" if ltv is None else f"{sign}{ltv:,.2f}")
    totals = [node.get_attribute("data-total") for node in browser.find_all(f'[data-tile="{tile}"] tfoot td:not(.size)')]
    expected = ask(
        made_up,
        "select sum(cumulative_net_amount)::double / nullif(sum(cohort_members), 0) from generate_series(0, 2) i(month_index) left join "
        f"(select * {cells} and is_mature and ltv is not null) using (month_index) group by month_index order by month_index",
    )
    assert [float(total) if total else None for total in totals] == [
        None if value is None else pytest.approx(value, abs=0.01) for (value,) in expected
    ]
    # The dates of the filter do not cut it: a month's value takes years to show.
    assert "全部日期" in browser.text(tile)


@pytest.mark.parametrize(("grain", "window", "days"), [("day", "week", 7), ("week", "week", 7), ("month", "month", 31)])
@pytest.mark.parametrize("scope", ["all", "community:wecom:corp1:g-vip"])
def test_active_days_are_those_of_the_last_two_windows_that_are_over(
    browser: SiteBrowser, made_up: Release, grain: str, window: str, days: int, scope: str
) -> None:
    scope_type, _, scope_id = scope.partition(":")
    browser.open(made_up.address(f"activity.html#grain={grain}&scope={scope}"))
    rows = ask(
        made_up,
        "with w as (select *, dense_rank() over (order by window_start desc) as age from marts.mart_stickiness "
        f"where window_grain = '{window}' and is_complete_period and scope_type = '{scope_type}' and scope_id = '{scope_id or 'all'}') "
        "select active_periods, max(members) filter (age = 1), max(members_at_least) filter (age = 1), max(members) filter (age = 2) "
        "from w where age <= 2 group by 1 order by 1",
    )
    shown = table_of(browser, "active_days")
    assert len(rows) == days if window == "week" else len(rows) in (30, 31)
    assert shown[1:] == [[str(row[0]), *(counted(value) for value in row[1:])] for row in rows]
    assert shown[0][1].startswith("恰好 n 期") and shown[0][2].startswith("至少 n 期")
    assert "5/18" in shown[0][1] if window == "week" else "4/1" in shown[0][1]


@pytest.mark.parametrize(("tile", "name", "words"), [
    ("activity_segments", "activity", ["活跃", "沉默", "流失"]),
    ("lifecycle_segments", "lifecycle", ["潜在", "新", "忠诚", "熟悉"]),
])  # fmt: skip
@pytest.mark.parametrize(("grain", "periods"), [("day", "week"), ("week", "week"), ("month", "month")])
def test_segments_stand_in_their_order_and_are_those_of_the_set(
    browser: SiteBrowser, made_up: Release, tile: str, name: str, words: list[str], grain: str, periods: str
) -> None:
    browser.open(made_up.address(f"activity.html#grain={grain}&range=0"))
    rows = ask(
        made_up,
        f"select period_start, list(members order by segment_position) from marts.mart_segments where segment_set = '{name}' "
        f"and period_grain = '{periods}' and scope_type = 'all' group by 1 order by 1 desc",
    )
    shown = table_of(browser, tile)
    assert shown[0] == ["周期", *words]
    assert shown[1:] == [[f"{start:%Y-%m}" if periods == "month" else str(start), *map(counted, members)] for start, members in rows]


def test_a_scope_without_a_list_has_no_segments_and_says_so(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("activity.html#scope=platform%3Aslack"))
    assert browser.find('[data-tile="activity_segments"]').get_attribute("data-empty") == "no_scope_rows"


def test_lifetimes_are_as_last_stated_whatever_dates_are_chosen(browser: SiteBrowser, made_up: Release) -> None:
    rows = ask(
        made_up,
        "select title, impressions_total, reads_total, likes_total, comments_total, shares_total, saves_total, follows_total, "
        "reported_click_rate, last_snapshot_date from marts.mart_content_lifetime join marts.dim_content using (content_key) "
        "order by impressions_total desc nulls last",
    )
    expected = [[*(counted(value) for value in row[1:8]), "–" if row[8] is None else f"{row[8]:.1%}"] for row in rows]
    for days in (7, 0):
        browser.open(made_up.address(f"content.html#range={days}"))
        shown = table_of(browser, "lifetimes")
        assert [line[1:] for line in shown[1:]] == expected
        assert [line[0].split("\n")[0] for line in shown[1:]] == [row[0] for row in rows]
        assert f"截至 {rows[0][9]}" in shown[1][0] and "截至" not in shown[-1][0]
    assert fixture_release.HOSTILE_NAME in [line[0].split("\n")[0] for line in shown]
    assert browser.errors() == []
