"""Generated tables of any length in the columns of the input contracts, as an export has them: by time, few members writing much."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

MEMBERS = 50_000
DAYS = 30
_BEGIN = int(np.datetime64("2026-09-01", "s").astype(np.int64))


def events(rows: int) -> pa.Table:
    """Mapped events of one platform over a month; seven of ten have no value."""
    random = np.random.default_rng(1)
    value = pa.array(np.char.mod("%.2f", random.exponential(3, rows)))
    return pa.table(
        {
            "event_id": _numbered("e", rows),
            "occurred_at": _texts(_moments(random, rows)),
            "platform": pa.repeat("wechat", rows),
            "member_id": _pick(_members(), (MEMBERS * random.random(rows) ** 2).astype(np.int64)),
            "community_id": _pick([f"wrOgQh{number:026d}" for number in range(60)], random.integers(0, 60, rows)),
            "event_type": _pick(["发言", "签到", "点赞", "分享", "浏览", "报名"], random.integers(0, 6, rows)),
            "value": pc.if_else(pa.array(random.random(rows) < 0.7), "", value),
        }
    )


def orders(rows: int) -> pa.Table:
    """Mapped orders over a month, with one column that no contract knows."""
    random = np.random.default_rng(2)
    paid = _moments(random, rows)
    goods = [f"社群训练营第{number}期·{kind}" for number in range(40) for kind in ("标准班", "加强班", "体验课")]
    return pa.table(
        {
            "order_id": _numbered("42000027", rows),
            "platform": pa.repeat("youzan", rows),
            "member_id": _pick(_members(), random.integers(0, MEMBERS, rows)),
            "paid_at": _texts(paid),
            "ordered_at": _texts(paid - random.integers(5, 900, rows)),
            "gross_amount": pa.array(np.char.mod("%.2f", random.exponential(120, rows) + 1)),
            "currency": pa.repeat("CNY", rows),
            "status": _pick(["已完成", "待发货", "已发货", "已关闭"], random.integers(0, 4, rows)),
            "商品": _pick(goods, random.integers(0, len(goods), rows)),
            "transaction_id": _numbered("43000000", rows),
        }
    )


def write_csv(rows: pa.Table, path: Path, encoding: str) -> None:
    """Cells are not quoted: none of them needs it."""
    written = io.BytesIO()
    pyarrow.csv.write_csv(rows, written, pyarrow.csv.WriteOptions(quoting_style="none", quoting_header="none"))
    path.write_bytes(written.getvalue() if encoding == "utf-8" else written.getvalue().decode().encode(encoding))


def write_workbook(rows: pa.Table, path: Path) -> None:
    """One sheet; moments and values as a spreadsheet has them, not as text."""
    from openpyxl import Workbook

    moments = rows["occurred_at"].cast(pa.timestamp("s")).to_pylist()
    values = [float(text) if text else None for text in rows["value"].to_pylist()]
    kept = rows.drop_columns(["occurred_at", "value"])
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append([*kept.column_names, "occurred_at", "value"])
    for cells in zip(*(column.to_pylist() for column in kept.columns), moments, values, strict=True):
        sheet.append(cells)
    book.save(path)


def _moments(random: np.random.Generator, rows: int) -> np.ndarray:
    return np.sort(random.integers(0, DAYS * 86_400, rows)) + _BEGIN


def _texts(seconds: np.ndarray) -> pa.Array:
    return pa.array(seconds, pa.timestamp("s")).cast(pa.string())


def _members() -> list[str]:
    return [f"oX{number * 7919 % 10**9:026x}" for number in range(MEMBERS)]


def _numbered(prefix: str, rows: int) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(np.arange(rows) + 10**10).cast(pa.string()), "")


def _pick(names: list[str], positions: np.ndarray) -> pa.Array:
    return pa.array(names).take(pa.array(positions))
