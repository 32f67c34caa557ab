"""The result of one benchmark: rows that put a cost of the line beside the floor's, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.measuring import Cost

HEADER = ("what", "line s", "floor s", "ratio", "CPU ratio", "line MB", "floor MB")


@dataclass(frozen=True)
class Comparison:
    """One line of the table. `floor` is None where the bare minimum has nothing of the kind."""

    what: str
    line: Cost
    floor: Cost | None = None

    @property
    def ratio(self) -> float | None:
        return self.line.seconds / self.floor.seconds if self.floor and self.floor.seconds else None

    @property
    def cpu_ratio(self) -> float | None:
        if self.floor is None or not self.floor.cpu_seconds or self.line.cpu_seconds is None:
            return None
        return self.line.cpu_seconds / self.floor.cpu_seconds


@dataclass(frozen=True)
class Growth:
    """One history length: member-days in it, seconds of the one-day build and of the full build on both sides."""

    days: int
    member_days: int
    line_day_models: float
    line_day: float
    floor_day: float
    line_full: float
    floor_full: float


@dataclass(frozen=True)
class Report:
    """Everything that one run measured."""

    options: dict[str, int]
    machine: dict[str, Any]
    comparisons: list[Comparison] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    models: dict[str, dict[str, float]] = field(default_factory=dict)
    different: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        rows = [{**asdict(row), "ratio": row.ratio, "cpu_ratio": row.cpu_ratio} for row in self.comparisons]
        return {**asdict(self), "comparisons": rows}


def render(report: Report) -> str:
    """The report as text, for eyes."""
    options, machine = report.options, report.machine
    parts = [
        f"{options['events_per_day']:,} events a day, {options['days']} days, {options['members']:,} members; "
        f"{machine['cpus']} CPUs, load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after",
        table(HEADER, [cells(row) for row in report.comparisons]),
        "By length of history, seconds",
        table(
            ("days", "member-days", "one day: models", "build step", "floor", "all days: models", "floor"),
            [
                (
                    str(row.days),
                    f"{row.member_days:,}",
                    *(f"{seconds:.2f}" for seconds in (row.line_day_models, row.line_day, row.floor_day, row.line_full, row.floor_full)),
                )
                for row in report.growth
            ],
        ),
    ]
    for subject, models in report.models.items():
        total = sum(models.values()) or 1.0
        top = sorted(models.items(), key=lambda item: -item[1])[:8]
        parts += [
            f"Models that cost most, {subject} ({total:.2f} s)",
            table(("model", "s", "share"), [(name, f"{s:.2f}", f"{s / total:.0%}") for name, s in top]),
        ]
    unequal = {name: count for name, count in report.different.items() if count}
    parts.append(f"Line and floor differ: {unequal}" if unequal else f"Line and floor give the same numbers: {', '.join(report.different)}")
    return "\n\n".join(parts)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell: the first to the left, the others to the right."""
    widths = [max(len(row[index]) for row in (header, *rows)) for index in range(len(header))]
    ruled = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width) for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in ruled
    )


def cells(row: Comparison) -> tuple[str, ...]:
    """One line of the table, under `HEADER`."""

    def memory(cost: Cost | None) -> str:
        return f"{cost.peak_bytes / 2**20:,.0f}" if cost and cost.peak_bytes else ""

    def times(ratio: float | None) -> str:
        return "" if ratio is None else f"{ratio:.1f}x"

    floor = f"{row.floor.seconds:.2f}" if row.floor else ""
    return (row.what, f"{row.line.seconds:.2f}", floor, times(row.ratio), times(row.cpu_ratio), memory(row.line), memory(row.floor))
