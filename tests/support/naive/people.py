"""Who is who: native ids that evidence joins are one person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from support.naive.records import Link, NativeId

Person = NativeId
"""A person goes by the least of the native ids that are theirs."""


class HasMember(Protocol):
    @property
    def member(self) -> NativeId: ...


def persons(links: Iterable[Link]) -> dict[NativeId, Person]:
    """The person of every native id that a link in force mentions. A chain of links is one person."""
    groups: list[tuple[set[NativeId], set[str]]] = []
    for link in links:
        if link.status != "linked":
            continue
        merged: tuple[set[NativeId], set[str]] = ({link.member}, {link.person})
        others = []
        for group in groups:
            if link.member in group[0] or link.person in group[1]:
                merged[0].update(group[0])
                merged[1].update(group[1])
            else:
                others.append(group)
        groups = [*others, merged]
    return {member: min(members) for members, _ in groups for member in members}
