"""Reads the marts of one pipeline run at a case's scopes."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb


class NoRow(Exception):
    """A mart lacks a row that its grain promises; the message says which."""


class Marts:
    """The marts of one run, opened for reading. Scopes: the case's platform, and one community per person."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, parameters).fetchall()

    def series(self, mart: str, column: str, date_column: str, slug: str, dates: list[date], where: str = "true") -> list[int]:
        """A column of a daily or periodic mart at the case's platform; before the platform's first row it is 0.

        Raises `NoRow` if the mart ends before the last date or has a hole.
        """
        found = dict(
            self.rows(
                f"select {date_column}, {column} from marts.{mart} where scope_type = 'platform' and scope_id = ? and {where}",
                [slug],
            )
        )
        values = []
        for day in dates:
            if found and day >= min(found) and day not in found:
                raise NoRow(f"{mart} has no row for {day}; it runs from {min(found)} to {max(found)}")
            values.append(int(found.get(day, 0)))
        return values
