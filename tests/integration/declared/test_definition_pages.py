"""`docs/adding-a-segment.md` and `docs/adding-a-retention.md`, done as they say: their rows declared, their queries asked."""

from __future__ import annotations

from datetime import date

from support.declared_story import PAGES, Story

(SEGMENTS,) = PAGES["adding-a-segment.md"].queries
RETENTION, CAMPAIGN = PAGES["adding-a-retention.md"].queries
WEEK = date(2026, 9, 21)


def test_the_segments_of_the_page(story: Story) -> None:
    """Ann and Bea are the core; Cem has just come, Eve spoke once, Hal a week ago; Dan never did, and Fay long since.

    Weeks before have no row: the 28 days before them began before anything was observed.
    """
    assert story.rows(SEGMENTS) == [(WEEK, "core", 2, 7), (WEEK, "fading", 3, 7), (WEEK, "rest", 2, 7)]


def test_the_retention_of_the_page(story: Story) -> None:
    """Bea and Gus checked in on the 8th; the day after, Bea wrote twice and Gus, once, not often enough."""
    cells = story.rows(RETENTION)
    assert [cell[:4] for cell in cells[:3]] == [(date(2026, 9, 8), 0, 2, 2), (date(2026, 9, 8), 1, 2, 1), (date(2026, 9, 8), 2, 2, 0)]
    assert {cell[0] for cell in cells} == {date(2026, 9, 8)}
    # Followed for 30 days, of which 19 have been observed.
    assert [cell[1] for cell in cells] == list(range(20))
    assert all(is_mature for *_, is_mature in cells)


def test_the_window_of_the_page(story: Story) -> None:
    """Ann was there on the 20th, 21st and 24th; Cem, Eve and Hal on one day each."""
    assert story.rows(CAMPAIGN) == [(1, 3, 4), (2, 0, 1), (3, 1, 1), (4, 0, 0), (5, 0, 0)]


def test_occurrences_of_a_period_are_counted_over_all_ids_of_a_person(story: Story) -> None:
    """Ann wrote twice on two days; Hal twice on one day, once from each id."""
    assert story.rows(CAMPAIGN.replace("'autumn_campaign'", "'autumn_campaign_talk'")) == [
        (1, 1, 2),
        (2, 1, 1),
        (3, 0, 0),
        (4, 0, 0),
        (5, 0, 0),
    ]
