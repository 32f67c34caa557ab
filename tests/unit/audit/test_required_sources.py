"""A required source blocks the release until it has arrived; the others never do."""

from __future__ import annotations

from datetime import date

from community_metrics.audit.required import check_required_sources

OBSERVED = {"events": date(2026, 10, 2), "orders": date(2026, 10, 1)}


def test_a_required_source_that_lags_is_refused_with_both_dates() -> None:
    (result,) = check_required_sources(["orders"], OBSERVED)
    assert result.is_refusal
    assert (result.check, result.observed, result.expected) == ("orders_has_arrived", "complete to 2026-10-01", "complete to 2026-10-02")


def test_a_required_source_that_never_landed_is_refused() -> None:
    (result,) = check_required_sources(["refunds"], OBSERVED)
    assert result.is_refusal and result.observed == "nothing has landed"


def test_a_required_source_that_has_arrived_passes_and_the_others_are_not_asked() -> None:
    (result,) = check_required_sources(["events"], OBSERVED)
    assert result.status == "passed"
