"""Read a moment from a command line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils import timezone


def moment(text: str) -> datetime:
    """Read an ISO date or time; without a zone it is TIME_ZONE's."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r:.40} is no ISO date or time") from None
    return read if timezone.is_aware(read) else timezone.make_aware(read)
