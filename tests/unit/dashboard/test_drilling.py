"""A number leads to the ranking that shows the same column: of communities first, on its own page first, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from support.site_files import spec_of

BY_COMMUNITY = {"page": "index.html", "tile": "communities", "by": "community"}


def drills(site: Path, page: str) -> dict[str, Any]:
    return {key: tile["drill"] for key, tile in spec_of(site / page)["tiles"].items() if tile["type"] == "kpi"}


def test_a_number_of_the_overview_leads_to_its_communities(site: Path) -> None:
    found = drills(site, "index.html")
    assert found["mau"] == {**BY_COMMUNITY, "column": "mau_30"}
    assert found["stickiness"] == {**BY_COMMUNITY, "column": "dau/mau_30"}
    # Members stand in no ranking of this page.
    assert found["members"] == {"page": "growth.html", "tile": "communities", "column": "members_at_end", "by": "community"}


def test_a_number_without_communities_leads_to_its_platforms(site: Path) -> None:
    assert drills(site, "conversion.html")["orders"] == {
        "page": "conversion.html",
        "tile": "platforms",
        "column": "orders",
        "by": "platform",
    }


def test_a_number_of_several_columns_or_under_a_condition_leads_nowhere(site: Path) -> None:
    found = drills(site, "index.html")
    assert (found["net_growth"], found["week_retention"]) == (None, None)


def test_every_tile_that_is_led_to_stands_on_its_page(site: Path) -> None:
    targets = [drill for page in site.glob("*.html") for drill in drills(site, page.name).values() if drill]
    assert len(targets) > 10
    for target in targets:
        tile = spec_of(site / target["page"])["tiles"][target["tile"]]
        assert target["column"] in ["/".join(filter(None, (column["name"], column.get("of")))) for column in tile["columns"]]
        assert re.search(f'data-tile="{target["tile"]}" data-type="ranking"', (site / target["page"]).read_text(encoding="utf-8"))
