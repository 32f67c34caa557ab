"""What WeCom and 公众号 have counted themselves, as their interfaces and consoles write it: it agrees with the story told elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from . import rhythm, stream, wecom
from .formats import json_bytes
from .people import CORP, GROUPS, STAFF_IDS, Community, World
from .story import ExportFile, Story

EXPORT_DAY = rhythm.LAST_DAY + timedelta(days=1)
PULLED_AT = "2026-11-02T02:10:00Z"
WEEK = list(rhythm.days(rhythm.LAST_DAY - timedelta(days=6), rhythm.LAST_DAY))
CALLBACK_WEEK = (date(2026, 10, 19), date(2026, 10, 25))
OFFICIAL_ACCOUNT = "gh_81f0lantern"
CUSTOMERS_PER_STAFF = 25

ARTICLES = (
    ("2247490231_1", "霜降喝什么茶", date(2026, 10, 23), 1480),
    ("2247490244_1", "一封来自武夷山的信", date(2026, 10, 27), 2210),
    ("2247490244_2", "茶友问答 No.12", date(2026, 10, 27), 640),
)


def tencent_files(story: Story) -> Iterator[ExportFile]:
    statistics = "externalcontact-groupchat-statistic_group_by_day.jsonl"
    yield ExportFile("wecom_stats", CORP, EXPORT_DAY, statistics, _lines(_group_statistics(story)))
    yield ExportFile("wecom_stats", CORP, EXPORT_DAY, "externalcontact-get_user_behavior_data.jsonl", _lines(_behaviour()))
    yield ExportFile("wecom_contacts", CORP, rhythm.LAST_DAY, "batch_get_by_user.json", json_bytes(list(_contacts(story.world))))
    yield ExportFile("wecom_groups", CORP, date(2026, 10, 26), "change_external_chat.xml", _callback(story.world).encode())
    yield ExportFile("wechat_mp", OFFICIAL_ACCOUNT, EXPORT_DAY, "user_analysis.xls", _user_analysis(story).encode())
    yield ExportFile("wechat_mp", OFFICIAL_ACCOUNT, EXPORT_DAY, "datacube-getarticletotaldetail.jsonl", _lines(_article_totals()))


def _lines(pages: Iterator[tuple[str, dict[str, Any], dict[str, Any]]]) -> bytes:
    """Pages as the extractors of the project write them."""
    wrapped = ({"endpoint": name, "request": asked, "response": said, "pulled_at": PULLED_AT} for name, asked, said in pages)
    return "".join(json.dumps(page, ensure_ascii=False) + "\n" for page in wrapped).encode()


def _midnight(day: date) -> int:
    return int(rhythm.at(day, 0).timestamp())


def _owned(owner: str) -> list[Community]:
    return [group for index, group in enumerate(GROUPS) if STAFF_IDS[index % len(STAFF_IDS)] == owner]


def _group_statistics(story: Story) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    written = [event for event in story.events["wecom"].truth() if event.event_type in ("message", "reply")]
    for owner in STAFF_IDS:
        groups = _owned(owner)
        if not groups:
            continue
        ids = {group.community_id for group in groups}
        items = []
        for day in WEEK:
            said = [event for event in written if event.day == day and event.community_id in ids]
            joined = sum(
                spell.community in groups and rhythm.local_date(spell.joined_at) == day for m in story.world.wecom for spell in m.spells
            )
            data = {
                "new_chat_cnt": 0,
                "chat_total": len(groups),
                "chat_has_msg": len({event.community_id for event in said}),
                "new_member_cnt": joined,
                "member_total": sum(len(wecom.listed(story.world, group, day)) + 1 for group in groups),
                "member_has_msg": len({event.member_id for event in said}),
                "msg_total": len(said),
                "migrate_trainee_chat_cnt": 0,
            }
            items.append({"stat_time": _midnight(day), "data": data})
        asked = {"day_begin_time": _midnight(WEEK[0]), "day_end_time": _midnight(WEEK[-1]), "owner_filter": {"userid_list": [owner]}}
        yield "externalcontact/groupchat/statistic_group_by_day", asked, {"errcode": 0, "errmsg": "ok", "items": items}


def _behaviour() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    rng = stream("staff behaviour")
    for owner in STAFF_IDS:
        days = []
        for day in WEEK:
            chats = round(rng.randrange(4, 16) * rhythm.activity_factor(day))
            figures: dict[str, Any] = {"stat_time": _midnight(day), "chat_cnt": chats, "message_cnt": chats * rng.randrange(3, 8)}
            # On Sunday nobody wrote first: there is nothing to answer, and no rate.
            if day.weekday() != 6:
                figures |= {"reply_percentage": rng.randrange(7000, 10000) / 100, "avg_reply_time": rng.randrange(1, 40)}
            days.append(
                figures
                | {"negative_feedback_cnt": rng.randrange(2), "new_apply_cnt": rng.randrange(5), "new_contact_cnt": rng.randrange(4)}
            )
        asked = {"userid": [owner], "start_time": _midnight(WEEK[0]), "end_time": _midnight(WEEK[-1])}
        yield "externalcontact/get_user_behavior_data", asked, {"errcode": 0, "errmsg": "ok", "behavior_data": days}


def _contacts(world: World) -> Iterator[dict[str, Any]]:
    """One page per member of staff: customers out of their groups, with the tags of the corporation."""
    for owner in STAFF_IDS:
        listed = []
        for member, spell in [pair for group in _owned(owner) for pair in wecom.listed(world, group, rhythm.LAST_DAY)][
            :CUSTOMERS_PER_STAFF
        ]:
            entry = wecom.member_entry(world, member, spell, owner)
            contact = {"external_userid": member.member_id, "name": entry["name"], "type": 1, "gender": 0}
            contact |= {"unionid": entry["unionid"]} if "unionid" in entry else {}
            follow = {
                "userid": owner,
                "remark": entry["name"],
                "description": "",
                "createtime": entry["join_time"] + 600,
                "tag_id": ["etLanternRegular"] if spell.channel == "referral" else [],
                "add_way": 4 if "state" not in entry else 1,
                "oper_userid": owner if spell.channel == "staff" else member.member_id,
            }
            follow |= {"state": entry["state"]} if "state" in entry else {}
            listed.append({"external_contact": contact, "follow_info": follow})
        if listed:
            yield {"errcode": 0, "errmsg": "ok", "external_contact_list": listed, "next_cursor": ""}


def _callback(world: World) -> str:
    """Each time somebody came to the first group in that week, delivered one after the other and the first one twice."""
    joined = sorted(
        (spell.joined_at, member.member_id)
        for member in world.wecom
        for spell in member.spells
        if spell.community is GROUPS[0] and rhythm.is_within(rhythm.local_date(spell.joined_at), CALLBACK_WEEK)
    )
    messages = [_joined(number, moment, member_id) for number, (moment, member_id) in enumerate(joined)]
    return "".join([*messages[:1], *messages])


def _joined(number: int, moment: datetime, member_id: str) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
        f"<CreateTime>{int(moment.timestamp())}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[{GROUPS[0].community_id}]]></ChatId>"
        f"<ChangeType><![CDATA[update]]></ChangeType><UpdateDetail><![CDATA[add_member]]></UpdateDetail><JoinScene>3</JoinScene>"
        f"<MemChangeCnt>1</MemChangeCnt><MemChangeList><Item>{member_id}</Item></MemChangeList>"
        f"<LastMemVer>{number:032x}</LastMemVer><CurMemVer>{number + 1:032x}</CurMemVer></xml>\n"
    )


def _user_analysis(story: Story) -> str:
    """The console's table of the last three weeks, newest day first, an HTML page called .xls."""
    first = rhythm.LAST_DAY - timedelta(days=20)
    days = [row for row in story.account_days if row.account_id == OFFICIAL_ACCOUNT and row.business_date >= first]
    rows = [
        (f"{row.business_date}", f"{row.gained}", f"{row.lost}", f"{row.gained - row.lost}", f"{row.followers:,}") for row in reversed(days)
    ]
    header = ("时间", "新关注人数", "取消关注人数", "净增关注人数", "累积关注人数")
    lines = [f"<tr>{''.join(f'<th>{cell}</th>' for cell in header)}</tr>"]
    lines += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows]
    return f"<html><head><meta charset='utf-8'></head><body><table>{''.join(lines)}</table></body></html>"


def _article_totals() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Until each day since publication, by day of publication."""
    for published in sorted({article[2] for article in ARTICLES}):
        rows = []
        for content_id, title, day, readers in ARTICLES:
            if day != published:
                continue
            details = []
            for age, stat_date in enumerate(rhythm.days(day)):
                reached = round(readers * (1 - 0.45 ** (age + 1)))
                details.append(
                    {
                        "stat_date": str(stat_date),
                        "read_user": reached,
                        "share_user": reached // 21,
                        "zaikan_user": reached // 40,
                        "like_user": reached // 19,
                        "comment_count": reached // 150,
                        "collection_user": reached // 33,
                        "praise_money": 100 * (reached // 700),
                        "read_subscribe_user": reached // 90,
                        "read_delivery_rate": 0.0712,
                        "read_finish_rate": 0.4318,
                        "read_avg_activetime": 1.25,
                        "read_user_source": [
                            {"user_count": reached, "scene_desc": "全部"},
                            {"user_count": reached // 2, "scene_desc": "公众号消息"},
                        ],
                    }
                )
            url = "https://mp.weixin.qq.com/s?__biz=LANTERN&mid={}&idx={}".format(*content_id.split("_"))
            row = {"ref_date": str(day), "msgid": content_id, "publish_type": 0, "title": title, "content_url": url, "detail_list": details}
            rows.append(row)
        asked = {"begin_date": str(published), "end_date": str(published)}
        yield "datacube/getarticletotaldetail", asked, {"list": rows, "is_delay": False}
