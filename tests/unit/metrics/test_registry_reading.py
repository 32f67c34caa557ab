"""The registry's files are read strictly: an error names file, entry and field, and nothing is defined twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from community_metrics.errors import SettingsError
from community_metrics.metrics.entries import Bounds, Place, Text
from community_metrics.metrics.registry import load_registry

HUGS = """
domain: {zh: 拥抱, en: Hugs}
owner: hug-desk
marts:
  mart_hugs:
    label: {zh: 每日拥抱, en: Hugs by day}
    definition: {zh: 每天一行。, en: One row per day.}
    grain: [business_date, room]
metrics:
  hugs:
    label: {zh: 拥抱, en: Hugs}
    definition: {zh: 拥抱次数。, en: How many hugs.}
    formula: count of hugs
    kind: count
    unit: times
    over_dates: sum
    adds_over: [room]
    direction: up
    stands_in: [mart_hugs, mart_hugs.also_hugs]
    changelog: {1: 2026-11-01 first definition, 2: 2026-11-22 high fives are none}
  hug_share:
    label: {zh: 拥抱占比, en: Share of hugs}
    definition: {zh: 拥抱除以问候。, en: Hugs over greetings.}
    formula: hugs / greetings
    kind: share
    numerator: hugs
    denominator: hugs
    over_dates: ratio
    direction: neutral
    null_when: {zh: 无人问候, en: nobody greeted}
    bounds: {max: 0.5, severity: warning}
    owner: somebody-else
    stands_in: [mart_hugs]
    changelog: {1: 2026-11-22 first definition}
dimensions:
  business_date:
    label: {zh: 日期, en: Date}
    definition: {zh: 日期。, en: The date.}
    kind: date
  room:
    label: {zh: 房间, en: Room}
    definition: {zh: 哪个房间。, en: Which room.}
    kind: category
    values: [hall, attic]
"""


def write(folder: Path, text: str = HUGS, name: str = "hugs.yml") -> Path:
    (folder / "units.yml").write_text("times: {zh: 次, en: times}\n", encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_an_entry_says_what_a_column_means(tmp_path: Path) -> None:
    registry = load_registry(write(tmp_path))
    hugs = registry.metrics["hugs"]
    assert (hugs.label, hugs.short, hugs.unit, hugs.owner, hugs.version) == (
        Text("拥抱", "Hugs"),
        Text("拥抱", "Hugs"),
        "times",
        "hug-desk",
        2,
    )
    assert hugs.places == (Place("mart_hugs", "hugs"), Place("mart_hugs", "also_hugs"))
    assert hugs.bounds == Bounds(0, None, "critical")
    assert registry.metrics["hug_share"].bounds == Bounds(0, 0.5, "warning")
    assert registry.metrics["hug_share"].owner == "somebody-else"
    assert registry.metric_of("mart_hugs", "also_hugs") is hugs
    assert registry.entry("mart_hugs", "room") is registry.dimensions["room"]
    assert registry.metric_of("mart_hugs", "room") is None
    assert registry.entry("mart_hugs", "kisses") is None
    assert registry.marts["mart_hugs"].time == "business_date"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("unit: times", "unit: arms", r"`unit` is not a unit: 'arms' - .*hugs\.yml: hugs: unit"),
        ("kind: count", "kind: number", r"`kind` is unknown: 'number' - .*hugs\.yml: hugs: kind"),
        ("    direction: up\n", "", r"`direction` is missing - .*hugs\.yml: hugs: direction"),
        ("en: How many hugs.", "en: ''", r"must be said in both languages - .*hugs\.yml: hugs: definition"),
        ("formula: count of hugs", "sql: count of hugs", r"unknown key 'sql' - .*hugs\.yml: hugs"),
        ("changelog: {1: 2026-11-01", "changelog: {3: 2026-11-01", r"a line for every version from 1 on - .*hugs\.yml: hugs: changelog"),
        ("stands_in: [mart_hugs, ", "stands_in: [mart_kisses, ", r"unknown mart 'mart_kisses' - .*hugs\.yml: hugs: stands_in"),
        ("adds_over: [room]", "adds_over: [house]", r"'house' is not in the grain of mart_hugs - .*hugs\.yml: hugs: adds_over"),
        ("    numerator: hugs\n", "", r"`numerator` and `denominator` belong together - .*hug_share: numerator"),
        ("denominator: hugs", "denominator: greetings", r"unknown metric 'greetings' - .*hug_share: denominator"),
        ("bounds: {max: 0.5", "bounds: {max: half", r"`max` is not a number: 'half' - .*hug_share: bounds: max"),
        ("grain: [business_date, room]", "grain: [business_date, room, house]", r"'house' is no dimension - .*mart_hugs: grain"),
        ("also_hugs]", "hug_share]", r"a second definition of mart_hugs\.hug_share - .*hug_share: stands_in"),
        ("  hug_share:\n", "  hugs:\n", r"a second definition of 'hugs'"),
        (
            "label: {zh: 拥抱占比, en: Share of hugs}",
            "label: {zh: 拥抱, en: Share of hugs}",
            r"says the same as hugs: '拥抱' - .*hug_share: label\.zh",
        ),
        ("en: Hugs over greetings.", "en: how many Hugs.", r"says the same as hugs: .* - .*hug_share: definition\.en"),
        ("  room:\n", "  hugs:\n", r"a second definition of the entry 'hugs' - "),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in HUGS
    with pytest.raises(SettingsError) as raised:
        load_registry(write(tmp_path, HUGS.replace(old, new, 1)))
    assert re.search(message, str(raised.value)), raised.value


def test_a_second_file_defines_nothing_again(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(SettingsError, match=r"a second definition of the mart 'mart_hugs' - .*kisses\.yml: mart_hugs - .*hugs"):
        load_registry(write(tmp_path, HUGS, "kisses.yml"))
