"""The registry and the templates agree with each other and with the published contracts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from community_metrics.errors import SettingsError, UsageError
from community_metrics.sources.grammar import ColumnType
from community_metrics.sources.personal import looks_personal
from community_metrics.sources.registry import load_registry, load_streams
from community_metrics.sources.template_files import load_templates, templates_of
from community_metrics.sources.templates import header_key

SOURCES = [
    "account_daily",
    "ad_spend",
    "chat_export",
    "competitor_accounts",
    "content_daily",
    "creator_content",
    "events",
    "identity_links",
    "members",
    "memberships",
    "order_items",
    "orders",
    "refunds",
    "touchpoints",
    "wechat_mp",
    "wecom_contacts",
    "wecom_groups",
    "wecom_stats",
]


def test_every_source_of_the_first_release_is_registered() -> None:
    assert list(load_registry()) == SOURCES


def test_a_dag_file_can_read_the_registry_without_heavy_imports() -> None:
    code = (
        "import sys; from community_metrics.sources.registry import load_registry; load_registry();"
        "heavy = {'pyarrow', 'duckdb', 'pandas', 'numpy', 'sqlite3'} & set(sys.modules); assert not heavy, heavy"
    )
    plugins = Path(__file__).resolve().parents[3] / "plugins"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(plugins)})


def test_a_lake_file_of_events_has_the_columns_that_staging_reads() -> None:
    assert list(load_registry()["events"].stream("events").lake_columns) == [
        "event_id",
        "event_id_is_derived",
        "occurred_at",
        "platform",
        "account_id",
        "member_id",
        "id_kind",
        "community_id",
        "event_type",
        "actor_type",
        "content_id",
        "campaign_id",
        "value",
        "properties",
        "updated_at",
        "is_deleted",
        "_file_sha256",
        "_row_no",
        "_snapshot_at",
        "_period_date",
        "_account_id",
        "_template",
        "_extra",
    ]


def test_every_member_id_is_an_identifier_that_gets_hashed() -> None:
    for stream in load_streams():
        for column in stream.columns:
            if column.name.endswith(("member_id", "person_id", "unionid", "inviter_id", "owner")):
                assert column.namespace is not None, f"{stream.name}.{column.name}"


def test_the_grammar_knows_every_column_kind_and_unit() -> None:
    for template in load_templates().values():
        for stream in template.streams:
            for column in stream.columns:
                ColumnType(kind=stream.definition.column(column.name).kind, unit=column.unit)  # type: ignore[arg-type]


def test_headers_are_compared_without_width_case_space_and_hyphen() -> None:
    assert {header_key(text) for text in (" Member ID", "member_id", "ＭＥＭＢＥＲ＿ＩＤ", "member-id", "\ufeffmember_id")} == {"memberid"}


def test_a_source_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="known sources: account_daily"):
        templates_of("ordres")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "name: mine\nsource: orders\nreader: table\ntitle: {en: a, zh: b}\nstreams: {orders: {nosuch: {}}}\n",
            "nosuch",
        ),
        ("name: other\nsource: orders\nreader: table\ntitle: {en: a, zh: b}\nstreams: {orders: {}}\n", "'mine'"),
        ("name: mine\nsource: nosuch\nreader: table\ntitle: {en: a, zh: b}\nstreams: {}\n", "nosuch"),
        ("- no mapping\n", "mine.yml"),
    ],
)
def test_a_wrong_template_is_an_error_that_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.yml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_templates(tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        "姓名",
        "昵称",
        "手机号",
        "收货地址",
        "邮箱",
        "消息内容",
        "备注",
        "nick_name",
        "buyerPhone",
        "E-mail",
        "content",
        "message_body",
        "user",
        "openid",
        "UnionID",
    ],
)
def test_undeclared_personal_columns_are_known_by_their_header(header: str) -> None:
    assert looks_personal(header)


@pytest.mark.parametrize("header", ["file", "line", "chars", "message_type", "msg_length", "content_id", "点击次数", "5s完播率", "sku"])
def test_other_undeclared_columns_are_kept(header: str) -> None:
    assert not looks_personal(header)
