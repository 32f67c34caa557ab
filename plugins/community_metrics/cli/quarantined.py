"""Reads the quarantine's Parquet files. Their values are masked already when they are written."""

from __future__ import annotations

from collections import Counter
from typing import Any

from community_metrics.landing.erasures import ErasureLedger
from community_metrics.landing.records import Landing
from community_metrics.releases.marts import parquet_relation, scratch
from community_metrics.settings import Settings

_MEND = "mend the export and land it anew, or teach the template and run `ingest`"
REMEDIES = {
    "missing_value": "export it with the column filled, or add the column's other header to the template",
    "no_stream": "add the word to the `where` or `values` of the template, then run `ingest`",
    "malformed_row": "the row has too many or too few cells: export it again, not edited in a spreadsheet",
    "not_a_number": "add what the platform writes for nothing to the template's `null_tokens`, or its `unit`",
    "not_a_date": "add the format to the template's `formats`, or what stands for nothing to its `null_tokens`",
    "formula": "the cell is a formula: export it again, not edited in a spreadsheet",
    "not_ready": "the platform had not counted that day yet: pull or export it again later",
    "api_error": "the platform refused that page: see the runbook of extraction, pull it again",
}
"""Reason code -> what to do. Which codes there are, the grammar and the readers say."""


def remedy_for(reason_code: str) -> str:
    """What to do about a row that was put aside."""
    return REMEDIES.get(reason_code, _MEND)


def count_by_reason(settings: Settings, landings: list[Landing]) -> list[dict[str, Any]]:
    """Rows by file, stream, column and reason, in the order of landing."""
    query = 'select stream, "column", reason_code, count(*) as rows from {} group by all order by all'
    return [
        {"sha256": landing.sha256, "name": landing.original_name, "source": landing.source, **row, "remedy": remedy_for(row["reason_code"])}
        for landing in landings
        for row in _query(settings, landing, query)
    ]


def count_erased(settings: Settings) -> list[dict[str, Any]]:
    """Rows and objects that went out of landed files because somebody was erased: their number, and nothing else of them."""
    with ErasureLedger(settings.ledger_path) as ledger:
        gone: Counter[str] = Counter()
        for file in ledger.erased_files():
            gone[file.sha256] += file.rows
        landings = {landing.sha256: landing for landing in ledger.landings()}
    nothing = {"stream": None, "column": None, "reason_code": "erased", "remedy": "nothing: see `community-metrics erasures`"}
    return [
        {"sha256": sha256, "name": landings[sha256].original_name, "source": landings[sha256].source, **nothing, "rows": rows}
        for sha256, rows in gone.items()
        if rows
    ]


def read_rows(settings: Settings, landings: list[Landing], limit: int) -> list[dict[str, Any]]:
    """The first `limit` quarantined rows, by landing and row number."""
    query = (
        'select stream, row_no, "column", reason_code, shown, account_id, business_date::varchar as business_date'
        f" from {{}} order by stream, row_no limit {int(limit)}"
    )
    rows: list[dict[str, Any]] = []
    for landing in landings:
        if len(rows) >= limit:
            break
        rows += [
            {"sha256": landing.sha256, "name": landing.original_name, **row, "remedy": remedy_for(row["reason_code"])}
            for row in _query(settings, landing, query)
        ]
    return rows[:limit]


def _query(settings: Settings, landing: Landing, query: str) -> list[dict[str, Any]]:
    path = settings.quarantine / f"{landing.landing_id}-r{landing.revision}.parquet"
    if not path.exists():
        return []
    with scratch() as connection:
        cursor = connection.execute(query.format(parquet_relation(path)))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
