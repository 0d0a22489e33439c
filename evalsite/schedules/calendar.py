"""When a schedule is due: a crontab in a time zone, or an interval.

A crontab follows the clock on the wall, as Debian's cron does. With a fixed hour, a time that the
clock jumps over is due as soon as there is a time again, and one that comes twice is due the first
time only. With a `*` in front of minute or hour it is due by elapsed time: never in the hour that
is left out, and twice in the one that comes twice. An interval knows no time zone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from evalsite.errors import UsageError

# Times walked one by one to count what was missed; beyond, there are "so many or more".
MOST_COUNTED: Final = 10_000
_FIELDS: Final = 5


class CrontabInvalid(UsageError):
    """A crontab cannot be read, or is never due."""

    code = "crontab_invalid"
    hint = 'five fields: minute, hour, day of month, month, day of week, such as "30 6 * * 1-5"'


class TimeZoneUnknown(UsageError):
    """There is no time zone of that name."""

    code = "time_zone_unknown"
    hint = "name one as IANA does, such as UTC or Europe/Berlin"


class NeverDue(UsageError):
    """No time is left at which a schedule could be due."""

    code = "schedule_never_due"
    hint = "give it another crontab or interval"


class Rhythm(NamedTuple):
    """A crontab in a time zone, or where `every_seconds` is set an interval."""

    crontab: str
    every_seconds: int | None
    time_zone: str


class Due(NamedTuple):
    """The newest times that were due, the oldest first; `n_before` others were due before them."""

    times: list[datetime]
    n_before: int


def check_rhythm(rhythm: Rhythm) -> None:
    """Raise CrontabInvalid, TimeZoneUnknown or NeverDue for a rhythm that cannot be kept."""
    zone_of(rhythm.time_zone)
    next_time(rhythm, after=datetime.now(UTC))


def zone_of(name: str) -> ZoneInfo:
    """Answer the time zone of that name; raises TimeZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown(f"there is no time zone {name!r:.80}") from None


def next_time(rhythm: Rhythm, *, after: datetime) -> datetime:
    """Answer the first time due after another; raises as `check_rhythm`."""
    found = next(times(rhythm, after=after), None)
    if found is None:
        raise NeverDue(f"{rhythm.crontab!r} is not due in the next 50 years")
    return found


def next_times(rhythm: Rhythm, *, after: datetime, n: int) -> list[datetime]:
    """Answer the first `n` times due after another, in UTC; raises as `check_rhythm`."""
    return list(islice(times(rhythm, after=after), n))


def times(rhythm: Rhythm, *, after: datetime) -> Iterator[datetime]:
    """Yield the times due after another, in UTC and each later than the one before.

    Raises CrontabInvalid and TimeZoneUnknown.
    """
    if rhythm.every_seconds is not None:
        return _at_intervals(after, step=timedelta(seconds=rhythm.every_seconds))
    return _on_the_wall(rhythm, after=after)


def due_times(rhythm: Rhythm, *, first: datetime, now: datetime, most: int) -> Due:
    """Answer the newest `most` times that were due from `first`, which is one, up to now.

    Of more than MOST_COUNTED of a crontab, `n_before` is a lower bound.
    """
    if first > now:
        return Due([], 0)
    if rhythm.every_seconds is not None:
        step = timedelta(seconds=rhythm.every_seconds)
        n = (now - first) // step + 1
        return Due([first + step * at for at in range(max(0, n - most), n)], max(0, n - most))
    walked = [first, *islice(_until(rhythm, after=first, now=now), MOST_COUNTED)]
    found = walked[-most:] if len(walked) <= MOST_COUNTED else _newest(rhythm, now=now, most=most)
    return Due(found, len(walked) - len(found))


def _newest(rhythm: Rhythm, *, now: datetime, most: int) -> list[datetime]:
    """Look back from now, further each time, until there are enough."""
    back = timedelta(hours=1)
    while True:
        newest = deque(_until(rhythm, after=now - back, now=now), maxlen=most)
        if len(newest) == most:
            return list(newest)
        back *= 2


def _until(rhythm: Rhythm, *, after: datetime, now: datetime) -> Iterator[datetime]:
    return takewhile(lambda time: time <= now, times(rhythm, after=after))


def _at_intervals(after: datetime, *, step: timedelta) -> Iterator[datetime]:
    while True:
        after += step
        yield after


def _on_the_wall(rhythm: Rhythm, *, after: datetime) -> Iterator[datetime]:
    """Leave out what the crontab would have again when the clock is set back."""
    if len(rhythm.crontab.split()) != _FIELDS:
        raise CrontabInvalid(f"{rhythm.crontab!r:.220} has not {_FIELDS} fields")
    zone = zone_of(rhythm.time_zone)
    try:
        found = CronSim(rhythm.crontab, after.astimezone(zone))
    except CronSimError as error:
        raise CrontabInvalid(f"{rhythm.crontab!r:.220}: {error}") from None
    for local in found:
        time = local.astimezone(UTC)
        if time > after:
            after = time
            yield time
