"""What the page of restatements says: which past numbers differ from what was shown before, and why, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from community_metrics.metrics.registry import project_registry

PAGE = "restatements"
# Some 400 bytes of HTML each: the page stays below half a megabyte. The ledger beside the warehouse has all.
CELLS_SHOWN = 500
MOVES_SHOWN = 50
_SHORT_HASH = 12

Words = Mapping[str, str]

CAUSE_WORDS: Mapping[str, Words] = {
    "late_rows": {"zh": "迟到的行", "en": "late rows"},
    "restated_file": {"zh": "重述文件", "en": "restated file"},
    "erasure": {"zh": "依法删除个人信息", "en": "person erased"},
    "withdrawn_file": {"zh": "撤回文件", "en": "file taken out of use"},
    "identity_change": {"zh": "身份关联变化", "en": "identity change"},
    "definition_version": {"zh": "口径版本", "en": "definition version"},
    "bug_fix_release": {"zh": "程序修正", "en": "bug-fix release"},
    "settings_change": {"zh": "设置变化（时区、周起始日）", "en": "settings (time zone, week start)"},
    "file_read_anew": {"zh": "文件重新读取", "en": "file read anew"},
    "put_aside": {"zh": "隔离或拦下的行", "en": "rows put aside"},
    "rollback": {"zh": "回退", "en": "rollback"},
    "unexplained": {"zh": "原因不明（请报告）", "en": "unexplained (report it)"},
}


@dataclass(frozen=True)
class RestatedCell:
    """One past number as the page tells it. `details`: one text for each piece of evidence; `search`: what the search box looks in."""

    at: str
    release_id: str
    mart: str
    mart_label: Words
    metric: str
    metric_label: Words
    key: str
    business_date: str
    old: str
    new: str | None
    causes: tuple[Words, ...]
    details: tuple[str, ...]
    search: str


@dataclass(frozen=True)
class RestatedMove:
    """One release as it was shown: published or rolled back to, and how many cells changed, by mart and cause."""

    at: str
    release_id: str
    previous_release_id: str | None
    is_rollback: bool
    cells: int | None
    summary: tuple[tuple[Words, tuple[Words, ...], int], ...]


@dataclass(frozen=True)
class Restated:
    """All that the page shows. `cells_in_ledger`: how many there are; `marts`: those that occur, for the filter."""

    cells: Sequence[RestatedCell] = ()
    cells_in_ledger: int = 0
    moves: Sequence[RestatedMove] = ()

    @property
    def marts(self) -> list[tuple[str, Words]]:
        return sorted({cell.mart: cell.mart_label for cell in self.cells}.items())


def restated_cell(row: Mapping[str, Any]) -> RestatedCell:
    """One row of `ops.restatements` in words."""
    label = _metric_label(row["mart"], row["metric"])
    keys = [(name, value) for name, value in json.loads(row["key"]).items() if name != "business_date"]
    key = " · ".join(f"{name} {'–' if value is None else value}" for name, value in keys)
    details = tuple(filter(None, (_detail(piece) for piece in json.loads(row["evidence"]))))
    causes = _causes(row["cause"])
    searched = [row["mart"], row["metric"], *label.values(), key, row["business_date"], row["cause"]]
    searched += [word for cause in causes for word in cause.values()]
    return RestatedCell(
        at=_minute(row["restated_at"]),
        release_id=row["release_id"],
        mart=row["mart"],
        mart_label=_mart_label(row["mart"]),
        metric=row["metric"],
        metric_label=label,
        key=key,
        business_date=row["business_date"],
        old=row["old"],
        new=row["new"],
        causes=causes,
        details=details,
        search=" ".join(searched).casefold(),
    )


def restated_move(
    at: str, release_id: str, previous: str | None, is_rollback: bool, cells: int | None, summary: Iterable[tuple[str, str, int]]
) -> RestatedMove:
    """One move of the pointer in words; `summary`: cells by mart and cause."""
    told = tuple((_mart_label(mart), _causes(cause), count) for mart, cause, count in summary)
    return RestatedMove(_minute(at), release_id, previous, is_rollback, cells, told)


def _causes(text: str) -> tuple[Words, ...]:
    return tuple(CAUSE_WORDS.get(cause, {"zh": cause, "en": cause}) for cause in text.split("+"))


def _detail(piece: Mapping[str, Any]) -> str:
    """`orders shop 3f2a1b4c5d6e`, `dau v1 → v2`, `0.1.0+1a2b → 0.1.0+3c4d`; '' for what the cause says already."""
    if "more" in piece:
        return f"+{piece['more']}"
    if "sha256" in piece:
        named = [piece["source"], piece["account"], piece["sha256"][:_SHORT_HASH], piece.get("remark")]
        return " ".join(part for part in named if part)
    if "definition" in piece:
        return str(piece["definition"])
    if piece["cause"] in ("put_aside", "rollback"):
        return f"{piece['from']} → {piece['to']}" if "from" in piece else ""
    subject = piece.get("metric") or piece.get("setting")
    change = f"{piece['old']} → {piece['new']}"
    said = f"：{piece['changelog']}" if piece.get("changelog") else ""
    return f"{subject} {change}{said}" if subject else change


def _mart_label(mart: str) -> Words:
    known = project_registry().marts.get(mart)
    return {"zh": known.label.zh, "en": known.label.en} if known else {"zh": mart, "en": mart}


def _metric_label(mart: str, column: str) -> Words:
    entry = project_registry().entry(mart, column)
    return {"zh": entry.label.zh, "en": entry.label.en} if entry else {"zh": column, "en": column}


def _minute(text: str) -> str:
    """`2026-03-04 09:12 UTC`."""
    return f"{text[:10]} {text[11:16]} UTC"
