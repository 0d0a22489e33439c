"""Trouble of ours under a call is no verdict on a case: it halts the batch, or breaks off."""

from __future__ import annotations

from types import TracebackType
from typing import Final

from django.db import Error as DatabaseError

from evalsite.errors import EvalsiteError
from judges.models import Halt


class Interrupted(BaseException):
    """The database or the broker failed under a call: it says nothing about the case.

    Its cause is what went wrong. Not an Exception, so that no guard makes a verdict of it.
    """


class NoVerdict:
    """Let no trouble of ours in the block become a verdict; raises Halt and Interrupted."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            return
        from redis.exceptions import RedisError

        if isinstance(error, EvalsiteError):
            raise Halt(error.code, error.message) from error
        if isinstance(error, DatabaseError | RedisError):
            raise Interrupted from error


# Around every call, so it is made once.
no_verdict: Final = NoVerdict()
