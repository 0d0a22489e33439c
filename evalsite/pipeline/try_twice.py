"""Do what follows from a fact so that its failure undoes only itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import transaction

from judges.guard import Crash, attempt

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


def try_twice(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Crash:
    """Call it in a transaction of its own, or a savepoint of the open one; a Crash left no rows.

    The second try is for what passes, such as a deadlock: the savepoint has given its locks back.
    With a lost connection the outer transaction is lost too, which its next statement raises.
    """

    def whole() -> T:
        try:
            with transaction.atomic():
                return act(*args, **kwargs)
        except Exception:
            log.exception("%s failed", getattr(act, "__qualname__", act))
            raise

    done = attempt(whole)
    return attempt(whole) if isinstance(done, Crash) else done


def kind_of(crash: Crash) -> str:
    """Name what was raised, without its message: that may quote a case."""
    return crash.reason.partition(":")[0][:100]
