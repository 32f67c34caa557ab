"""What WeCom's `externalcontact/groupchat/get` answers: who is in a group at the moment of asking, and nothing about who left."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from . import rhythm
from .people import GROUPS, STAFF_IDS, Community, Member, Spell, World, token
from .publishing import SNAPSHOT_DAYS

# On this day the third group's page could not be fetched: its file is missing, its members are still there.
UNFETCHED = (GROUPS[2], date(2026, 9, 27))
CREATED_AT = rhythm.at(date(2026, 6, 1), 10)

STATES = {"paid": "ad_moments_09", "kol": "kol_ameng", "content": "content_xhs_note", "offline": "offline_store_01"}
SCENES = {"staff": 1, "referral": 2, "unknown": 1}
NICKNAMES = ("小满", "阿茶", "青梅", "Luna🍵", "老周", "木木", "糖糖", "Kevin", "云朵", "大鱼")


def listed(world: World, group: Community, day: date) -> list[tuple[Member, Spell]]:
    """Members of the group in the last minute of `day`, in the order of joining; staff apart."""
    asked_at = rhythm.at(day, 23, 59)
    present = [
        (member, spell)
        for member in world.wecom
        for spell in member.spells
        if spell.community is group and spell.joined_at <= asked_at and (spell.left_at is None or spell.left_at > asked_at)
    ]
    return sorted(present, key=lambda pair: (pair[1].joined_at, pair[0].member_id))


def snapshot_days(group: Community) -> list[date]:
    """When the group's list is there."""
    return [day for day in SNAPSHOT_DAYS if (group, day) != UNFETCHED]


def page(world: World, group: Community, day: date) -> dict[str, Any]:
    """The API's answer for one group."""
    owner = STAFF_IDS[GROUPS.index(group) % len(STAFF_IDS)]
    created = int(CREATED_AT.timestamp())
    staff = [{"userid": owner, "type": 1, "join_time": created, "join_scene": 1, "group_nickname": "", "name": owner}]
    present = listed(world, group, day)
    version = hashlib.md5(
        ",".join(f"{member.member_id}@{int(spell.joined_at.timestamp())}" for member, spell in present).encode()
    ).hexdigest()
    return {
        "errcode": 0,
        "errmsg": "ok",
        "group_chat": {
            "chat_id": group.community_id,
            "name": group.name,
            "owner": owner,
            "create_time": created,
            "notice": "",
            "member_list": staff + [member_entry(world, member, spell, owner) for member, spell in present],
            "admin_list": [],
            "member_version": version,
        },
    }


def member_entry(world: World, member: Member, spell: Spell, owner: str) -> dict[str, Any]:
    number = world.wecom.index(member)
    entry: dict[str, Any] = {
        "userid": member.member_id,
        "type": 2,
        "join_time": int(spell.joined_at.timestamp()),
        "join_scene": SCENES.get(spell.channel, 3),
        "group_nickname": "",
        "name": NICKNAMES[number % len(NICKNAMES)],
    }
    if number % 5 < 3:  # unionid is there for WeChat users only, and not always
        entry["unionid"] = f"oLT{token('unionid', number, 25)}"
    if spell.channel in STATES:
        entry["state"] = STATES[spell.channel]
    if spell.channel == "referral":
        entry["state"] = f"fission_{number % 1000:03d}"
    if spell.channel == "staff":
        entry["invitor"] = {"userid": owner}
    return entry


def file_name(group: Community) -> str:
    return f"groupchat_get_{group.community_id}.json"
