"""What the OpenAPI document tells of a method beyond its code, kept beside it until one is made.

drf-spectacular's own decorator makes a class for each method, and imports all of that library and
a test client to do so; `frame.schema` reads what is kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from drf_spectacular.utils import OpenApiExample
from rest_framework.fields import empty

Method = TypeVar("Method", bound=Callable[..., Any])


class Documentation(NamedTuple):
    """Body, answers and parameters as drf-spectacular takes them; where `empty`, it finds them.

    `filters` is whether those of lists are read too; None leaves that to it as well.
    """

    request: Any
    responses: Any
    filters: bool | None
    parameters: Sequence[Any]
    examples: Sequence[OpenApiExample]


_NONE: Final = Documentation(empty, empty, None, (), ())


def documented(
    *,
    request: Any = empty,
    responses: Any = empty,
    filters: bool | None = None,
    parameters: Sequence[Any] = (),
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[Method], Method]:
    """Keep a method's documentation beside it."""
    told = Documentation(request, responses, filters, parameters, examples)

    def keep(method: Method) -> Method:
        kept: Any = method
        kept.documentation = told
        return method

    return keep


def documentation_of(method: object) -> Documentation:
    """Answer what is kept beside a method; of many there is nothing to tell."""
    found: Documentation = getattr(method, "documentation", _NONE)
    return found
