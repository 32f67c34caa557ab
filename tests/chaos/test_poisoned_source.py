"""A source that delivers rubbish day after day: the others go on, a required one stops the release, and in the end everything arrives."""

from __future__ import annotations

import pytest
from chaos_story import DAYS, Story
from exports import drop_day

from community_metrics.landing.ledger import Ledger
from community_metrics.releases.pointer import current_release_id

pytestmark = pytest.mark.chaos

RUBBISH = (
    b"PK\x03\x04 a workbook that broke off",
    b"<html><body>502 Bad Gateway</body></html>",
)


def test_a_source_that_is_poisoned_for_days(story: Story) -> None:
    home = story.begin_after(1)
    orders = home.settings.inbox / "orders" / "_"
    real: list[tuple[str, bytes]] = []
    with home.read_throughout():
        for day, rubbish in zip(range(2, DAYS + 1), RUBBISH, strict=True):
            drop_day(home.settings.inbox, day)
            [path] = orders.rglob("orders.csv")
            real.append((path.parent.name, path.read_bytes()))
            path.write_bytes(rubbish)
            if day == DAYS:
                with (home.path / "community_metrics.yml").open("a", encoding="utf-8") as handle:
                    handle.write("sources:\n  orders:\n    required: true\n")
            before = current_release_id(home.settings)
            done = home.command("run")
            assert "rejected: " in done.err, done
            # Others go on to a release, until somebody says that there is to be none without this source.
            assert done.code == (3 if day == DAYS else 4), done
            assert (current_release_id(home.settings) == before) == (day == DAYS)
        assert "The required source orders has arrived: failed" in done.err

        with Ledger(home.settings.ledger_path) as ledger:
            sums = [landing.sha256 for landing in ledger.landings("rejected")]
        assert len(sums) == len(RUBBISH)
        for folder, content in real:
            (orders / folder).mkdir(parents=True, exist_ok=True)
            (orders / folder / "orders.csv").write_bytes(content)
        for sha256 in sums:
            assert home.command("ledger", "withdraw", sha256, "--reason", "the platform sent rubbish").code == 0
        home.run()
    story.assert_as_undisturbed(DAYS, withdrawn=len(sums))
