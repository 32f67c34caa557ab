"""What an Airflow connection says about a platform's account, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from community_metrics.extractors.failures import ExtractionError

_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,99}")


@dataclass(frozen=True)
class ConnectionValues:
    """An Airflow connection, as plain values. `repr` shows no secret."""

    connection_id: str
    host: str | None = None
    schema: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def base_url(self, default: str) -> str:
        """Where the platform is: the connection's host, or the platform's own address."""
        if not self.host:
            return default
        if "://" in self.host:
            return self.host.rstrip("/")
        port = f":{self.port}" if self.port else ""
        return f"{self.schema or 'https'}://{self.host}{port}"

    def required(self, name: str) -> str:
        """`login` or `password`. Raises `ExtractionError` where it is empty."""
        value = self.login if name == "login" else self.password
        if not value:
            raise ExtractionError(f"the connection has no {name}", self.connection_id, "docs/extraction.md says what belongs there")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of ids in the extra. Raises `ExtractionError` if it is no list of texts or whole numbers."""
        value = self.extra.get(name, [])
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or any(isinstance(item, bool) or not isinstance(item, str | int) for item in items):
            raise ExtractionError(f"`{name}` in the extra is no list of ids", self.connection_id, f'write {{"{name}": ["...", "..."]}}')
        return [str(item) for item in items]

    def number(self, name: str, default: float) -> float:
        """A number in the extra. Raises `ExtractionError`."""
        value = self.extra.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ExtractionError(f"`{name}` in the extra is no number", self.connection_id, f'write {{"{name}": {default:g}}}')
        return float(value)

    def secrets(self) -> list[str]:
        """Everything in it that must not be seen."""
        found = [self.password] if self.password else []
        found += [str(value) for key, value in self.extra.items() if value and any(word in key for word in ("secret", "token", "password"))]
        return found


@dataclass(frozen=True)
class Account:
    """One account whose pages stand in one folder of the inbox. `options`: what the platform's module needs to know of it."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


def account_named(connection: ConnectionValues, name: str, **options: Any) -> Account:
    """An account with a name that a folder can have. Raises `ExtractionError`."""
    if not _FOLDER_NAME.fullmatch(name):
        raise ExtractionError(
            f"{name!r} cannot be the name of an account's folder", connection.connection_id, "use letters, digits, and . _ - @"
        )
    return Account(name, options)
