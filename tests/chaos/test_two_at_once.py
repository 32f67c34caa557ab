"""Two runs at once, and the lock of a process that is no more: never two writers, and nobody waits for the dead."""

from __future__ import annotations

import json

import pytest
from chaos_home import RUN_SECONDS, wait_for
from chaos_story import DAYS, Story
from exports import drop_day

from community_metrics.locks import writer_lock_path

pytestmark = pytest.mark.chaos


def test_a_second_run_is_told_who_works_and_changes_nothing(story: Story) -> None:
    home = story.begin_after(DAYS - 1)
    drop_day(home.settings.inbox, DAYS)
    with home.read_throughout():
        home.run_and_die("community_metrics.warehouse.dbt:run_dbt")
        dead = json.loads(writer_lock_path(home.settings).read_text())["pid"]

        halt = home.path / "halt"
        first = home.start("run", act="pause", at="community_metrics.warehouse.dbt:run_dbt", call=1, when="before", ballast=str(halt))
        wait_for(halt, first)
        assert first.pid != dead
        for command in ("run", "build", "audit", "publish"):
            second = home.command(command)
            assert second.code == 1
            assert f"error: busy: `run` (process {first.pid}) works since " in second.err, second
        # What lands meanwhile may be ingested meanwhile: the next run looks at it.
        assert home.command("ingest").code == 0
        halt.unlink()
        _, err = first.communicate(timeout=RUN_SECONDS)
        assert first.returncode == 0, err
    story.assert_as_undisturbed(DAYS)
