"""Files as each template describes them, with raw ids, names, telephone numbers and texts planted wherever a platform may put them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from community_metrics.sources.template_files import load_templates
from community_metrics.sources.templates import Template
from support.template_examples import page_files, table_files

NAME, PHONE, TEXT = "张三丰植入", "13912345678", "planted words of a message"
PERSONAL = (NAME, PHONE, TEXT)
_HEADERS = {"买家昵称": NAME, "nick_name": NAME, "收货手机号": PHONE, "buyer_phone": PHONE, "留言内容": TEXT, "message_text": TEXT}


def identifier_columns(template: Template) -> set[str]:
    """The columns of a template whose values name somebody."""
    return {
        column.name
        for stream in template.streams
        for column in stream.columns
        if stream.definition.column(column.name).namespace is not None and (column.headers or column.path)
    }


def planted_id(column: str, number: int) -> str:
    return f"wmplanted-{column}-{number}"


def planted_files(template: Template) -> Iterator[tuple[str, bytes]]:
    """(name, content); the ids are `planted_id`s."""
    if template.reader == "table":
        for name, content in table_files(template):
            if name == "utf-8.csv":
                yield name, _table(template, content.decode())
    elif template.reader == "pages":
        for name, content in page_files(template):
            pages = [json.loads(_with_ids(template, line)) for line in content.decode().splitlines()]
            yield name, "\n".join(json.dumps(_with_personal(page, 0), ensure_ascii=False) for page in pages).encode()


def readable_templates() -> list[Template]:
    return [template for template in load_templates().values() if template.reader in ("table", "pages") and template.reject is None]


def _table(template: Template, text: str) -> bytes:
    header, *rows = csv.reader(io.StringIO(_with_ids(template, text)))
    written = io.StringIO()
    personal = [template.cell_prefix + value for value in _HEADERS.values()]
    csv.writer(written).writerows([[*header, *_HEADERS], *([*row, *personal] for row in rows)])
    return written.getvalue().encode()


def _with_ids(template: Template, text: str) -> str:
    """The examples write `<column><number>`."""
    names = "|".join(sorted(identifier_columns(template), key=len, reverse=True))
    return re.sub(rf"(?<![\w])({names})(\d)(?!\w)", lambda match: planted_id(match[1], int(match[2])), text) if names else text


def _with_personal(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return [_with_personal(one, depth) for one in value]
    if not isinstance(value, dict):
        return value
    return {**{key: _with_personal(one, depth + 1) for key, one in value.items()}, **(_HEADERS if depth else {})}
