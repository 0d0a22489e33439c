"""Do here what was owed to the broker, where no worker is there to hear of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from evalsite.alerts.deliver import deliver_due
from evalsite.leaderboard.rank import rank
from evalsite.origin import going_back_to
from evalsite.pipeline.models import OutboxMessage


def _rank_board(arguments: Mapping[str, Any]) -> None:
    rank(UUID(arguments["board_id"]))


# What follows from the end of a batch (`react`).
_VERBS: Final[dict[str, Callable[[Mapping[str, Any]], object]]] = {
    "pipeline.deliver_alerts": lambda _: deliver_due(),
    "pipeline.rank_board": _rank_board,
}


def do_owed() -> int:
    """Deliver and rank what is owed for the tenant in scope; answers how many messages that were.

    As with the broker a message is forgotten when its work is done, never before. What else is
    owed stays so. Raises what the verbs raise.
    """
    owed = list(OutboxMessage.objects.filter(task__in=_VERBS).order_by("due_at"))
    for message in owed:
        with going_back_to(message.origin):
            _VERBS[message.task](message.arguments)
        message.delete()
    return len(owed)
