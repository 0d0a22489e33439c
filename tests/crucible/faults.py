"""The table of faults: a new fault is one function and one row here.

The codes are those of docs/reliability.md. A fault that needs what this machine lacks does not
strike, and the diary and the closing table of a run say so: a plan is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.crucible import crew_faults as crew
from tests.crucible import message_faults as messages
from tests.crucible import outside_faults as outside
from tests.crucible import server_faults as servers
from tests.crucible.scene import Scene

Striking = Callable[[Scene, Random], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    `on` is what it hits: two that hit the same come one after the other. It `lasts` so many seconds
    at least and at most. `loses` is how many slots may lose the work they have in hand, and so ask
    a model again what it was asked already. `lacks` says what this machine lacks for it, if
    anything.
    """

    title: str
    strike: Striking
    on: str
    lasts: tuple[float, float] = (0.0, 0.0)
    loses: int = 0
    lacks: Callable[[], str] = field(default=str)


_AWHILE: Final = (0.3, 1.5)
# Longer than a lease is held.
_PAST_A_LEASE: Final = (2.5, 4.0)
_ALL: Final = 4

FAULTS: Final[dict[str, Fault]] = {
    "F1": Fault("kill -9 of a pool child", crew.pool_child_killed, "workers", loses=1),
    "F2": Fault("kill -9 of a worker", crew.worker_killed, "workers", _AWHILE, 2),
    "F3": Fault("worker frozen past its lease", crew.worker_frozen, "workers", _PAST_A_LEASE, 2),
    "F4": Fault("rolling restart by SIGTERM", crew.rolling_restart, "workers", _AWHILE),
    "F5": Fault("broker killed, all lost", servers.broker_lost, "broker", _AWHILE, _ALL),
    "F6": Fault("broker killed, with its file", servers.broker_killed, "broker", _AWHILE, _ALL),
    "F7": Fault("FLUSHALL", servers.broker_wiped, "broker", loses=_ALL),
    "F8": Fault("broker frozen", servers.broker_frozen, "broker", _PAST_A_LEASE, _ALL),
    "F9": Fault("broker out of memory", servers.broker_full, "broker", _AWHILE, _ALL),
    "F10": Fault("database restarted", servers.database_restarted, "database", _AWHILE, _ALL),
    "F11": Fault("database crashed", servers.database_crashed, "database", _AWHILE, _ALL),
    "F12": Fault("kill -9 of a database session", servers.backend_killed, "database", loses=_ALL),
    "F13": Fault("database frozen", servers.database_frozen, "database", _PAST_A_LEASE, _ALL),
    "F14": Fault("messages doubled", messages.doubled, "broker", (1.0, 3.0)),
    "F15": Fault("messages shuffled", messages.shuffled, "broker", (1.0, 3.0)),
    "F16": Fault("a fifth of messages dropped", messages.dropped, "broker", (1.0, 3.0)),
    "F17": Fault(
        "worker with a wrong clock",
        crew.clock_wrong,
        "clock",
        (3.0, 5.0),
        lacks=crew.lacks_faketime,
    ),
    "F20": Fault("a case that kills its worker", outside.poison, "poison", loses=3),
    "F21": Fault("death after the last card", crew.death_at_the_last_card, "workers", _AWHILE, 4),
    "F22a": Fault("leader killed", crew.leader_killed, "coordinators", _AWHILE),
    "F22b": Fault("leader frozen", crew.leader_frozen, "coordinators", _PAST_A_LEASE),
    "F23a": Fault("relay killed before a send", crew.relay_killed, "coordinators", _AWHILE),
    "F23b": Fault("sender dies as the mail goes", outside.sender_dies, "mail", (3.0, 5.0), 2),
    "F24a": Fault("provider says 429", outside.provider_limits, "model", _AWHILE),
    "F24b": Fault("provider says 500", outside.provider_fails, "model", _AWHILE),
    "F24c": Fault("provider hangs up", outside.provider_hangs_up, "model", _AWHILE),
    "F24d": Fault("provider breaks off its JSON", outside.provider_breaks_off, "model", _AWHILE),
    "F25a": Fault("batch cancelled", outside.cancelled, "people"),
    "F25b": Fault("cancelled, then resumed", outside.cancelled_and_resumed, "people", _AWHILE),
    "F26": Fault("site killed", crew.site_killed, "site", _AWHILE),
}

# While these last the broker takes no message.
BROKER_AWAY: Final = frozenset({"F5", "F6", "F8", "F9"})
# So long a transaction of whoever is frozen may stay open.
STAND_STILL: Final = frozenset({"F3", "F13", "F22b"})
