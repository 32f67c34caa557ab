"""巨量引擎 to pages in the inbox: numbered pages that shift, and tokens that hold once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from community_metrics.extractors import ocean_engine
from community_metrics.extractors.failures import ExtractionError, NotReadyError, UnreachableError
from support.extraction import DAY, Runner, ads_connection
from support.simulated_platforms.ocean_engine import REFRESH, SECRET, SimulatedOceanEngine, no
from support.simulated_platforms.server import Reply


def test_thirty_days_are_pulled_with_all_metrics_for_each_advertiser(runner: Runner, simulated_ads: SimulatedOceanEngine) -> None:
    runner.once("ad_spend", ads_connection(simulated_ads, advertiser_ids=["111", 222]))
    first, second = simulated_ads.asked("report/custom/get")
    assert (first.request["start_time"], first.request["end_time"]) == ("2026-10-22", "2026-11-20")
    metrics = ["stat_cost", "show_cnt", "click_cnt", "convert_cnt", "attribution_convert_cnt", "deep_convert_cnt"]
    assert json.loads(first.request["metrics"]) == metrics
    assert (first.request["advertiser_id"], second.request["advertiser_id"]) == ("111", "222")
    assert sorted(path.parent.name for path in (runner.settings.inbox / "ad_spend").rglob("*.jsonl")) == ["111", "222"]
    page = runner.pages("ad_spend", "report/custom/get")[0]
    assert page["request"]["start_time"] == "2026-10-22"
    assert len(page["response"]["data"]["rows"]) == 60


def test_the_new_refresh_token_is_kept_and_the_access_token_used_as_long_as_it_holds(
    runner: Runner, simulated_ads: SimulatedOceanEngine
) -> None:
    for number in range(3):
        runner.once("ad_spend", ads_connection(simulated_ads), DAY - timedelta(days=number))
    assert simulated_ads.refreshed == 1
    runner.clock.go_on(24 * 3600)
    runner.once("ad_spend", ads_connection(simulated_ads))
    assert [call.request["refresh_token"] for call in simulated_ads.asked("refresh_token")] == [REFRESH, "refresh-1-c0ffee"]
    everything = runner.all_texts()
    assert "c0ffee" not in everything and "e7c1a9f05b" not in everything and SECRET not in everything
    assert {"refresh-2-c0ffee", "token-2-e7c1a9f05b"} <= set(runner.secrets)


def test_a_new_refresh_token_in_the_connection_goes_before_the_kept_one(runner: Runner, simulated_ads: SimulatedOceanEngine) -> None:
    runner.once("ad_spend", ads_connection(simulated_ads))
    simulated_ads.refresh_token = "authorised-again"
    simulated_ads.tokens.append("nobody-has-this")
    runner.once("ad_spend", ads_connection(simulated_ads, refresh_token="authorised-again"))
    assert simulated_ads.refreshed == 2


def test_a_refused_token_is_renewed_once(runner: Runner, simulated_ads: SimulatedOceanEngine) -> None:
    simulated_ads.misbehave("report/custom/get", no(40105, "access token error"))
    runner.once("ad_spend", ads_connection(simulated_ads))
    assert simulated_ads.refreshed == 2


def test_a_refresh_token_that_has_expired_wants_a_person(runner: Runner, simulated_ads: SimulatedOceanEngine) -> None:
    with pytest.raises(ExtractionError, match=r"no access token: code 40103.*authorise the application again"):
        runner.once("ad_spend", ads_connection(simulated_ads, refresh_token="an-old-one"))


def test_a_report_that_grows_while_it_is_read_is_read_again(
    runner: Runner, simulated_ads: SimulatedOceanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocean_engine, "PAGE_SIZE", 25)
    simulated_ads.grows_at = 2
    runner.once("ad_spend", ads_connection(simulated_ads))
    assert [call.request["page"] for call in simulated_ads.asked("report/custom/get")] == ["1", "2", "1", "2", "3"]
    pages = runner.pages("ad_spend", "report/custom/get")
    assert [len(page["response"]["data"]["rows"]) for page in pages] == [25, 25, 11]


def test_numbered_pages_that_repeat_are_read_again_and_given_up_in_the_end(
    runner: Runner, simulated_ads: SimulatedOceanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocean_engine, "PAGE_SIZE", 30)
    connection = ads_connection(simulated_ads)
    runner.once("ad_spend", connection)
    first = runner.pages("ad_spend", "report/custom/get")[0]["response"]
    simulated_ads.misbehave("report/custom/get", Reply(first), times=999, page="2")
    with pytest.raises(UnreachableError, match="the list moved 4 times"):
        runner.once("ad_spend", connection)


def test_an_advertiser_without_permission_does_not_hold_up_the_others(runner: Runner, simulated_ads: SimulatedOceanEngine) -> None:
    simulated_ads.not_permitted.add("111")
    with pytest.raises(ExtractionError, match="refused all of it: advertiser 111: code 40002"):
        runner.once("ad_spend", ads_connection(simulated_ads, advertiser_ids=["111", "222"]))
    assert [path.parent.name for path in (runner.settings.inbox / "ad_spend").rglob("*.jsonl")] == ["222"]


def test_a_day_without_rows_is_believed_after_six_looks(runner: Runner, simulated_ads: SimulatedOceanEngine) -> None:
    simulated_ads.idle.add(DAY)
    _, waited = runner.until_done("ad_spend", ads_connection(simulated_ads))
    assert [type(error) for error in waited] == [NotReadyError] * 5


def test_zeros_before_the_platform_is_ready_are_not_data(runner: Runner, simulated_ads: SimulatedOceanEngine) -> None:
    simulated_ads.zeros[DAY] = 2
    runner.until_done("ad_spend", ads_connection(simulated_ads))
    rows = runner.pages("ad_spend", "report/custom/get")[0]["response"]["data"]["rows"]
    assert rows[-1]["metrics"]["stat_cost"] == "20.50"


def test_calls_keep_the_platform_s_rate(runner: Runner, simulated_ads: SimulatedOceanEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocean_engine, "PAGE_SIZE", 5)
    runner.once("ad_spend", ads_connection(simulated_ads))
    # Twelve pages at five a second.
    assert 1.5 <= sum(runner.clock.sleeps) <= 3
