"""Every mistake of the list has a mutation, and the catalogue can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics.settings import PROJECT_ROOT
from mutations.catalogue import Mutation, StaleError, mistakes_without, read_mutations


def test_every_mistake_has_a_mutation() -> None:
    assert mistakes_without(read_mutations()) == []


def test_every_mutation_fits_the_project() -> None:
    texts = [(mutation, (PROJECT_ROOT / mutation.file).read_text(encoding="utf-8")) for mutation in read_mutations()]
    assert [mutation.name for mutation, text in texts if text.count(mutation.find) != 1] == []


def test_a_mutation_fits_where_its_text_stands_once(tmp_path: Path) -> None:
    mutation = Mutation("x", 1, "model.sql", "a = 1", "a = 2")
    for text in ("", "a = 1 and a = 1"):
        (tmp_path / "model.sql").write_text(text)
        with pytest.raises(StaleError):
            mutation.apply(tmp_path)
    (tmp_path / "model.sql").write_text("where a = 1")
    mutation.apply(tmp_path)
    assert (tmp_path / "model.sql").read_text() == "where a = 2"
