"""Which models a changed definition makes anew: a graph with every kind of way through it."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from community_metrics.settings import PROJECT_ROOT
from community_metrics.warehouse.refresh import Node, models_to_refresh

BY_PARTITION, BY_MEMBER, COMPARED = "replace_partitions", "replace_members", "replace_changed"

# events -> work -> fact -> scoped -> mart; the other fact reads the same work table but not the named types; a person's
# channel is compared with what it was, and what lies below it hears of the difference by touched dates.
GRAPH = [
    Node("types", "seed", ()),
    Node("named", "seed", ()),
    Node("rules", "seed", ()),
    Node("holidays", "seed", ()),
    Node("events", "model", ("channel",)),
    Node("work", "model", ("events", "types")),
    Node("fact", "model", ("work", "named"), BY_PARTITION),
    Node("other_fact", "model", ("work",), BY_PARTITION),
    Node("scoped", "model", ("fact", "channel")),
    Node("mart", "model", ("scoped",), BY_PARTITION),
    Node("spells", "model", ("rules",)),
    Node("channel", "model", ("spells",), COMPARED),
    Node("spells_by_month", "model", ("spells",), "default"),
    Node("first_presence", "model", ("spells",), BY_MEMBER),
    Node("first_presences_by_month", "model", ("first_presence",), BY_PARTITION),
    Node("dates", "model", ("holidays",)),
]


@pytest.mark.parametrize(
    ("changed", "refreshed"),
    [
        ([], []),
        # A table that is computed anew in every build needs no refresh.
        (["holidays"], []),
        # Both facts and what is made of them; the channel is handed on as it is.
        (["types"], ["events", "fact", "mart", "other_fact", "scoped", "work"]),
        # The other fact is not made of it, though its work table is asked for all dates.
        (["named"], ["events", "fact", "mart", "scoped", "work"]),
        # The change stops at the tables that compare themselves, and goes on beside them.
        (["rules"], ["first_presence", "spells", "spells_by_month"]),
        (["rules", "holidays"], ["first_presence", "spells", "spells_by_month"]),
    ],
)
def test_models_to_refresh(changed: Collection[str], refreshed: list[str]) -> None:
    assert models_to_refresh(GRAPH, changed) == refreshed


def test_one_macro_decides_what_is_made_whole() -> None:
    """A model that asks dbt's flag would stay half old when a definition has changed: it is not set then."""
    project = PROJECT_ROOT / "dbt_project"
    asking = [
        path.name for folder in ("models", "macros") for path in (project / folder).rglob("*.sql") if "FULL_REFRESH" in path.read_text()
    ]
    assert asking == ["incremental.sql"]
