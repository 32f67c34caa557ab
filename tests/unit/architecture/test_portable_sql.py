"""No SQL that only one engine understands, or that engines understand differently, outside of dispatched macros.

What is looked at: every model, and every macro that is no dispatch target (`default__...`, `duckdb__...`), as written: Jinja's own
words left out, the SQL in the texts that are handed to macros included. Functions are those that DuckDB, Spark, Postgres and
ClickHouse share; whatever is not on the list is refused, so that a new one is looked up before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
MACROS = sorted((PROJECT / "macros").glob("*.sql"))

FUNCTIONS = {
    *("abs", "cast", "coalesce", "nullif", "least", "greatest", "extract", "lower", "upper", "trim", "replace"),
    *("count", "sum", "min", "max", "row_number", "lag", "lead"),
}
# What may stand before a bracket without being a function.
KEYWORDS = {
    *(
        "all",
        "and",
        "as",
        "between",
        "by",
        "case",
        "decimal",
        "distinct",
        "else",
        "except",
        "exists",
        "from",
        "having",
        "in",
        "into",
        "join",
    ),
    *("like", "not", "on", "or", "over", "partition", "select", "then", "union", "using", "values", "varchar", "when", "where", "with"),
}
TYPES = {"varchar", "bigint", "integer", "date", "timestamp", "boolean", "decimal(18, 2)"}

REFUSED = {
    r"\bqualify\b": "row_number in a named step",
    r"::": "cast(x as type)",
    r"\bgroup\s+by\s+all\b|\border\s+by\s+all\b": "the columns",
    r"\bexclude\b|\*\s*replace\b|\bcolumns\s*\(": "the columns",
    r"\bfilter\s*\(": "count_where, or sum(case ...)",
    r"\bignore\s+nulls\b": "previous_known, first_known",
    r"\bilike\b|\bsimilar\s+to\b|\bglob\b|~": "like over lower()",
    r"\b(not\s+)?distinct\s+from\b": "coalesce, or is null beside =",
    r"\b(positional|asof|semi|anti|natural|lateral)\s+join\b": "inner, left or full outer join",
    r"\b(un)?pivot\b|\bunnest\b|\busing\s+sample\b|\btablesample\b": "rows instead of lists",
    r"//": "periods_between, exact_quotient",
    r"(?<![/*])/(?![/*])": "ratio",
    r"%": "a named step",
    r"<<|>>|&|(?<!\|)\|(?!\|)|\^": "hour_bit, has_hour, bits_of_all",
    r"\[|\]|(?<!\{)\{(?!\{)|->|=>|\*\*|==": "plain columns and rows",
    r"\bextract\s*\(\s*(?!year\b|month\b|day\b|hour\b)\w+": "iso_weekday",
    r"\b\w*(_date|_until|_from|_day)\s*[-+]\s*\w": "add_days, days_between",
    r"\brange\s+between\b": "rows between, or a join",
    r",\s*(from|where|group|order|having)\b|,\s*\)": "no trailing comma",
    r"\blimit\b": "row_number in a named step",
}


def fragments(text: str) -> Iterator[str]:
    """The SQL of a file without comments, literals and Jinja; then every text that is handed to a macro, which is SQL too."""
    text = re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
    inside: list[str] = []

    def expression(match: re.Match[str]) -> str:
        inside.extend(a or b for a, b in re.findall(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", match[1]))
        return " jinja_value "

    text = re.sub(r"\{\{-?(.*?)-?\}\}", expression, text, flags=re.DOTALL)
    text = re.sub(r"\{%-?.*?-?%\}", " ", text, flags=re.DOTALL)
    for fragment in (text, *inside):
        yield re.sub(r"'(?:[^']|'')*'", " literal ", re.sub(r"--[^\n]*", "", fragment))


def not_portable(text: str, functions: Set[str] = FUNCTIONS) -> list[str]:
    """What of it another engine would refuse or read otherwise, and what to write instead."""
    # dbt's own macros differ between engines: a float of half the width, dates that become instants.
    found = [f"{name}: use the project's macros" for name in re.findall(r"\{\{[^}]*\b(dbt\.\w+)", text)]
    for sql in fragments(text):
        for pattern, instead in REFUSED.items():
            found += [f"{match[0].strip()!r}: use {instead}" for match in re.finditer(pattern, sql, re.IGNORECASE)]
        tables = set(re.findall(r"\b(\w+)\s*\([\w\s,]+\)\s*(?:as\s*\(|$)", sql)) | set(re.findall(r"\bas\s+(\w+)\s*\(", sql))
        for name in re.findall(r"\b([a-z_]\w*)\s*\(", sql, re.IGNORECASE):
            if name.lower() not in functions | KEYWORDS | tables and name != "jinja_value":
                found.append(f"{name}(): not known to be the same everywhere: a dispatched macro, or the list of this test")
        for kind in re.findall(r"\bcast\s*\([^()]*?\bas\s+(\w+(?:\s*\(\s*\d+\s*,\s*\d+\s*\))?)", sql):
            if kind not in TYPES and kind != "jinja_value":
                found.append(f"cast as {kind}: not a type everywhere")
        found += lateral_aliases(sql)
    return found


def lateral_aliases(sql: str) -> list[str]:
    """A column that is named in a select and used in the same one: Postgres knows it not, ClickHouse always takes it.

    Without the columns of the sources this is a guess: a name that stands nowhere outside of the select can only be the alias.
    """
    found = []
    for start in (match.end() for match in re.finditer(r"\bselect\b", sql)):
        items, end = _select_items(sql, start)
        outside = sql[: start - len("select")] + sql[end:]
        for position, item in enumerate(items):
            named = re.search(r"\bas\s+(\w+)\s*$", item)
            if named and not re.search(rf"\b{named[1]}\b", item[: named.start()]) and not re.search(rf"\b{named[1]}\b", outside):
                later = [other for other in items[position + 1 :] if re.search(rf"(?<![.\w]){named[1]}\b(?!\s*$)", other)]
                found += [f"{named[1]} is used beside its own definition: use a named step" for _ in later]
    return found


def _select_items(sql: str, start: int) -> tuple[list[str], int]:
    """The items of the select list that begins at `start`, and where it ends."""
    depth, items, begun = 0, [], start
    for match in re.finditer(r"[(),]|\bfrom\b", sql[start:]):
        place = start + match.start()
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
            if depth < 0:
                return [*items, sql[begun:place]], place
        elif depth == 0 and match[0] == ",":
            items.append(sql[begun:place])
            begun = place + 1
        elif depth == 0:
            return [*items, sql[begun:place]], place
    return [*items, sql[begun:]], len(sql)


def shared_macros(text: str) -> Iterator[tuple[str, str]]:
    """Name and body of the macros of a file that every engine takes as they are."""
    text = re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
    for name, body in re.findall(r"\{%-?\s*macro\s+(\w+)\(.*?\)\s*-?%\}(.*?)\{%-?\s*endmacro\s*-?%\}", text, re.DOTALL):
        # An engine's own: a dispatch target, or an incremental strategy, which dbt finds by the adapter.
        if "__" not in name and not name.startswith("get_incremental_"):
            yield name, body


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_is_portable(path: Path) -> None:
    assert not_portable(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", MACROS, ids=lambda path: path.stem)
def test_what_only_one_engine_understands_is_dispatched(path: Path) -> None:
    # A truncated date is an instant to some engines: only where it is made a date again at once, in a macro.
    functions = FUNCTIONS | {"date_trunc"}
    macros = shared_macros(path.read_text(encoding="utf-8"))
    assert {name: wrong for name, body in macros if (wrong := not_portable(body, functions))} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t qualify row_number() over (order by a) = 1",
        "select a::date from t",
        "select a, count(*) from t group by all",
        "select * exclude (b) from t",
        "select count(*) filter (where a) from t",
        "select last_value(a ignore nulls) over (order by b) from t",
        "select end_date - start_date from t",
        "select a / b from t",
        "select a // 7 from t",
        "select list(a) from t",
        "select arg_max(a, b) from t",
        "select strftime(a, '%Y') from t",
        "select cast(a as double) from t",
        "select cast(a as hugeint) from t",
        "select extract(isodow from a) from t",
        "select sum(a) as total, total + 1 as more from t",
        "select a -> 'b' from t",
        "select a from t semi join u on a = b",
        "select {{ count_where('a::int = 1') }} from t",
        "select a, from t",
        "select [a, b] from t",
        "select {{ dbt.type_float() }} from t",
    ],
)
def test_what_is_not_portable_is_seen(sql: str) -> None:
    assert not_portable(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select a, sum(b) as b, {{ ratio('a', 'b') }} as share from t group by a",
        "with recursive r (x) as (select 1 as x union select x + 1 from r where x < 5) select x from r",
        "select 'a / b :: c' as text -- a // comment\nfrom t left join u using (a)",
        "select x from (values (1), (2)) as v (x) where (a, b) in (select a, b from t)",
        "select row_number() over (partition by a order by b desc nulls last) as place from t",
        "select cast(null as decimal(18, 2)) as amount, timestamp '2026-01-01 00:00:00' - interval '1' microsecond as moment from t",
    ],
)
def test_what_every_engine_takes_is_not_refused(sql: str) -> None:
    assert not_portable(sql) == []
