"""What a route is sent when all is well; the routes' rows are in `rows_of_...`.

A row makes what the address names (`given`), says what is sent (`body`, `query`), and which answer
is the good one. What is not told is the rule: the ids of the address belong to rows of the models'
factories, nothing is sent, and the answer is 200.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Model

Given = Mapping[str, Any]
NDJSON: Final = "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One good request to a route, and its answer."""

    given: Callable[[], Given] | None = None
    body: Callable[[Given], Any] | None = None
    query: Callable[[Given], dict[str, str]] = field(default=lambda given: {})
    status: int = 200
    content_type: str = "application/json"
    # Puts the number-th row into a list; without it the model's factory does, under the parent.
    fill: Callable[[Given, int], object] | None = None
    # Audit entries of the good request.
    entries: int = 1


def named(**given: Callable[[], Model]) -> Callable[[], Given]:
    """Answer what makes each of the rows anew."""
    return lambda: {name: factory() for name, factory in given.items()}


def sent(**members: Any) -> Callable[[Given], Any]:
    """Answer a body that is the same whatever is given."""
    return lambda given: members
