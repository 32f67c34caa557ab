"""What each mart is made of: the streams of the lake, the definition files, and the SQL, read off the models' own text.

dbt's graph says the same of models and seeds, but costs seconds to load and does not know which stream a macro reads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from community_metrics.settings import PROJECT_ROOT
from community_metrics.sources.registry import load_registry

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
# Models are also referred to in a loop over a list of their names; only seeds are always named where they are read.
_REFERENCE = re.compile(r"ref\(\s*'(\w+)'\s*\)|'((?:stg|int|mart|dim)_\w+)'")
# Staging reads a stream through macros, whose first two arguments name it: lake, newest_rows, content_fingerprint.
_STREAM = re.compile(r"\(\s*'(\w+)'\s*,\s*'(\w+)'")
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)

# How far each source is known bounds every mart, whatever the mart counts: it says when a number begins, not what it is.
_ARRIVAL = "int_status__"
_OF_ARRIVAL = ("mart_data_status",)
IDENTITY = ("int_identity__members", "int_identity__actors")
"""Who is one person, and who is no ordinary member: they decide whose rows are whose, on every date."""

Stream = tuple[str, str]


@dataclass(frozen=True)
class Ancestry:
    """What stands above one mart: streams as (source, stream), definition files by seed, and a sha256 over its SQL.

    A mart that reads no stream by name (dates, data status) has none: it is made of whatever has landed.
    """

    streams: frozenset[Stream]
    seeds: frozenset[str]
    models: frozenset[str]
    code: str


@cache
def ancestries(project: Path = DBT_PROJECT) -> Mapping[str, Ancestry]:
    """Model name -> ancestry, for every model under `models/marts` and those of `IDENTITY`."""
    models = {path.stem: path.read_text(encoding="utf-8") for path in sorted((project / "models").rglob("*.sql"))}
    seeds = {path.stem for path in (project / "seeds").glob("*.csv")}
    macros = [path.read_text(encoding="utf-8") for path in sorted((project / "macros").rglob("*.sql"))]
    in_macros = {match[1]: _references(match[0]) for text in macros for match in _MACRO.finditer(text)}
    parents = {name: _parents(text, in_macros) for name, text in models.items()}
    known = {(source.name, stream.name) for source in load_registry().values() for stream in source.streams}
    marts = [*sorted(path.stem for path in (project / "models" / "marts").rglob("*.sql")), *IDENTITY]
    digests = {mart: _digest(_above(mart, parents), models, macros) for mart in marts}
    above = {mart: _above(mart, parents, () if mart in _OF_ARRIVAL else (_ARRIVAL,)) for mart in marts}
    return {
        mart: Ancestry(
            frozenset(stream for name in names & models.keys() for stream in _STREAM.findall(models[name]) if stream in known),
            frozenset(names & seeds),
            frozenset(names & models.keys()),
            digests[mart],
        )
        for mart, names in above.items()
    }


def _references(text: str) -> set[str]:
    return {plain or listed for plain, listed in _REFERENCE.findall(text)}


def _parents(text: str, in_macros: Mapping[str, set[str]]) -> set[str]:
    found = _references(text)
    for macro, references in in_macros.items():
        if references and re.search(rf"\b{macro}\(", text):
            found.update(references)
    return found


def _above(mart: str, parents: Mapping[str, set[str]], without: tuple[str, ...] = ()) -> set[str]:
    """The mart and everything that it descends from; what stands above names that begin with `without` only if reached otherwise."""
    reached: set[str] = set()
    waiting = [mart]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            if not name.startswith(without):
                waiting.extend(parents.get(name, ()))
    return reached


def _digest(above: set[str], models: Mapping[str, str], macros: Iterable[str]) -> str:
    # Any macro may shape any model: telling them apart would be a parser of its own.
    digest = hashlib.sha256()
    for text in (*macros, *(part for name in sorted(above & models.keys()) for part in (name, models[name]))):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()
