"""Which undeclared columns must not leave the landing, judged by their header.

Names, contact data, message texts and raw ids of people. A wrong guess costs an undeclared column; a missed one would
carry personal data into every later layer, so that the guess leans to dropping.
"""

from __future__ import annotations

import re
import unicodedata

_PERSONAL_WORD = re.compile(
    r"(?:nick|user|real|full|sur|first|last)?names?|nick|phone|mobile|tel|telephone|cellphone|fax|e?mail|address|addr|street|postcode|zipcode"
    r"|avatar|birthday|birthdate|idcard|passport|wechat|weixin|whatsapp|qq|ip|contact|recipient|receiver|consignee|signature|bio|remark"
    r"|user|uid|userid|openid|unionid|member|buyer|customer|payer|author|sender|invitor|inviter"
)
"""Anywhere in a header it makes it personal."""

_BODY_WORD = re.compile(r"text|content|message|msg|body|comment|notes?|caption|transcript|description")
"""Personal only at the end: `message` is a text, `message_type` and `message_length` are not."""

_CHINESE = re.compile(
    r"姓名|名字|昵称|网名|手机|电话|邮箱|邮件|地址|微信号|微信昵称|身份证|证件|生日|头像|收货|收件|联系|买家|客户|用户|会员|成员"
    r"|备注|签名|留言|openid|unionid|QQ|(?:内容|正文|文本|消息|评论|描述)$"
)
_WORD = re.compile(r"[a-z]+|[0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def looks_personal(header: str) -> bool:
    """Whether an undeclared column of this name is dropped.

    >>> [looks_personal(name) for name in ("nickName", "buyer_phone", "收货地址", "message", "message_type", "file", "line")]
    [True, True, True, True, False, False, False]
    """
    text = unicodedata.normalize("NFKC", header).strip()
    words = _WORD.findall(_CAMEL.sub(" ", text).lower())
    return (
        any(_PERSONAL_WORD.fullmatch(word) for word in (*words, "".join(words)))
        or (bool(words) and _BODY_WORD.fullmatch(words[-1]) is not None)
        or _CHINESE.search(text) is not None
    )
