"""What a platform's module provides: how to call it, what its codes mean, and which groups of pages a source consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.extractors.connections import Account, ConnectionValues
from community_metrics.extractors.readiness import Observation, Readiness
from community_metrics.extractors.responses import RuleBook
from community_metrics.extractors.tokens import Token, TokenStore

if TYPE_CHECKING:
    from community_metrics.extractors.client import Call, PlatformClient
    from community_metrics.extractors.session import Page, Session


@dataclass
class Pulled:
    """The pages of one group, in the order in which they are delivered.

    `files`: endpoint -> keys of its pages in the spool; one file each, because a template reads one endpoint. `failed`: parts
    (an owner, a group) that the platform refuses, each with its page among the keys. `observations`: what the pages say of
    which day. `not_ready`: the platform's own word that its figures are not complete; `doubtful`: the pages that say so.
    """

    files: dict[str, dict[str, None]] = field(default_factory=dict)
    fetched: int = 0
    failed: list[str] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    not_ready: str | None = None
    doubtful: list[str] = field(default_factory=list)

    def keep(self, page: Page, endpoint: str | None = None) -> None:
        """Put the page into the file of its endpoint, or of another one."""
        self.files.setdefault(endpoint or page.endpoint, {})[page.key] = None

    def take(self, page: Page, part: str, endpoint: str | None = None) -> bool:
        """Keep the page if it says something; gives whether it can be read. An ignored page is nowhere.

        `endpoint`: in whose file a refusal of a mere list stands: without that list there are pages of that endpoint missing.
        """
        if page.verdict.is_failed_part:
            self.keep(page, endpoint)
            self.failed.append(f"{part}: {page.verdict}" + (f" ({page.verdict.hint})" if page.verdict.hint else ""))
            return False
        if not page.verdict.is_success:
            return False
        self.keep(page)
        self.fetched += 1
        return True


@dataclass(frozen=True)
class Group:
    """Pages that are complete together and are delivered together.

    `kind`: `present` (a list of what is now: the past cannot be asked) or `dated` (facts of days). `history_days`: how far
    back the platform can be asked. `wanted`: whether the connection asks for it.
    """

    name: str
    pull: Callable[[Session], Pulled]
    kind: Literal["present", "dated"] = "dated"
    readiness: Readiness = field(default_factory=Readiness)
    history_days: int | None = None
    wanted: Callable[[ConnectionValues], bool] = lambda connection: True


@dataclass(frozen=True)
class Platform:
    """One platform. `rates`: (calls, seconds) per endpoint; `to_call`: a page's endpoint and request as one HTTP request."""

    name: str
    title: str
    base_url: str
    rules: RuleBook
    rates: tuple[tuple[int, float], ...]
    to_call: Callable[[str, Mapping[str, Any]], Call]
    authorise: Callable[[Call, str], Call]
    obtain_token: Callable[[PlatformClient, ConnectionValues, TokenStore, str, bool], Token]
    accounts: Callable[[ConnectionValues], list[Account]]
    groups: Mapping[str, tuple[Group, ...]]
