"""The layers of the warehouse, read off the models: a machine checks what a reader relies on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

MODELS = Path(__file__).resolve().parents[3] / "dbt_project" / "models"
SEEDS = {path.stem for path in (MODELS.parent / "seeds").glob("*.csv")}
SQL = sorted(MODELS.rglob("*.sql"))
LAYER = {path.stem: path.relative_to(MODELS).parts[0] for path in SQL}


def code(path: Path) -> str:
    """A model's SQL without its comments."""
    return re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))


def test_there_are_models_to_check() -> None:
    assert len(SQL) > 60
    assert set(LAYER.values()) == {"staging", "intermediate", "marts"}


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_a_model_reads_only_what_its_layer_may(path: Path) -> None:
    allowed = {"staging": set(), "intermediate": {"staging", "intermediate", "seed"}, "marts": {"intermediate", "marts", "seed"}}
    text = path.read_text(encoding="utf-8")
    layer = LAYER[path.stem]
    # A staging model may wait for others (a hint in a comment) but reads none of them.
    for name in re.findall(r"ref\('(\w+)'\)", code(path) if layer == "staging" else text):
        kind = "seed" if name in SEEDS else LAYER[name]
        assert kind in allowed[layer], f"{layer} model {path.stem} reads {kind} {name}"
    if layer != "staging":
        assert "lake(" not in code(path), "only staging reads the lake"
    if layer == "marts":
        assert "source(" not in text, "marts read intermediates and marts"


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_a_model_says_its_grain_first_and_stays_short(path: Path) -> None:
    comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("--") and "depends_on" not in line]
    assert comments[0].startswith("-- Grain: "), "the first comment states the grain"
    assert len(comments) >= 2, "the second comment says why the model exists"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120, "a model past 120 lines wants splitting"


@pytest.mark.parametrize("path", [path for path in SQL if LAYER[path.stem] == "marts"], ids=lambda path: path.stem)
def test_a_mart_has_a_contract_with_its_grain(path: Path) -> None:
    declared = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"][0]
    assert declared["name"] == path.stem
    columns = {column["name"]: column for column in declared["columns"]}
    assert all(column["data_type"] and column["description"] for column in columns.values())
    (grain,) = [test["unique_combination"]["arguments"]["columns"] for test in declared["data_tests"] if "unique_combination" in test]
    for name in grain:
        assert columns[name]["constraints"] == [{"type": "not_null"}], f"{name} is part of the grain"


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_an_outer_join_compares_and_nothing_else(path: Path) -> None:
    """With an `or` in it, or a condition that asks nothing of the joined side, DuckDB compares every row with every row: of 1.5 million
    payers and 300,000 presences it saw no end in minutes, and of a day's 400,000 returns and two million channels none in ten."""
    joins = re.findall(
        r"\b(?:left|full outer) join\b(.*?)(?=\bjoin\b|\bwhere\b|\bgroup by\b|\bunion\b|\bselect\b|$)", code(path), re.DOTALL
    )
    assert [join for join in joins if re.search(r"\bor\b", re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", join))] == []
    conditions = [found for join in joins for found in re.findall(r"\bas (\w+)\s+on\b(.*)", join, re.DOTALL)]
    assert [
        comparison
        for joined, condition in conditions
        for comparison in re.split(r"\band\b(?![^{]*\}\})", re.sub(r"\bbetween (\S+) and\b", r"between \1", condition.split("\n)")[0]))
        if f"{joined}." not in comparison
    ] == []
