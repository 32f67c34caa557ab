"""What the site of a new release tells of restatements: its own, which no ledger holds before it is shown, then those before it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from community_metrics.dashboard.restated import CELLS_SHOWN, MOVES_SHOWN, Restated, restated_cell, restated_move
from community_metrics.errors import BusyError
from community_metrics.releases.marts import parquet_relation, scratch
from community_metrics.releases.restatement_ledger import read_moves, read_restatements
from community_metrics.settings import Settings

log = logging.getLogger(__name__)

_COLUMNS = ("mart", "key", "metric", "business_date", "old", "new", "cause", "evidence")


def read_told(settings: Settings, own: Path, manifest: dict[str, Any]) -> Restated:
    """The page of the release of `manifest`, whose restated cells stand in the Parquet file `own`. While somebody keeps the ledger
    open, the page has the release's own only."""
    shown = {"restated_at": manifest["created_at"], "release_id": manifest["release_id"]}
    with scratch() as connection:
        relation = parquet_relation(own)
        rows = connection.execute(
            f"select {', '.join(_COLUMNS).replace('business_date', 'business_date::varchar')} from {relation} limit {CELLS_SHOWN}"
        ).fetchall()
        counted = connection.execute(f"select count(*) from {relation}").fetchone()
    cells = [restated_cell({**shown, **dict(zip(_COLUMNS, row, strict=True))}) for row in rows]
    own_cells = int(counted[0]) if counted else 0
    summary = [(entry["mart"], entry["cause"], entry["cells"]) for entry in manifest["restatements"]]
    moves = [restated_move(manifest["created_at"], manifest["release_id"], manifest["previous_release_id"], False, own_cells, summary)]
    try:
        before, known = read_restatements(settings, CELLS_SHOWN - len(cells))
        earlier = read_moves(settings, MOVES_SHOWN - 1)
    except BusyError as error:
        log.warning("the page of restatements has those of this release only: %s", error)
        return Restated(cells, own_cells, moves)
    cells += [restated_cell(entry.to_dict()) for entry in before]
    moves += [
        restated_move(move.moved_at, move.release_id, move.previous_release_id, move.event == "rolled_back", move.cells, move.summary)
        for move in earlier
    ]
    return Restated(cells, own_cells + known, moves)
