"""Write news as a webhook takes it: Standard Webhooks' envelope, or Slack's text and blocks."""

from __future__ import annotations

import json
from typing import Any, Final

from django.utils import timezone

from evalsite.alerts.models import WebhookKind
from evalsite.alerts.news import News

VERSION: Final = 1
# What Slack takes, less what escaping may add.
_HEADER, _SECTION = 150, 2900


def body_of(news: News, *, subject: str, kind: str) -> str:
    """Answer the body to send as JSON text; kept, a replay is the same to the byte."""
    if kind == WebhookKind.SLACK:
        return json.dumps(slack(news, subject=subject))
    return envelope(news.type, {"subject": subject, **news.data})


def envelope(type_name: str, data: dict[str, Any]) -> str:
    """Answer a Standard Webhooks payload: `type`, `version`, `timestamp` and `data`."""
    now = timezone.now().isoformat()
    named = {"type": type_name, "version": VERSION, "timestamp": now, "data": data}
    return json.dumps(named, default=str)


def slack(news: News, *, subject: str) -> dict[str, Any]:
    """Answer a Slack message: `text` for notifications, `blocks` for the channel."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": subject[:_HEADER]}},
        *(_section("\n".join(lines)) for lines in _paragraphs(news) if lines),
        _section(f"<{news.url}|Look at the proof>"),
    ]
    return {"text": escape(subject), "blocks": blocks}


def escape(text: str) -> str:
    """Make text that strangers wrote harmless: no link, and nobody is mentioned."""
    for mark, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, name)
    return text


def _paragraphs(news: News) -> list[list[str]]:
    words = news.words
    if news.template == "schedule":
        what = f"Suite *{escape(words['suite'])}*, schedule *{escape(words['schedule'])}*"
        return [[what, escape(words["told"]), escape(words["fix"])]]
    if news.template == "batch":
        what = f"Suite *{escape(words['suite'])}*, run *{escape(words['side']['run'])}*"
        return [[what, escape(words["told"]), escape(words["fix"])]]
    figures = (
        f"Pass rate {words['before']} → *{words['now']}*: {words['effect']} points, "
        f"95 % interval {words['low']} to {words['high']}, {words['p']}"
    )
    counts = f"{words['worse']} worse, {words['better']} better of {words['n_pairs']} cases"
    where = [
        f"• {part['kind']} {escape(part['value'])}: {part['worse']} worse of {part['n_pairs']}"
        for part in words["slices"]
    ]
    cases = [f"• {escape(case.key)}{_why(case)}" for case in words["cases"]]
    return [[figures, counts], where, cases if words["is_bad"] else []]


def _why(case: Any) -> str:
    return "".join(f"; {escape(r.stage)}: {escape(r.reason)}" for r in case.reasons[:1])


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_SECTION]}}
