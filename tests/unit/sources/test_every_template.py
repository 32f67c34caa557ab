"""Every template of the package: a file as it describes is taken whole; a damaged one is a typed error or a counted row."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from community_metrics.landing.records import Landing
from community_metrics.sources.template_files import load_templates
from community_metrics.sources.templates import Template
from support.intake import Intake
from support.template_examples import ROWS, page_files, table_files

TEMPLATES = {name: template for name, template in load_templates().items() if template.reader in ("table", "pages")}
DAMAGED_COPIES = 4
_ODD = [
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"\n\n",
    b",,,,",
    b"\xef\xbb\xbf",
    b"=cmd|' /C calc'!A0",
    b"9" * 400,
    b"\xe5",
    b"{",
    b"]",
    b"NaN",
    b"-1e999",
]


def files(template: Template) -> list[tuple[str, bytes]]:
    return list(table_files(template) if template.reader == "table" else page_files(template))


def damage(content: bytes, chance: random.Random) -> bytes:
    """The content with a few mistakes: flipped, cut, doubled, swapped, or with odd bytes put in."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(changed) + 1)
        length = chance.randint(1, 40)
        match chance.randrange(5):
            case 0 if place < len(changed):
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                del changed[place : place + length]
            case 2:
                changed[place:place] = changed[place : place + length]
            case 3:
                changed[place:place] = chance.choice(_ODD)
            case _:
                if chance.random() < 0.3:
                    del changed[place:]
    return bytes(changed)


def adds_up(landing: Landing) -> bool:
    return landing.rows == landing.accepted + landing.quarantined + landing.totals


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_file_as_described_is_recognised_and_taken(tmp_path: Path, name: str) -> None:
    template = TEMPLATES[name]
    for number, (file_name, content) in enumerate(files(template)):
        intake = Intake(tmp_path / str(number))
        account = None if template.is_mapped else "a1"
        landing = intake.ingest(file_name, content, source=template.source, account=account, snapshot_at="2026-06-20T04:00:00Z")
        if template.reject is not None:
            assert (landing.status, landing.reason_code) == ("rejected", "wrong_grain")
            continue
        assert (landing.status, landing.template) == ("ingested", name), f"{file_name}: {landing.reason}"
        assert adds_up(landing)
        assert landing.accepted > 0, (file_name, intake.quarantined())
        if template.reader == "table":
            assert landing.rows == ROWS, file_name
        assert not landing.quarantined, (file_name, intake.quarantined())


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_damaged_file_is_a_typed_error_or_counted_rows(tmp_path: Path, name: str) -> None:
    chance = random.Random(name)
    assault(Intake(tmp_path), TEMPLATES[name], chance, DAMAGED_COPIES)


@pytest.mark.laws
@pytest.mark.parametrize("name", TEMPLATES)
def test_many_damaged_files(tmp_path: Path, name: str) -> None:
    assault(Intake(tmp_path), TEMPLATES[name], random.Random(f"deep {name}"), 150)


def assault(intake: Intake, template: Template, chance: random.Random, copies: int) -> None:
    contents = [content for _, content in files(template)]
    for number in range(copies):
        intake.write_many([(f"{number}-{index}", damage(content, chance)) for index, content in enumerate(contents)], template.source)
    for landing in intake.landings():
        assert landing.reason_code != "internal_error", (landing.original_name, landing.reason)
        assert landing.status in ("ingested", "rejected", "unrecognised")
        assert adds_up(landing)
