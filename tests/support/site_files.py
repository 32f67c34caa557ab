"""What stands in the files of a site: what a page is told, and the rows of its data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def spec_of(page: Path) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="page-spec">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    return dict(json.loads(match[1]))


def communities_of(site: Path) -> list[str]:
    """The keys of the communities, in the order of their positions."""
    return list(_columns(site, "communities")["id"])


def _columns(site: Path, name: str) -> dict[str, list[Any]]:
    text = (site / "data" / f"{name}.js").read_text(encoding="utf-8")
    return dict(json.loads(text[text.index(",") + 1 : text.rindex(")")]))


def rows_of(site: Path, page: str, dataset: str, scope_type: str, scope_id: str, **split: Any) -> list[dict[str, Any]]:
    """The rows of one scope as a page would unpack them, words and all."""
    spec = spec_of(site / page)
    ids = communities_of(site) if scope_type == "community" else [scope["id"] for scope in spec["scopes"][scope_type]]
    position = ids.index(scope_id)
    words = spec["catalogue"][dataset]["words"]
    rows = []
    for name in files_of(spec["catalogue"][dataset], dataset, scope_type, position, **split):
        columns = _columns(site, name)
        for values in zip(*columns.values(), strict=True):
            row = dict(zip(columns, values, strict=True))
            if row["scope"] == position:
                rows.append({name: words[name][value] if name in words and value is not None else value for name, value in row.items()})
    return rows


def files_of(entry: dict[str, Any], dataset: str, scope_type: str | None, position: int | None, **split: Any) -> list[str]:
    """The files that a page loads of a dataset: those of the scope at `position`, or of all scopes of the type."""
    found = []
    for group in entry["groups"]:
        if group["scope_type"] == scope_type and all(
            group["split"][name] == value for name, value in split.items() if name in group["split"]
        ):
            numbers = [n for n, last in enumerate(group["to"]) if position is None or last >= position]
            found += [f"{dataset}/{group['first'] + n:04d}" for n in (numbers if position is None else numbers[:1])]
    return found
