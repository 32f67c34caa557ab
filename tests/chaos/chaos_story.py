"""The story that every test disturbs, as it is when nothing goes wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from chaos_home import ChaosHome
from exports import drop_day

DAYS = 3


@dataclass
class Story:
    """`files[n]`: how many have landed by day `n`; `digests[n]`: of the release then; `seconds[n]`: how long its run took."""

    home: ChaosHome
    kept: Path
    files: dict[int, int] = field(default_factory=dict)
    digests: dict[int, list[str]] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    def begin_after(self, day: int) -> ChaosHome:
        """The home as it was after this day."""
        self.home.begin_as(self.kept / f"day-{day}")
        return self.home

    def assert_as_undisturbed(self, day: int, withdrawn: int = 0) -> None:
        """The home has become what it is after this day when nothing goes wrong; so many files have been withdrawn on the way."""
        assert self.home.digest() == self.digests[day]
        self.home.assert_whole(self.files[day], withdrawn)


def tell(place: Path) -> Story:
    """A run on each of its days, in `place/home`; the home after each day stands beside it."""
    told = Story(ChaosHome(place / "home"), place)
    told.home.begin()
    landed = 0
    for day in range(1, DAYS + 1):
        landed += drop_day(told.home.settings.inbox, day)
        started = time.monotonic()
        told.home.run()
        told.seconds[day] = time.monotonic() - started
        told.files[day] = landed
        told.digests[day] = told.home.digest()
        told.home.keep_as(place / f"day-{day}")
    told.home.assert_whole(landed)
    return told
