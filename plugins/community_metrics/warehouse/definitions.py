"""The definitions that analysts edit: validated, then handed to dbt as its seeds.

A folder named by the settings may hold some of the files; what it does not hold comes from the project. A mistake is an
error that names file, row and column, before anything is built.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from community_metrics.errors import SettingsError
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.warehouse.funnel_definitions import OPERATORS, STEP_ORDERS, WINDOW_UNITS, check_funnels
from community_metrics.warehouse.segment_definitions import MEASURES, check_segments
from community_metrics.warehouse.tolerance_definitions import RECONCILED, check_tolerances
from community_metrics.warehouse.window_definitions import check_stickiness

DEFAULTS = PROJECT_ROOT / "dbt_project" / "seeds"


def _text(value: str) -> str | None:
    return None if value else "must not be empty"


def _anything(_: str) -> str | None:
    return None


def _boolean(value: str) -> str | None:
    return None if value in ("true", "false") else "must be true or false"


def _positive(value: str) -> str | None:
    return None if value.isdecimal() and int(value) > 0 else "must be a positive whole number"


def _whole(value: str) -> str | None:
    return None if value.isdecimal() else "must be a whole number"


def _name(value: str) -> str | None:
    return None if re.fullmatch(r"[a-z][a-z0-9_]*", value) else "must be a name in lower case such as key_accounts"


def _date(value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "must be a date such as 2026-10-01"
    return None


def _optional(check: Callable[[str], str | None]) -> Callable[[str], str | None]:
    return lambda value: check(value) if value else None


def _amount(value: str) -> str | None:
    return None if re.fullmatch(r"[0-9]{1,16}([.][0-9]{1,2})?", value) else "must be an amount such as 99.50"


def _share(value: str) -> str | None:
    return None if re.fullmatch(r"0|1|0[.][0-9]{1,4}", value) else "must be a share from 0 to 1 such as 0.02"


def _currency(value: str) -> str | None:
    return None if re.fullmatch(r"[A-Z]{3}", value) else "must be a currency such as CNY"


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


@dataclass(frozen=True)
class DefinitionFile:
    """One file: its columns with a check each (returns what is wrong, or None), and the columns that identify a row."""

    name: str
    columns: Mapping[str, Callable[[str], str | None]]
    key: tuple[str, ...]


FILES = (
    DefinitionFile(
        "event_types.csv",
        {"event_type": _text, "is_activity": _boolean, "is_message": _boolean, "name_en": _text, "name_zh": _text},
        ("event_type",),
    ),
    DefinitionFile(
        "retention_definitions.csv",
        {
            "definition": _text,
            "entry_event": _text,
            "return_event": _text,
            "cohort_mode": _one_of("first_time", "recurring"),
            "minimum_occurrences": _positive,
            "horizon_days": _positive,
            "horizon_weeks": _positive,
            "horizon_months": _positive,
        },
        ("definition",),
    ),
    DefinitionFile(
        "stickiness_definitions.csv",
        {
            "definition": _text,
            "event": _text,
            "window_kind": _one_of("week", "month", "range"),
            "first_date": _optional(_date),
            "last_date": _optional(_date),
            "period_grain": _one_of("day", "week", "month"),
            "minimum_occurrences": _positive,
            "maximum_occurrences": _optional(_positive),
        },
        ("definition", "period_grain"),
    ),
    DefinitionFile(
        "segment_definitions.csv",
        {
            "segment_set": _name,
            "segment": _name,
            "position": _positive,
            "measure": _optional(_one_of(*MEASURES)),
            "at_least": _optional(_whole),
            "at_most": _optional(_whole),
            "reason": _text,
        },
        ("segment_set", "segment", "measure"),
    ),
    DefinitionFile(
        "funnel_definitions.csv",
        {
            "definition": _text,
            "name_en": _text,
            "name_zh": _text,
            "window_length": _positive,
            "window_unit": _one_of(*WINDOW_UNITS),
            "step_order": _one_of(*STEP_ORDERS),
        },
        ("definition",),
    ),
    DefinitionFile(
        "funnel_steps.csv",
        {"definition": _text, "step_index": _positive, "name_en": _text, "name_zh": _text, "event": _text, "event_filter": _anything},
        ("definition", "step_index", "event", "event_filter"),
    ),
    DefinitionFile(
        "funnel_exclusions.csv",
        {"definition": _text, "from_step": _positive, "to_step": _positive, "event": _text, "event_filter": _anything},
        ("definition", "from_step", "to_step", "event", "event_filter"),
    ),
    DefinitionFile(
        "event_filters.csv",
        {"event_filter": _text, "field": _text, "operator": _one_of(*OPERATORS), "value": _anything},
        ("event_filter", "field", "operator", "value"),
    ),
    DefinitionFile("channels.csv", {"channel": _text, "name_en": _text, "name_zh": _text}, ("channel",)),
    DefinitionFile("channel_rules.csv", {"state_pattern": _text, "channel": _text}, ("state_pattern",)),
    DefinitionFile(
        "holidays.csv",
        {"business_date": _date, "is_workday": _boolean, "name_en": _text, "name_zh": _text},
        ("business_date",),
    ),
    DefinitionFile(
        "price_bands.csv",
        {"currency": _currency, "price_band": _text, "from_amount": _amount, "below_amount": _optional(_amount)},
        ("currency", "price_band"),
    ),
    DefinitionFile(
        "reconciliation_tolerances.csv",
        {
            "metric": _one_of(*RECONCILED),
            "warning_above": _amount,
            "warning_share": _share,
            "critical_above": _optional(_amount),
            "critical_share": _optional(_share),
            "reason": _text,
        },
        ("metric",),
    ),
)


def read_definitions(folder: Path) -> dict[str, str]:
    """File name -> text of every definition file, the folder's own before the project's. Raises `SettingsError`."""
    if not folder.is_dir():
        raise SettingsError("the definitions folder does not exist", str(folder), "mend COMMUNITY_METRICS_DEFINITIONS")
    texts = {}
    for file in FILES:
        path = folder / file.name if (folder / file.name).exists() else DEFAULTS / file.name
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise SettingsError("not UTF-8 text", str(path), "save it as CSV UTF-8") from error
        _validate(file, path, text)
        texts[file.name] = text
    _check_channels(folder, texts)
    check_stickiness(folder, texts["stickiness_definitions.csv"])
    _check_price_bands(folder, texts["price_bands.csv"])
    check_segments(folder, texts["segment_definitions.csv"])
    check_tolerances(folder, texts["reconciliation_tolerances.csv"])
    check_funnels(folder, {name: list(_rows(text))[1:] for name, text in texts.items()})
    return texts


def filtered_fields(settings: Settings) -> list[str]:
    """The columns of an event that some filter reads: the others of its free fields are not carried through the models."""
    rows = list(_rows(read_definitions(settings.definitions)["event_filters.csv"]))[1:]
    return sorted({cells[1].partition(".")[0] for _, cells in rows})


def assemble_seeds(settings: Settings, target: Path) -> Path:
    """Write the validated files to `target`, which dbt reads as its seeds; unchanged files keep their time.

    Before every build: dbt writes the statement that it made of a seed over a seed that lies outside its project.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name, text in read_definitions(settings.definitions).items():
        path = target / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    properties = target / "_seeds.yml"
    if not properties.exists() or properties.read_bytes() != (DEFAULTS / "_seeds.yml").read_bytes():
        shutil.copyfile(DEFAULTS / "_seeds.yml", properties)
    return target


def definitions_fingerprint(settings: Settings) -> str:
    """sha256 over everything that decides how a number is computed: definitions, models, macros, zone and week start."""
    seeds = sorted(seed_fingerprints(settings).items())
    return _sha256([code_fingerprint(settings).encode(), *(f"{seed}={fingerprint}".encode() for seed, fingerprint in seeds)])


def code_fingerprint(settings: Settings) -> str:
    """sha256 over what no part of the warehouse is independent of: models, macros, time zone, week start, version of the engine."""
    return _sha256(_code_parts(settings))


def seed_fingerprints(settings: Settings) -> dict[str, str]:
    """Per definition file, by the name of its seed, the sha256 of its text: what descends from one of them needs no other."""
    return {Path(name).stem: _sha256([text.encode()]) for name, text in read_definitions(settings.definitions).items()}


def _code_parts(settings: Settings) -> Iterable[bytes]:
    # With the engine: what it hashes, another version of it may hash otherwise.
    yield f"{settings.timezone}|{settings.week_start}|{duckdb.__version__}".encode()
    project = PROJECT_ROOT / "dbt_project"
    for folder in ("models", "macros"):
        for path in sorted((project / folder).rglob("*.sql")):
            yield str(path.relative_to(project)).encode()
            yield path.read_bytes()


def _sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
        digest.update(b"\0")
    return digest.hexdigest()


def _rows(text: str) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text))
    for row in reader:
        if row:
            yield reader.line_num, row


def _validate(file: DefinitionFile, path: Path, text: str) -> None:
    rows = _rows(text)
    try:
        _, header = next(iter(rows))
    except StopIteration:
        raise SettingsError("the file is empty", str(path), f"its first line is {','.join(file.columns)}") from None
    if header != list(file.columns):
        raise SettingsError(f"wrong columns: {','.join(header)}", f"{path}, row 1", f"write {','.join(file.columns)}")
    seen: dict[tuple[str, ...], int] = {}
    for number, row in rows:
        where = f"{path}, row {number}"
        if len(row) != len(header):
            raise SettingsError(f"{len(row)} cells instead of {len(header)}", where, "mend the row")
        cells = dict(zip(header, row, strict=True))
        for column, check in file.columns.items():
            wrong = check(cells[column])
            if wrong:
                raise SettingsError(f"{cells[column]!r} {wrong}", f"{where}, column {column}", "mend the cell")
        key = tuple(cells[column] for column in file.key)
        if key in seen:
            raise SettingsError(f"{'/'.join(key)} stands already in row {seen[key]}", where, "keep one of them")
        seen[key] = number
        if file.name == "retention_definitions.csv" and cells["entry_event"] == "present":
            raise SettingsError("`present` is a state, not an entry event", f"{where}, column entry_event", "use join")


def _check_channels(folder: Path, texts: Mapping[str, str]) -> None:
    known = {row[0] for number, row in _rows(texts["channels.csv"]) if number > 1}
    for number, row in _rows(texts["channel_rules.csv"]):
        if number > 1 and row[1] not in known:
            raise SettingsError(
                f"unknown channel {row[1]!r}", f"{folder / 'channel_rules.csv'}, row {number}, column channel", "add it to channels.csv"
            )


def _check_price_bands(folder: Path, text: str) -> None:
    """An order lies in one band at most: bands of one currency do not overlap."""
    bands: list[tuple[str, Decimal, Decimal, int]] = []
    for number, (currency, _, first, below) in _rows(text):
        if number == 1:
            continue
        where = f"{folder / 'price_bands.csv'}, row {number}"
        start, end = Decimal(first), Decimal(below or "Infinity")
        if end <= start:
            raise SettingsError(f"{below!r} is not above from_amount", f"{where}, column below_amount", "mend the cell")
        for other, other_start, other_end, row in bands:
            if other == currency and start < other_end and other_start < end:
                raise SettingsError(f"overlaps the band of row {row}", f"{where}, column from_amount", "let each begin where another ends")
        bands.append((currency, start, end, number))
