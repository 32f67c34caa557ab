"""What of a site is not for everyone: pages, and the data that stand on no other page.

A release's site says it of itself (`layout.ACCESS`), so that whoever serves it need not read the declared pages: they may have changed
since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from community_metrics.dashboard.datasets import dataset_name
from community_metrics.dashboard.layout import AUDIENCES, EXPORTS
from community_metrics.dashboard.pages import Page

EVERYONE = AUDIENCES[0]


def restricted_paths(pages: Sequence[tuple[Page, str]]) -> dict[str, str]:
    """Path in the site -> audience: pages by their file, data by folder (`data/<dataset>`), marts by address (`export/<mart>`).

    What is for everyone is left out, and so are data that some page shows to everyone.
    """
    paths: dict[str, str] = {file: page.audience for page, file in pages}
    for page, _ in sorted(pages, key=lambda entry: AUDIENCES.index(entry[0].audience)):
        for tile in page.tiles:
            if tile.mart:
                paths.setdefault(f"data/{dataset_name(tile)}", page.audience)
                paths.setdefault(f"{EXPORTS}/{tile.mart}", page.audience)
    return {path: audience for path, audience in paths.items() if audience != EVERYONE}


def audience_of(path: str, restricted: Mapping[str, str]) -> str:
    """Who may see `path`, a file of the site or the address of an export without its kind."""
    return next((audience for start, audience in restricted.items() if path == start or path.startswith(f"{start}/")), EVERYONE)
