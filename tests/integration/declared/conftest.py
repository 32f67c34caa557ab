"""The story of `support.declared_story`: built once with what the pages of `docs/` declare, and once more after a link is taken back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from support.declared_story import HAPPENED, PAGES, STAYS, Story


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as environment:
        told = Story(tmp_path_factory.mktemp("declared"))
        environment.setenv("COMMUNITY_METRICS_HOME", str(told.folder / "var"))
        environment.setenv("COMMUNITY_METRICS_ID_KEY", "a key that is the same in every test")
        environment.setenv("COMMUNITY_METRICS_DEFINITIONS", "set by the pages")
        for page in PAGES.values():
            for command in page.commands[:-1]:
                told.type_in(command)
            for name, rows in page.rows.items():
                with (told.folder / "var" / "definitions" / name).open("a", encoding="utf-8") as handle:
                    handle.write(rows)
        events = [
            (f"e{number}-{turn}", at, "app", member, "g", kind)
            for number, (member, at, kind, times) in enumerate(HAPPENED)
            for turn in range(times)
        ]
        told.land("events", "event_id,occurred_at,platform,member_id,community_id,event_type", events)
        told.land("memberships", "platform,member_id,community_id,joined_at,left_at", [("app", who, "g", *stay) for who, *stay in STAYS])
        told.land(
            "identity_links", "platform,member_id,person_id,status", [("app", f"hal-{of}", "hal", "linked") for of in ("phone", "desk")]
        )
        told.type_in("community-metrics ingest")
        # Both pages end with the same command.
        (build,) = {page.commands[-1] for page in PAGES.values()}
        told.type_in(build)
        yield told


@pytest.fixture(scope="session")
def parted(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A copy of the story in which the link of Hal's two ids is then taken back."""
    folder = tmp_path_factory.mktemp("parted") / "copy"
    shutil.copytree(story.folder, folder)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COMMUNITY_METRICS_HOME", str(folder / "var"))
        copy = Story(folder)
        row = ("app", "hal-desk", "hal", "unlinked", "2026-09-26 10:00:00")
        copy.land("identity_links", "platform,member_id,person_id,status,updated_at", [row], number=2)
        copy.type_in("community-metrics ingest")
        copy.type_in("community-metrics build")
        yield copy
