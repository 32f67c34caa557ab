"""What files did to what was known before them, read from the lake."""

from __future__ import annotations

from datetime import date
from typing import Any

from community_metrics import pipeline
from community_metrics.landing.ledger import Ledger
from community_metrics.releases.file_news import read_file_news
from community_metrics.settings import Settings

HEADER = "platform,account_id,business_date,followers,gained\n"


def land(settings: Settings, arrival: str, rows: str) -> list[dict[str, Any]]:
    """Land a file of daily figures; gives the inputs as they would stand in a manifest now."""
    folder = settings.inbox / "account_daily" / "_" / f"dt={arrival}"
    folder.mkdir(parents=True)
    (folder / "account_daily.csv").write_text(HEADER + rows, encoding="utf-8")
    assert pipeline.ingest(settings).exit_code == 0
    with Ledger(settings.ledger_path) as ledger:
        return [
            {"landing_id": landing.landing_id, "revision": landing.revision, "sha256": landing.sha256, "account": landing.account_id}
            for landing in ledger.active_landings()
        ]


def test_daily_figures_whose_key_has_a_date_are_told_late_or_restated(home: Settings) -> None:
    first = land(home, "2026-09-09", "app,shop,2026-09-06,100,7\napp,shop,2026-09-08,110,7\n")
    # Elsewhere in its file than before: a row is known by its key.
    second = land(home, "2026-09-10", "app,shop,2026-09-07,105,5\napp,shop,2026-09-09,120,9\napp,shop,2026-09-08,111,8\n")
    news = read_file_news(home, first, second, until=None)
    assert [(found.kind, found.first_date) for found in news] == [
        ("late_rows", date(2026, 9, 7)),
        ("restated_file", date(2026, 9, 8)),
    ]
