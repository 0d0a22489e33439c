"""The cases of the framework before this one, with its verdicts where a record has some."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from evalsite.exchange.formats.format import Format, Judged


def _judged() -> AbstractContextManager[Judged]:
    # Imported late: the schemas of a pack come with it.
    from evalsite.exchange.legacy.judged_file import judged_file

    return judged_file()


FORMAT: Final = Format(
    name="legacy",
    title="the old framework's cases, and verdicts",
    pack="nl2api",
    judged=_judged,
)
