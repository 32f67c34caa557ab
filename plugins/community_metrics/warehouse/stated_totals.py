"""What files in force state of themselves, for the warehouse: a bill's last line, beside what its rows add up to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from community_metrics.landing.ledger import Ledger
from community_metrics.settings import Settings
from community_metrics.sources.template_files import load_templates


class Statement(NamedTuple):
    """`column_name`: of which column of the stream it is the sum; empty: how many rows the file has."""

    file_sha256: str
    stream: str
    column_name: str
    stated: Decimal
    found: Decimal


def read_statements(settings: Settings, ledger: Ledger) -> Iterator[Statement]:
    """Every total that a file in force states, once for all landings of the same bytes."""
    templates = load_templates(settings.own_templates)
    statements = {
        Statement(landing.sha256, check.stream, check.column or "", Decimal(total["stated"]), Decimal(total["found"]))
        for landing in ledger.active_landings_with_totals()
        for total in landing.drift["totals"]
        if (template := templates.get(landing.template or "")) is not None
        for check in template.totals.checks
        if check.header == total["header"]
    }
    yield from sorted(statements)
