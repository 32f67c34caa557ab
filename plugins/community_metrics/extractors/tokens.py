"""Access tokens: kept in memory, renewed before they expire, renewed once when the platform refuses one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from community_metrics.extractors.clock import Clock

# A token that ends within a call is refused: it is renewed before.
_RENEW_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True)
class Token:
    """One access token. `lifetime`: for how long the platform gave it."""

    value: str
    expires_at: datetime
    lifetime: timedelta = timedelta(hours=2)


class TokenStore(Protocol):
    """Where a platform's rotating refresh token survives the run: with Airflow, encrypted, never in the home."""

    def load(self, name: str) -> str | None: ...

    def save(self, name: str, value: str) -> None: ...


class MemoryTokenStore:
    """A store that forgets, for platforms that rotate nothing and for tests."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def load(self, name: str) -> str | None:
        return self.values.get(name)

    def save(self, name: str, value: str) -> None:
        self.values[name] = value


class Tokens:
    """The tokens of one connection, by credential (WeCom gives each application its own)."""

    def __init__(self, obtain: Callable[[str, bool], Token], clock: Clock) -> None:
        """`obtain(credential, force)`: ask the platform; `force` means that the last one was refused."""
        self._obtain = obtain
        self._clock = clock
        self._tokens: dict[str, Token] = {}

    def current(self, credential: str) -> str:
        """A token that is good for a while."""
        token = self._tokens.get(credential)
        if token is None or token.expires_at - min(_RENEW_BEFORE, token.lifetime / 4) <= self._clock.now():
            token = self._tokens[credential] = self._obtain(credential, False)
        return token.value

    def renew(self, credential: str) -> None:
        """Replace a token that was refused."""
        self._tokens[credential] = self._obtain(credential, True)
