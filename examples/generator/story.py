"""The whole story in one object: built once, told in files by the `*_files` modules and in numbers by `facts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from .activity import EventStory, build_events
from .commerce import Trade, build_trade
from .discord import Server, build_server
from .people import World, build_world
from .publishing import AccountDay, Note, build_account_days, build_notes
from .slack import Workspace, build_workspace
from .telegram import Group, build_group


@dataclass(frozen=True)
class ExportFile:
    """One bundled export: where it stands and its bytes. `account` '' is written as the folder `_`."""

    source: str
    account: str
    day: date
    name: str
    content: bytes

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.source, self.account or "_", f"dt={self.day}", self.name)


@dataclass(frozen=True)
class Story:
    world: World
    events: dict[str, EventStory]
    trade: Trade
    notes: list[Note]
    account_days: list[AccountDay]
    workspace: Workspace
    group: Group
    server: Server


def build_story() -> Story:
    world = build_world()
    return Story(
        world,
        build_events(world),
        build_trade(world),
        build_notes(),
        build_account_days(),
        build_workspace(),
        build_group(),
        build_server(),
    )
