"""Which slices the cases are in: by number, for there may be as many as cases.

Of a slice only a hash is kept; its name is read again for the few that are shown.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from evalsite.regressions.revisions import AT_ONCE, Profile, ids

if TYPE_CHECKING:
    import numpy.typing as npt

    from evalsite.regressions.cards import Floats, Ints, Mask, Names

Part = tuple[str, str]
Read = Callable[[Sequence[UUID]], Sequence[Profile]]

KINDS: Final = ("category", "complexity", "tag")


class Members(NamedTuple):
    """The slices of one kind: a row for each profile in one, which may be in `of` of them.

    `parts` are their numbers, of `n` of any kind; `outside` marks the profiles in none.
    """

    parts: Ints
    part: Ints
    profile: Ints
    of: Ints
    outside: Mask
    n: int

    def total(self, amounts: npt.NDArray[Any], *, shared: bool = True) -> Floats:
        """Add up what profiles have: by slice, and last of those in none.

        What is in several slices is `shared` equally among them, or counted in each.
        """
        import numpy as np

        inside = amounts[self.profile] / (self.of if shared else 1)
        by_part = np.bincount(self.part, weights=inside, minlength=self.n)
        return np.append(by_part[self.parts], amounts[self.outside].sum())


class Slices:
    """The slices of profiles, numbered as they first appear.

    A profile is a place in `revisions`, each the revision of one of its cases as 16 bytes.
    """

    def __init__(self, revisions: Names, *, read: Read) -> None:
        import numpy as np

        self._revisions, self._read = revisions, read
        self.n_profiles = len(revisions)
        kinds, hashes, profiles = array("b"), array("q"), array("i")
        for profile, (kind, value) in self._parts():
            kinds.append(KINDS.index(kind))
            hashes.append(hash((kind, value)))
            profiles.append(profile)
        self._known = np.unique(np.asarray(hashes))
        place = np.searchsorted(self._known, np.asarray(hashes)).astype(np.int32)
        del hashes
        first = np.empty(len(self._known), dtype=np.int32)
        # The last that is written stays.
        first[place[::-1]] = np.arange(len(place), dtype=np.int32)[::-1]
        self._number = np.argsort(np.argsort(first)).astype(np.int32)
        self._part, self._profile = self._number[place], np.asarray(profiles)
        self._first = np.sort(first)
        self._kind = np.asarray(kinds)[self._first]

    def __len__(self) -> int:
        return len(self._first)

    def number(self, part: Part) -> int | None:
        """Answer a slice's number; None where no profile is in it."""
        import numpy as np

        wanted = hash(part)
        at = int(np.searchsorted(self._known, wanted))
        is_there = at < len(self._known) and self._known[at] == wanted
        return int(self._number[at]) if is_there else None

    def names(self, parts: Sequence[int]) -> list[Part]:
        """Read the names of slices, as (kind, value)."""
        if not parts:
            return []
        places = self._first[list(parts)]
        profiles = self._read(ids(self._revisions[self._profile[places]]))
        return [
            next(one for one in profile.slices() if self.number(one) == part)
            for part, profile in zip(parts, profiles, strict=True)
        ]

    def sizes(self, cases: Ints) -> Ints:
        """Count the cases of each slice; `cases` are those of each profile."""
        import numpy as np

        weights = cases[self._profile]
        return np.bincount(self._part, weights=weights, minlength=len(self)).astype(np.int64)

    def fits(self, part: Part) -> Mask:
        """Mark the profiles that are in a slice."""
        import numpy as np

        inside = np.zeros(self.n_profiles, dtype=bool)
        if (number := self.number(part)) is not None:
            inside[self._profile[self._part == number]] = True
        return inside

    def members(self, kind: str) -> Members:
        """Answer who is in the slices of a kind."""
        import numpy as np

        of_kind = self._kind == KINDS.index(kind)
        chosen = of_kind[self._part]
        profile = self._profile[chosen]
        of = np.bincount(profile, minlength=self.n_profiles)
        parts = np.flatnonzero(of_kind)
        return Members(parts, self._part[chosen], profile, of[profile], of == 0, len(self))

    def _parts(self) -> Iterator[tuple[int, Part]]:
        for at in range(0, self.n_profiles, AT_ONCE):
            read = self._read(ids(self._revisions[at : at + AT_ONCE]))
            for place, profile in enumerate(read, start=at):
                for part in profile.slices():
                    yield place, part
