"""Which models a changed definition makes anew, read off dbt's graph.

Most models compute their table anew in every build, so a changed definition is in them by itself. Those that keep history
(dbt's incremental models) divide in two. One that replaces only partitions holds rows made by the old definition: it is
refreshed, with the work tables that hand it its dates. One that compares its old rows with its new ones
(`replace_changed`, `replace_members`) records the dates and members that the difference reaches, whatever the difference
came from: below it a changed definition is news like any other, and nothing is refreshed. Of the two, `replace_members`
must be told to look at all members.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

COMPARES_ITSELF = "replace_changed"
COMPARES_MEMBERS = "replace_members"


@dataclass(frozen=True)
class Node:
    """One node of dbt's graph: `parents` are names too, and `strategy` is None unless it keeps history."""

    name: str
    kind: str
    parents: tuple[str, ...]
    strategy: str | None = None

    @property
    def keeps_history(self) -> bool:
        return self.strategy is not None


def models_to_refresh(nodes: Iterable[Node], seeds: Collection[str]) -> list[str]:
    """The models that are made whole when `seeds` have changed: those that keep history, and what hands them all dates."""
    graph = {node.name: node for node in nodes}
    children = _children(graph)
    reached = _reach(seeds, lambda name: [] if graph[name].strategy in (COMPARES_ITSELF, COMPARES_MEMBERS) else children.get(name, []))
    stale = [name for name in reached if graph[name].keeps_history and graph[name].strategy != COMPARES_ITSELF]
    handing = _reach(stale, lambda name: [parent for parent in graph[name].parents if not _is_kept(graph, parent)])
    return sorted(name for name in handing if graph[name].kind == "model")


def _is_kept(graph: Mapping[str, Node], name: str) -> bool:
    return name not in graph or graph[name].keeps_history


def _children(graph: Mapping[str, Node]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for node in graph.values():
        for parent in node.parents:
            children.setdefault(parent, []).append(node.name)
    return children


def _reach(starts: Collection[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    """Everything that can be reached, the starts included."""
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(following(name))
    return reached
