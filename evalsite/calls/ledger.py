"""What a ledger of money tells and takes: how it stands, and what calls have come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

from evalsite.figures import dollars

MONEY_CAP: Final = "money_cap"
_NOTHING: Final = Decimal(0)


class State(NamedTuple):
    """How a purse stands, in US dollars; no cap is None.

    `code` and `whose` tell which of several caps it is that leaves the least room.
    """

    cap: Decimal | None
    spent: Decimal
    booked: Decimal
    code: str = MONEY_CAP
    whose: str = "the batch's cap"

    @property
    def room(self) -> Decimal:
        """How much may still be set aside."""
        return Decimal("Infinity") if self.cap is None else self.cap - self.spent - self.booked

    def is_hopeless(self, amount: Decimal) -> bool:
        """Tell whether the amount does not fit even when all that is booked comes back."""
        return self.cap is not None and self.spent + amount > self.cap

    def in_words(self, amount: Decimal) -> str:
        """Say why the amount was refused."""
        return (
            f"{dollars(self.spent)} of {dollars(self.cap or _NOTHING)}, {self.whose}, are spent "
            f"and {dollars(self.booked)} possibly spent: "
            f"no room for a call that may cost {dollars(amount)}"
        )


@dataclass(slots=True)
class Change:
    """What calls have come to since it was last written; money in US dollars."""

    released: Decimal = _NOTHING
    spent: Decimal = _NOTHING
    calls: int = 0
    unpriced: int = 0
    cached: int = 0

    def __bool__(self) -> bool:
        return any(self.as_dict().values())

    def as_dict(self) -> dict[str, Any]:
        """Answer the figures by name."""
        return {name: getattr(self, name) for name in self.__slots__}


class Ledger(Protocol):
    """Where the money is kept, so that all workers see the same."""

    def settle(self, change: Change) -> None:
        """Write what calls have come to."""

    def reserve(self, amounts: Sequence[Decimal]) -> list[bool]:
        """Set aside each amount that fits; answers which did."""

    def state(self) -> State:
        """Answer how that stands which has the least room."""
