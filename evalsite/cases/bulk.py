"""What can be done to many cases at once: one verb for the admin's list and for the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from evalsite.cases.check import check_tag
from evalsite.cases.curate import add_tag, remove_tag, set_state
from evalsite.cases.models import CaseState


class BulkAct(NamedTuple):
    """An act on many cases; `with_tag` ones need a tag."""

    name: str
    title: str
    verb: Callable[..., int]
    with_tag: bool = False

    def do(self, ids: Sequence[UUID], *, tag: str, actor: object, note: str) -> str:
        """Do it as one curation of each suite; answers what was done, in words.

        Raises CaseRefused for a bad tag.
        """
        wanted = {"tag": check_tag(tag)} if self.with_tag else {}
        touched = self.verb(ids, actor=actor, note=note, **wanted)
        return f"{touched} of {len(ids)} case{'' if len(ids) == 1 else 's'} changed."


_ALL: Final = (
    BulkAct(
        name="activate",
        title="Activate cases",
        verb=partial(set_state, state=CaseState.ACTIVE),
    ),
    BulkAct(
        name="retire",
        title="Retire cases",
        verb=partial(set_state, state=CaseState.RETIRED),
    ),
    BulkAct(name="tag", title="Add a tag", verb=add_tag, with_tag=True),
    BulkAct(name="untag", title="Remove a tag", verb=remove_tag, with_tag=True),
)
ACTS: Final = {act.name: act for act in _ALL}
