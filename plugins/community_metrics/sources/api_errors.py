"""What the platforms' error codes mean and what to do about them, for messages. Which code is tried again is the extractors' matter."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WECOM = {
    "-1": "the platform was busy: pull it again",
    "40001": "the secret is wrong: get a new access token",
    "40014": "the access token is invalid: get a new one",
    "42001": "the access token has expired: get a new one",
    "40096": "the external_userid belongs to another corporation or provider: check the account",
    "45009": "called too often: wait a minute (an hour by the hourly rule) and pull again",
    "45033": "too many calls at once: pull one after the other",
    "48001": "the account may not call this interface: it must be verified and the interface granted",
    "48002": "the application may not call this interface: grant it",
    "60011": "the owner is outside the application's visible range: widen it",
    "60020": "the caller's IP is not on the allow list: add it and wait a minute",
    "61500": "the date has the wrong format",
    "61501": "the range of dates is longer than the interface allows",
    "61503": "the data are not ready: pull them again after ten o'clock",
    "81017": "too many people are asked for at once: ask for at most 100",
    "84061": "the customer has no relation to the member of staff: leave it out",
    "86001": "there is no such group: leave it out",
    "86003": "there is no such group: leave it out",
    "90501": "the group is no customer group: leave it out",
}
_OCEAN_ENGINE = {
    "40100": "called too often: wait and pull again",
    "40102": "the access token has expired: refresh it",
    "40103": "the refresh token has expired: authorise the application again",
    "40105": "the access token is invalid: refresh it",
    "40002": "the application may not see this advertiser: have it authorised",
}
_DOUYIN = {
    "2190002": "the access token is invalid: get a new one",
    "28001008": "the access token has expired: get a new one",
    "28003017": "the quota is used up: pull it tomorrow",
}

ERROR_HINTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"wecom": _WECOM, "wechat_mp": _WECOM, "wechat_shop": _WECOM, "ocean_engine": _OCEAN_ENGINE, "douyin": _DOUYIN}
)
"""Platform -> code -> what to do."""


def hint(platform: str | None, code: str) -> str:
    """What to do about a code, in a sentence."""
    return ERROR_HINTS.get(platform or "", {}).get(code, "look the code up in the platform's list of error codes")
