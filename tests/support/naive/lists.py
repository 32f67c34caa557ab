"""Membership out of lists, and activity out of a chat, by plain loops: what a list shows, and what it cannot.

A list says who is in at its moment. Who is missing from the next list of the same group has left in between: dated by that list, and
flagged, unless a callback says when. Members of a group are counted from its first list on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from support.histories.lists_and_chats import CORPORATION, STATES, TIMEZONE, WORKSPACE, ListHistory, MemberList
from support.naive.activity import Mart
from support.naive.calendar import ONE_DAY, business_date
from support.naive.facts import Activity, Deed, Facts, Spell
from support.naive.growth import growth_daily
from support.naive.presence import Presences
from support.naive.records import NativeId, Rules


@dataclass(frozen=True)
class SeenSpell:
    group: str
    member: str
    joined_at: datetime
    left_at: datetime | None
    is_censored: bool
    channel: str


def spells_of_lists(lists: Sequence[MemberList], departures: Sequence[tuple[str, str, datetime]]) -> list[SeenSpell]:
    found = []
    for group in {page.group for page in lists}:
        pages = sorted((page for page in lists if page.group == group), key=lambda page: page.at)
        entries = {(member, joined, state) for page in pages for member, (joined, state) in page.members.items()}
        for member, joined, state in entries:
            last_seen = max(page.at for page in pages if page.members.get(member, (None, None))[0] == joined)
            missing = min((page.at for page in pages if page.at > last_seen), default=None)
            again = min((other for who, other, _ in entries if who == member and other > joined), default=None)
            before = min((at for at in (missing, again) if at is not None), default=None)
            said = [at for of, who, at in departures if (of, who) == (group, member) and before is not None and last_seen < at <= before]
            left = max(said) if said else before
            if left is None or left > joined:
                found.append(SeenSpell(group, member, joined, left, before is not None and not said, STATES[state]))
    return found


def read_list_facts(history: ListHistory, rules: Rules) -> tuple[Facts, list[SeenSpell]]:
    seen = spells_of_lists(history.lists, history.departures)
    first: dict[NativeId, SeenSpell] = {}
    for spell in sorted(seen, key=lambda s: (s.joined_at, s.group)):
        first.setdefault(_customer(spell.member), spell)
    chat = f"telegram:{WORKSPACE}:77"
    said = [(who, at, "reply" if is_reply else "message") for _, who, at, is_reply in history.messages]
    said += [(who, at, "reaction") for _, who, at in history.reactions]
    activities = [
        Activity(_writer(who), "telegram", chat, at, business_date(at, TIMEZONE), kind, kind in rules.message_types)
        for who, at, kind in said
    ]
    last_list = max(business_date(page.at, TIMEZONE) for page in history.lists)
    observed = {
        ("memberships", "wecom"): (last_list, last_list),
        ("events", "telegram"): (min(a.day for a in activities), business_date(history.exported_at, TIMEZONE) - ONE_DAY),
    }
    facts = Facts(
        rules=rules,
        activities=activities,
        deeds=[Deed(_writer(who), "telegram", chat, at, "join", {}) for who, at in history.joins],
        spells=[Spell(_customer(s.member), "wecom", _group(s.group), s.joined_at, s.left_at) for s in seen],
        purchases=[],
        repayments=[],
        recorded=[],
        channels={person: spell.channel for person, spell in first.items()},
        observed=observed,
    )
    return facts, seen


def growth_of_lists(history: ListHistory, facts: Facts, seen: list[SeenSpell], presences: Presences) -> Mart:
    """As for any membership, but a stock is known only when every group of the scope that had members has been listed."""
    mart = growth_daily(facts, presences)
    censored = [(s, facts.scopes(_customer(s.member), "wecom", _group(s.group))) for s in seen if s.is_censored and s.left_at]
    unlisted = _unlisted(history, seen)
    for (day, *scope), row in mart.items():
        row["censored_leaves"] = sum(
            1 for s, scopes in censored if tuple(scope) in scopes and s.left_at and business_date(s.left_at, TIMEZONE) == day
        )
        kind, name = scope
        if any(first <= day < listed and (kind != "community" or name == group) for group, (first, listed) in unlisted.items()):
            row["members_at_end"] = None
    return mart


def _unlisted(history: ListHistory, seen: list[SeenSpell]) -> dict[str, tuple[date, date]]:
    """Per group from its first member to its first list."""
    found = {}
    for group in {page.group for page in history.lists}:
        listed = min(business_date(page.at, TIMEZONE) for page in history.lists if page.group == group)
        joined = [business_date(s.joined_at, TIMEZONE) for s in seen if s.group == group]
        found[_group(group)] = (min([listed, *joined]), listed)
    return found


def _group(group: str) -> str:
    return f"wecom:{CORPORATION}:{group}"


def _customer(member: str) -> NativeId:
    return NativeId("wecom", CORPORATION, "external_userid", member)


def _writer(member: str) -> NativeId:
    return NativeId("telegram", WORKSPACE, "native", member)
