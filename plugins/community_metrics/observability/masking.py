"""Secrets that this process has come to know, and texts without them."""

from __future__ import annotations

import re

_secrets: set[str] = set()
# A text so short stands in words that are none of its business.
_SHORTEST = 4
_IN_TEXTS = re.compile(r"((?:access_token|secret|corpsecret|appsecret|refresh_token|password)=|Bearer\s+)[^&\s\"']+", re.IGNORECASE)
# postgresql://user:password@host
_IN_ADDRESSES = re.compile(r"(://[^/\s:@]*:)[^@\s/]+@")


def hide(secret: str) -> None:
    """From now on the text is in no log and no record of a run of this process."""
    if len(secret) >= _SHORTEST:
        _secrets.add(secret)


def masked(text: str) -> str:
    """The text without secrets: those that are known, and what stands in an address where secrets stand."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return _IN_ADDRESSES.sub(r"\1***@", _IN_TEXTS.sub(r"\1***", text))
