"""Errors can be written down wherever they go."""

from __future__ import annotations

import sqlite3

from community_metrics.errors import InputError


def test_half_a_character_in_a_platforms_message_does_not_break_who_writes_it_down() -> None:
    error = InputError("api_error", "the platform answered 40001 \ud83d", "page\ud800.json", "get a new token")
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute("select ?", (str(error),)).fetchone() == ("the platform answered 40001 ? - page?.json - get a new token",)
    assert error.reason_code == "api_error"
