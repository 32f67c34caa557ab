"""What dbt says about the marts, out of the registry: doc blocks, and the `description` lines of the contracts that point at them.

A contract (`models/marts/**/*.yml`) says names, types and keys; what a column means stands in the registry alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from community_metrics.errors import SettingsError
from community_metrics.metrics import wording
from community_metrics.metrics.entries import Entry, Mart, Metric, Registry
from community_metrics.settings import PROJECT_ROOT
from community_metrics.yaml_text import load_yaml

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
BLOCKS = MARTS / "_metrics.md"

_HEAD = "Generated from the metric registry (`metrics/`) by `make docs`. Change the entry, not this file.\n"
_MODEL = re.compile(r"  - name: (\w+)\s*$")
_COLUMN = re.compile(r"      - name: (\w+)\s*$")


def contract_files(folder: Path = MARTS) -> list[Path]:
    """The contracts of the marts, in the order of their paths."""
    return sorted(folder.rglob("*.yml"))


def contracts(folder: Path = MARTS) -> Iterator[dict[str, Any]]:
    """Every model of every contract as dbt reads it."""
    for path in contract_files(folder):
        yield from load_yaml(path.read_text(encoding="utf-8")).get("models", [])


def problems(models: Iterable[Mapping[str, Any]], registry: Registry) -> list[str]:
    """What the registry does not say about the marts, or says of what is not there: one line each, with what to do."""
    found: list[str] = []
    standing: dict[str, set[str]] = {}
    for model in models:
        mart, names = str(model["name"]), [str(column["name"]) for column in model["columns"]]
        standing[mart] = set(names)
        if mart not in registry.marts:
            found.append(f"{mart}: no entry - add it to `marts:` of a file in metrics/ (label, definition, grain)")
            continue
        found += [
            f"{mart}.{name}: no entry - add one to `metrics:` (or `dimensions:`) of metrics/{registry.marts[mart].domain}.yml, "
            f"or name the place under `stands_in:` of the entry that means the same"
            for name in names
            if registry.entry(mart, name) is None
        ]
        for test in model.get("data_tests", []):
            key = test.get("unique_combination", {}).get("arguments", {}).get("columns")
            if key is not None and set(key) != set(registry.marts[mart].grain):
                found.append(
                    f"{mart}: its contract has the key {key}, the registry the grain {list(registry.marts[mart].grain)} - make them one"
                )
    for mart in registry.marts.keys() - standing.keys():
        found.append(f"{mart}: an entry without a mart - remove it from metrics/{registry.marts[mart].domain}.yml")
    for entry in registry.entries():
        for place in entry.places:
            if place.column not in standing.get(place.mart, {place.column}):
                found.append(f"{place}: no such column - mend `stands_in:` of metrics/{entry.domain}.yml: {entry.name}")
        if not entry.places and not any(entry.name in names for names in standing.values()):
            found.append(f"{entry.name}: stands in no mart - remove it from metrics/{entry.domain}.yml")
    return sorted(found)


def doc_blocks(registry: Registry) -> str:
    """The text of `_metrics.md`: one block for every mart and every entry."""
    blocks = [_block(mart.name, mart, []) for mart in registry.marts.values()]
    blocks += [_block(entry.name, entry, _details(entry, registry)) for entry in registry.entries()]
    return _HEAD + "\n" + "\n".join(blocks)


def described(text: str, registry: Registry) -> str:
    """The text of a contract with the `description` of every model and column pointing at its doc block.

    Raises `SettingsError` for a column without an entry.
    """
    lines: list[str] = []
    mart, inside, skipping = "", False, 0
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if skipping and line.strip() and indent <= skipping:
            skipping = 0
        if skipping:
            continue
        if line and not line.startswith((" ", "#")):
            inside = line.startswith("models:")
        if inside and line.startswith(("    description:", "        description:")) and indent in (4, 8):
            skipping = indent
            continue
        lines.append(line)
        if not inside:
            continue
        model, column = _MODEL.match(line), _COLUMN.match(line)
        if model:
            mart = model[1]
            if mart not in registry.marts:
                raise SettingsError(f"{mart} has no entry", "metrics/", "add it to `marts:` of a domain: docs/adding-a-metric.md")
            lines.append(f"    description: \"{{{{ doc('{mart}') }}}}\"")
        elif column:
            entry = registry.entry(mart, column[1])
            if entry is None:
                raise SettingsError(f"{mart}.{column[1]} has no entry", "metrics/", "add one: docs/adding-a-metric.md")
            lines.append(f"        description: \"{{{{ doc('{entry.name}') }}}}\"")
    return "\n".join(lines) + "\n"


def _block(name: str, entry: Entry | Mart, details: list[str]) -> str:
    text = [f"**{entry.label.zh} · {entry.label.en}**", "", entry.definition.en, "", f"口径：{entry.definition.zh}"]
    listed = ["", *(f"- {line}" for line in details)] if details else []
    return "\n".join([f"{{% docs {name} %}}", *text, *listed, "{% enddocs %}", ""])


def _details(entry: Entry, registry: Registry) -> list[str]:
    lines = [f"Kind: {wording.kind(entry, registry).en}"]
    if isinstance(entry, Metric):
        lines += [
            f"Formula: `{entry.formula}`",
            f"Additivity: {wording.additivity(entry, registry).en}",
            f"Direction: {wording.direction(entry).en}",
            f"Owner: {entry.owner}; version {entry.version}: {entry.changelog[entry.version]}",
        ]
    values, null = wording.allowed(entry), wording.when_null(entry)
    return lines + [said.en[0].upper() + said.en[1:] for said in (values, null) if said]
