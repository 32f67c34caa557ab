"""Where a number leads to: the ranking of communities (or else of platforms) that shows the same column, ordered by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from community_metrics.dashboard.layout import AUDIENCES
from community_metrics.dashboard.pages import Page, Tile

# A number falls apart into communities where its mart knows them, otherwise into platforms.
DRILLED_TO = ("community", "platform")


def drill_target(tile: Tile, page: Page, pages: Sequence[tuple[Page, str]]) -> Mapping[str, Any] | None:
    """`{page: file, tile, column: its key, by}` of the ranking that splits the number of `tile`; None without one.

    A ranking on the tile's own `page` goes first, and never one that not all readers of this page may see. A
    number made of several columns, or under a condition, stands in no ranking.
    """
    if tile.kind.name != "kpi" or len(tile.columns) != 1 or tile.options.get("where"):
        return None
    wanted = tile.columns[0]
    for by in DRILLED_TO:
        for other, file in sorted(pages, key=lambda entry: entry[0].name != page.name):
            if other.audience not in (AUDIENCES[0], page.audience):
                continue
            for ranking in other.tiles:
                if ranking.kind.name != "ranking" or ranking.options.get("by") != by or ranking.mart != tile.mart:
                    continue
                if any(column.key == wanted.key for column in ranking.columns):
                    return {"page": file, "tile": ranking.key, "column": wanted.key, "by": by}
    return None
