"""What the warehouse needs to know of the files in force and not of their rows: the totals that they state, how long their platform
keeps a day."""

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


def read_kept_days(settings: Settings, ledger: Ledger) -> list[tuple[str, str, int]]:
    """(source, account, days): for how long its platform can be asked for a day again, the least over the layouts that it comes in."""
    templates = load_templates(settings.own_templates)
    kept: dict[tuple[str, str], int] = {}
    for source, account, name in ledger.templates_in_force():
        days = templates[name].kept_days if name in templates else None
        if days is not None:
            kept[source, account] = min(days, kept.get((source, account), days))
    return [(source, account, days) for (source, account), days in sorted(kept.items())]
