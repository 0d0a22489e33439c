"""Trouble of ours under a call is no verdict on a case: it halts the batch, or breaks off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error as DatabaseError

from evalsite.errors import EvalsiteError
from judges.models import Halt


class Interrupted(BaseException):
    """The database or the broker failed under a call: it says nothing about the case.

    Its cause is what went wrong. Not an Exception, so that no guard makes a verdict of it.
    """


@contextmanager
def no_verdict() -> Iterator[None]:
    """Let no trouble of ours become a verdict; raises Halt and Interrupted."""
    from redis.exceptions import RedisError

    try:
        yield
    except EvalsiteError as error:
        raise Halt(error.code, error.message) from error
    except (DatabaseError, RedisError) as error:
        raise Interrupted from error
