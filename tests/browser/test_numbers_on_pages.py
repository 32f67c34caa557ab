"""What the tiles show equals the marts, asked directly; filters change the numbers and travel with the reader."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from browser.conftest import Release
from browser.site_browser import SiteBrowser

# page, tile -> the same number in SQL; growth, activity and sales are the rows of the scope and the date range.
NUMBERS = {
    (
        "index.html",
        "members",
    ): "select arg_max(members_at_end, business_date) from growth where business_date = (select max(business_date) from growth)",
    ("index.html", "net_growth"): "select sum(new_members + rejoined_members - left_members) from growth",
    ("index.html", "dau"): "select avg(dau) from activity",
    ("index.html", "mau"): "select any_value(mau_30) from activity where business_date = (select max(business_date) from activity)",
    ("index.html", "stickiness"): "select sum(dau) / nullif(sum(mau_30), 0) from activity where dau is not null and mau_30 is not null",
    ("index.html", "messages"): "select sum(messages) from activity",
    ("index.html", "net_amount"): "select sum(net_amount) from sales",
    ("growth.html", "new_members"): "select sum(new_members) from growth",
    ("growth.html", "left_members"): "select sum(left_members) from growth",
    ("activity.html", "speakers"): "select avg(speakers) from activity",
    ("activity.html", "active_rate"): "select sum(active_present_members) / nullif(sum(present_members), 0) from activity "
    "where active_present_members is not null and present_members is not null",
    ("conversion.html", "orders"): "select sum(orders) from sales",
    ("conversion.html", "order_value"): "select sum(gross_amount)::double / nullif(sum(orders), 0) from sales",
    ("conversion.html", "buyers"): "select avg(paying_members) from sales",
    ("conversion.html", "conversion_active"): "select sum(paying_active_members) / nullif(sum(active_members), 0) from sales",
}


VIEWS = {"growth": "mart_growth_daily", "activity": "mart_activity_daily", "sales": "mart_conversion_daily"}


def ask(release: Release, sql: str, scope: tuple[str, str], days: int) -> float | None:
    """Run `sql` over the rows of `scope` in the `days` up to its last date (0: all dates), sales in CNY or the first currency."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{release.database}' as r (read_only)")
        for view, mart in VIEWS.items():
            condition = f"scope_type = '{scope[0]}' and scope_id = '{scope[1]}'"
            if view == "sales":
                condition += f" and currency = (select currency from r.marts.{mart} order by currency <> 'CNY', currency limit 1)"
            if days:
                condition += f" and business_date > (select max(business_date) from r.marts.{mart} where {condition}) - {days}"
            connection.execute(f"create view {view} as select * from r.marts.{mart} where {condition}")
        row = connection.execute(sql).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def one_scope_of_each_type(release: Release) -> list[tuple[str, str]]:
    with duckdb.connect(str(release.database), read_only=True) as connection:
        sql = "select scope_type, min(scope_id) from marts.mart_activity_daily group by scope_type order by scope_type"
        return [(scope_type, scope_id) for scope_type, scope_id in connection.execute(sql).fetchall()]


@pytest.mark.parametrize("page", ["index.html", "growth.html", "activity.html", "conversion.html"])
def test_numbers_equal_the_marts_in_every_scope_and_date_range(browser: SiteBrowser, release: Release, page: str) -> None:
    shown: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    browser.open(release.address(page))
    for scope_type, scope_id in one_scope_of_each_type(release):
        browser.choose_scope("all" if scope_type == "all" else f"{scope_type}:{scope_id}")
        for days in (7, 30, 90, 0):
            browser.click(f'[data-filter="range"] [data-choice="{days}"]')
            for key, sql in ((key, sql) for (own, key), sql in NUMBERS.items() if own == page):
                case = f"{scope_type} {scope_id}, {days} days: {key}"
                number = ask(release, sql, (scope_type, scope_id), days)
                expected[case] = None if number is None else pytest.approx(number, rel=1e-9)
                shown[case] = browser.kpi(key)
    assert shown == expected
    assert any(value is not None for value in shown.values())


def test_week_one_retention_counts_mature_cohorts_only(browser: SiteBrowser, release: Release) -> None:
    with duckdb.connect(str(release.database), read_only=True) as connection:
        row = connection.execute(
            "with cohorts as (select * from marts.mart_retention where definition = 'member' and period_grain = 'week' "
            "and period_index = 1 and scope_type = 'all') "
            "select sum(retained_eligible_members) / nullif(sum(eligible_members), 0) from cohorts "
            "where cohort_start > (select max(cohort_start) from cohorts) - 30"
        ).fetchone()
    browser.open(release.address("index.html"))
    assert browser.kpi("week_retention") == (pytest.approx(row[0]) if row and row[0] is not None else None)


def test_cells_of_cohorts_that_are_not_over_are_open(browser: SiteBrowser, release: Release) -> None:
    browser.open(release.address("retention.html"))
    with duckdb.connect(str(release.database), read_only=True) as connection:
        connection.execute(
            "create temp view cells as select * from marts.mart_retention where definition = 'member' and period_grain = 'week' "
            "and period_index between 1 and 12 and scope_type = 'all'"
        )
        sql = (
            "select count(*) filter (not is_mature), count(*) filter (is_mature) from cells "
            "where cohort_start in (select distinct cohort_start from cells order by 1 desc limit 31)"
        )
        expected = connection.execute(sql).fetchone()
    cells = browser.find_all('[data-tile="triangle"] [data-open]')
    rates = browser.find_all('[data-tile="triangle"] [data-rate]')
    assert (len(cells), len(rates)) == expected
    assert {browser.script("return getComputedStyle(arguments[0]).borderTopStyle", cell) for cell in cells} <= {"dashed"}
    assert not any("%" in str(browser.script("return arguments[0].textContent", cell)) for cell in cells)


def test_filters_stay_in_the_address_and_go_to_the_next_page(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("index.html"))
    before = browser.kpi("messages")
    browser.choose_scope("platform:slack")
    browser.click('[data-filter="range"] [data-choice="7"]')
    after = browser.kpi("messages")
    assert before is not None and after is not None and after < before
    assert browser.driver.current_url.endswith("#scope=platform%3Aslack&range=7")

    browser.find('.pages a[href^="activity.html"]').click()
    browser.wait()
    assert browser.find("#filters select").get_attribute("value") == "platform:slack"
    assert browser.find('[data-filter="range"] [aria-pressed="true"]').get_attribute("data-choice") == "7"
    assert browser.kpi("speakers") == pytest.approx(ask(made_up, "select avg(speakers) from activity", ("platform", "slack"), 7))


def test_a_shared_address_opens_with_its_filters(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html#scope=community%3Awecom%3Acorp1%3Ag-run&range=90&grain=week"))
    assert browser.kpi("new_members") == ask(made_up, "select sum(new_members) from growth", ("community", "wecom:corp1:g-run"), 90)


def test_an_address_with_nonsense_opens_with_the_defaults(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html#scope=community:nobody&range=5&grain=decade&definition=%3Cb%3E"))
    assert browser.kpi("new_members") == ask(made_up, "select sum(new_members) from growth", ("all", "all"), 30)
    assert browser.errors() == []


def test_a_change_compares_with_the_equal_period_before(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html#range=7"))
    with duckdb.connect(str(made_up.database), read_only=True) as connection:
        row = connection.execute(
            "select sum(new_members) filter (business_date > date '2026-05-24'), "
            "sum(new_members) filter (business_date <= date '2026-05-24') from marts.mart_growth_daily "
            "where scope_id = 'all' and business_date > date '2026-05-17'"
        ).fetchone()
    assert row is not None
    change = browser.find('[data-tile="new_members"] [data-change]').get_attribute("data-change")
    assert float(change or "nan") == pytest.approx(row[0] / row[1] - 1)


def test_no_change_is_claimed_where_the_period_before_is_not_covered(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html#range=90"))
    assert browser.find_all('[data-tile="new_members"] [data-change]') == []
    assert browser.find('[data-tile="new_members"] .no-comparison').get_attribute("title") == "用来比较的日期没有全部的数据，不作比较"


def test_what_is_not_known_is_a_dash_with_its_reason(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("activity.html#scope=platform%3Aslack"))
    assert browser.kpi("active_rate") is None
    assert browser.find('[data-tile="active_rate"] .why').get_attribute("title") == "数据源没有报告这个数"
    assert browser.find('[data-tile="active_rate"] .kpi-value').text.startswith("–")


def test_unreported_days_are_counted_and_left_out(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("activity.html#scope=community%3Aslack%3AT01%3AC-general&range=30"))
    assert "3 天未报告" in browser.text("dau")
    assert browser.kpi("dau") == pytest.approx(ask(made_up, "select avg(dau) from activity", ("community", "slack:T01:C-general"), 30))


def test_a_metric_that_does_not_exist_at_a_scope_says_so(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("conversion.html#scope=community%3Awecom%3Acorp1%3Ag-run"))
    assert "都不按“社群”拆分" in browser.find(".scope-notice").text
    browser.click(".scope-notice button")
    assert browser.kpi("orders") == ask(made_up, "select sum(orders) from sales", ("all", "all"), 30)


def test_the_currency_filter_never_mixes_currencies(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("conversion.html#currency=USD"))
    with duckdb.connect(str(made_up.database), read_only=True) as connection:
        row = connection.execute(
            "select sum(net_amount) from marts.mart_conversion_daily "
            "where scope_id = 'all' and currency = 'USD' and business_date > date '2026-04-29'"
        ).fetchone()
    assert row is not None
    assert browser.kpi("net_amount") == pytest.approx(float(row[0]))
    assert browser.find('[data-tile="net_amount"] .kpi-value').text.startswith("$")


def test_every_chart_has_a_table_of_the_same_numbers(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("activity.html"))
    for chart in browser.find_all(".tile-line, .tile-bar, .tile-heatmap"):
        key = chart.get_attribute("data-tile")
        browser.click(f'[data-tile="{key}"] [data-toggle="table"]')
        assert browser.find(f'[data-tile="{key}"] table').is_displayed()
        assert not browser.find(f'[data-tile="{key}"] .chart').is_displayed()
    row = browser.find('[data-tile="actives"] tbody tr').text
    with duckdb.connect(str(made_up.database), read_only=True) as connection:
        expected = connection.execute(
            "select dau, wau_7, mau_30 from marts.mart_activity_daily where scope_id = 'all' and business_date = date '2026-05-31'"
        ).fetchone()
    assert expected is not None
    assert row.split() == ["2026-05-31", *(f"{value:,}" for value in expected)]


def test_a_period_that_is_not_over_is_marked(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("activity.html#grain=week"))
    assert "虚线柱：周期还没结束" in browser.text("lifecycle")
    browser.click('[data-tile="lifecycle"] [data-toggle="table"]')
    assert browser.find('[data-tile="lifecycle"] tbody tr').text.startswith("2026-05-25 (未结束)")


def test_weeks_and_cohorts_that_hold_incomplete_days_are_marked(browser: SiteBrowser, made_up: Release) -> None:
    gap = "select distinct date_trunc('week', business_date)::date::varchar from marts.mart_data_status where expected and not complete"
    with duckdb.connect(str(made_up.database), read_only=True) as connection:
        of_activity = {row[0] for row in connection.execute(f"{gap} and source in ('events', 'chat_export')").fetchall()}
        of_retention = {
            row[0]
            for row in connection.execute(
                f"{gap} and source in ('events', 'chat_export', 'memberships', 'wecom_groups', 'orders')"
            ).fetchall()
        }
    browser.open(made_up.address("activity.html#grain=week&range=0"))
    assert "阴影：含源数据不全的日子" in browser.text("lifecycle")
    browser.click('[data-tile="lifecycle"] [data-toggle="table"]')
    periods = [
        row.text.split("\n")[0]
        for row in browser.find_all('[data-tile="lifecycle"] tbody th, [data-tile="lifecycle"] tbody td:first-child')
    ]
    marked = {text[:10] for text in periods if "源数据不全" in text}
    assert marked == of_activity & {text[:10] for text in periods} != set()

    browser.open(made_up.address("retention.html#grain=week&range=0"))
    starts = {cell.get_attribute("textContent")[:10] for cell in browser.find_all(".tile-cohort tbody th")}
    marked = {cell.get_attribute("textContent")[:10] for cell in browser.find_all(".tile-cohort tbody th.has-gap")}
    assert marked == of_retention & starts != set()
    assert "角标：那段时间的源数据不全" in browser.find(".tile-cohort .tile-note").text


def test_a_row_of_a_ranking_chooses_its_scope(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("activity.html"))
    browser.click('[data-tile="communities"] tr[data-scope="wecom:corp1:g-vip"] button')
    assert browser.find("#filters select").get_attribute("value") == "community:wecom:corp1:g-vip"
    assert browser.kpi("dau") == pytest.approx(ask(made_up, "select avg(dau) from activity", ("community", "wecom:corp1:g-vip"), 30))


def test_a_funnel_shows_its_steps_over_all_time(browser: SiteBrowser, made_up: Release) -> None:
    with duckdb.connect(str(made_up.database), read_only=True) as connection:
        rows = connection.execute(
            "select step_index, reached_members, rate_from_previous, rate_from_start from marts.mart_funnel where scope_type = 'all' "
            "and period_grain = 'all' and definition = 'join_to_purchase' order by step_index"
        ).fetchall()
    browser.open(made_up.address("funnels.html"))
    shown = [
        [cell.get_attribute("data-value") for cell in line.find_elements("css selector", "td")][:3]
        for line in browser.find_all('[data-tile="steps"] [data-step]')
    ]
    assert [[float(value) if value else None for value in line] for line in shown] == [
        [value if value is None else pytest.approx(value) for value in row[1:]] for row in rows
    ]
