"""Messages through Airflow's connections: the notifier for robots and webhooks, and mail by Airflow's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.sdk import BaseHook, BaseNotifier
from airflow.sdk.exceptions import AirflowNotFoundException

from community_metrics.alerts.messages import Announcement
from community_metrics.errors import CommunityMetricsError, UsageError
from community_metrics.operators.base import keep_secret


class ChannelNotifier(BaseNotifier):  # type: ignore[misc]
    """Sends one message through one connection.

    The connection's type says how: `wecom_robot`, `feishu_robot`, `dingtalk_robot` (password: the robot's key; extra `secret`: of a
    signed robot), `webhook` (host: its address; password: a bearer token, if it wants one), `smtp` (extra `to`: the recipients).
    """

    def __init__(self, connection_id: str, message: Announcement, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.connection_id = connection_id
        self.message = message

    def notify(self, context: Any) -> None:
        """Raises `CommunityMetricsError` when the message was not taken."""
        from community_metrics.alerts.channels import Channel, deliver

        connection = _connection(self.connection_id)
        if connection.conn_type == "smtp":
            _mail(self.connection_id, connection.extra_dejson.get("to"), self.message, context)
            return
        secret = str(connection.extra_dejson.get("secret") or "")
        for credential in filter(None, (connection.password, secret)):
            keep_secret(credential)
        deliver(Channel(self.connection_id, connection.conn_type, connection.host or "", connection.password or "", secret), self.message)


def deliverer(connection_id: str, context: Any) -> Callable[[Announcement], None]:
    """How alerts and reports are sent to a connection."""
    return lambda message: ChannelNotifier(connection_id, message).notify(context)


def _connection(connection_id: str) -> Any:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        raise UsageError(
            f"there is no connection {connection_id!r}", "`alerts` or `reports` in community_metrics.yml", "create it, or take it out"
        ) from None


def _mail(connection_id: str, recipients: Any, message: Announcement, context: Any) -> None:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    if not recipients:
        raise UsageError("nobody to send mail to", f"connection {connection_id}", 'name them in its extra: {"to": "data@example.com"}')
    try:
        SmtpNotifier(
            smtp_conn_id=connection_id, to=recipients, subject=message.title, html_content=message.html, files=list(message.files)
        ).notify(context)
    except Exception as error:  # smtplib and the hook raise many kinds; which one says why
        raise CommunityMetricsError(
            f"the mail was not taken: {type(error).__name__}", f"connection {connection_id}", "look at the mail server; it is sent again"
        ) from error
