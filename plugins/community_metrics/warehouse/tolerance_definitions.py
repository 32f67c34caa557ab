"""What the rows of `reconciliation_tolerances.csv` must be beyond their cells: one for every figure, critical not below warning."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from community_metrics.errors import SettingsError

# The figures that platforms state themselves and the marts too.
RECONCILED = ("orders", "gross_amount", "refund_amount", "members", "followers", "messages")


def check_tolerances(folder: Path, text: str) -> None:
    """Raises `SettingsError` naming the row. The cells by themselves have been checked."""
    path = folder / "reconciliation_tolerances.csv"
    reader = csv.DictReader(io.StringIO(text))
    found = set()
    for row in reader:
        found.add(row["metric"])
        wrong = _wrong_bound(row)
        if wrong is not None:
            column, what = wrong
            raise SettingsError(f"{row[column]!r} {what}", f"{path}, row {reader.line_num}, column {column}", "mend the row")
    missing = [metric for metric in RECONCILED if metric not in found]
    if missing:
        raise SettingsError(f"no tolerance for {', '.join(missing)}", str(path), "add a row: without one a difference would pass unseen")


def _wrong_bound(row: Mapping[str, str]) -> tuple[str, str] | None:
    """The column that is wrong and why, or None."""
    if bool(row["critical_above"]) != bool(row["critical_share"]):
        return "critical_share", "stands alone: give critical_above and critical_share, or neither (then nothing is critical)"
    for name in ("above", "share"):
        critical, warning = row[f"critical_{name}"], row[f"warning_{name}"]
        if critical and Decimal(critical) < Decimal(warning):
            return f"critical_{name}", f"is below warning_{name}"
    return None
