"""What is known of models' replies, as one event loop uses it."""

from __future__ import annotations

import json

from evalsite.calls.desk import Desk
from evalsite.calls.gather import Gather
from evalsite.calls.remember import Known, recall
from judges.models import ChatReply


class Memory:
    """Looks replies up, and notes new ones until they are written with the cases' flush.

    Without `look` everything is asked anew; without `note` nothing is kept either.
    """

    def __init__(self, desk: Desk, *, look: bool, note: bool) -> None:
        self.in_use = look or note
        self._desk = desk
        self._look = look
        self._note = note
        self._new: dict[str, Known] = {}
        self._asked: Gather[str, Known | None] = Gather(self._recall)

    async def recall(self, key: str) -> ChatReply | None:
        """Answer the reply kept under the key, marked as cached; None where there is none."""
        if not (key and self._look):
            return None
        known = self._new.get(key) or await self._asked.ask(key)
        return known.reply() if known else None

    def note(self, key: str, reply: ChatReply) -> None:
        """Keep a reply; one that PostgreSQL cannot keep as it is will be asked for again."""
        if key and self._note and _can_be_stored(reply):
            self._new[key] = Known.of(key, reply)

    def take(self) -> list[Known]:
        """Answer what is not written yet; the caller writes it now, with `remember.keep`."""
        taken, self._new = self._new, {}
        return list(taken.values())

    async def _recall(self, keys: list[str]) -> list[Known | None]:
        return await self._desk.do(lambda: recall(keys))


def _can_be_stored(reply: ChatReply) -> bool:
    """PostgreSQL's JSON takes no NUL, and UTF-8 no half of a surrogate pair."""
    text = json.dumps([reply.text, list(reply.tool_calls)], ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in text
