"""One message for each incident, one for its end; a channel that fails loses nothing."""

from __future__ import annotations

import pytest

from community_metrics.alerts.book import Told, book_path, tell
from community_metrics.alerts.incidents import Incident
from community_metrics.alerts.messages import Message
from community_metrics.errors import CommunityMetricsError
from community_metrics.settings import Settings

REFUSED = Incident("release_refused", "release", "2026-11-22T08:00:00Z", ("members add up",), "docs/runbooks/release-refused.md")
MISSING = Incident("source_missing", "orders shop", "2026-11-20", (), "docs/runbooks/source-missing.md")


class Room:
    """A channel: what was said in it, and whether it takes messages."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.is_open = True

    def __call__(self, message: Message) -> None:
        if not self.is_open:
            raise CommunityMetricsError("the message was not taken: HTTP 500", "channel room", "wait")
        self.said.append(("over " if message.is_over else "") + message.incident.key)


def test_an_incident_is_said_once_and_once_more_when_it_is_over(home: Settings) -> None:
    room = Room()
    for found in ([REFUSED], [REFUSED], [REFUSED, MISSING], [MISSING], [], []):
        tell(home, found, {"room": room})
    assert room.said == [
        "release_refused release",
        "source_missing orders shop",
        "over release_refused release",
        "over source_missing orders shop",
    ]


def test_an_incident_that_comes_back_is_a_new_one(home: Settings) -> None:
    room = Room()
    for found in ([REFUSED], [], [REFUSED]):
        tell(home, found, {"room": room})
    assert room.said == ["release_refused release", "over release_refused release", "release_refused release"]


def test_a_channel_that_fails_is_told_at_the_next_look_and_the_others_at_once(home: Settings) -> None:
    broken, sound = Room(), Room()
    broken.is_open = False
    told = tell(home, [REFUSED], {"broken": broken, "sound": sound})
    title = "[告警 alert] 发布被拒绝 Release refused"
    assert told == Told((REFUSED,), (f"sound: {title}",), (f"broken: {title}: the message was not taken: HTTP 500 - channel room - wait",))
    broken.is_open = True
    tell(home, [REFUSED], {"broken": broken, "sound": sound})
    assert broken.said == sound.said == ["release_refused release"]


def test_who_never_heard_of_it_is_not_told_that_it_is_over(home: Settings) -> None:
    room = Room()
    room.is_open = False
    tell(home, [REFUSED], {"room": room})
    room.is_open = True
    tell(home, [], {"room": room})
    assert room.said == []


def test_a_record_that_is_no_record_says_how_to_mend_it(home: Settings) -> None:
    book_path(home).parent.mkdir(parents=True)
    book_path(home).write_text("[1]")
    with pytest.raises(CommunityMetricsError, match="delete it: what is open is then told once more"):
        tell(home, [REFUSED], {"room": Room()})
