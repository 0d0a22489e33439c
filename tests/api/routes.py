"""Every route of the API, as the URL resolver knows it: nothing is listed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

from evalsite.api.resource import Resource, filters_of


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address, and the action of the resource that answers it."""

    name: str
    method: str
    action: str
    resource: type[Resource[Any]]
    kwargs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    @property
    def verb(self) -> str:
        """What is done to the resource's room, as the table of permissions asks."""
        asked = self.resource()
        asked.action = self.action
        asked.request = type("Asked", (), {"method": self.method.upper()})()  # type: ignore[assignment]
        return asked.verb()

    @property
    def filters(self) -> list[str]:
        """What its list can be narrowed by."""
        return sorted(filters_of(self.resource))

    @property
    def is_safe(self) -> bool:
        """Whether it is a GET."""
        return self.method == "get"

    def path(self, **kwargs: Any) -> str:
        """Its address for the given ids."""
        return reverse(f"api:{self.name}", kwargs=kwargs)


def routes() -> list[Route]:
    """Answer every method of every resource's address."""
    api = next(r for r in get_resolver().url_patterns if getattr(r, "namespace", "") == "api")
    return [route for pattern in api.url_patterns for route in _of(pattern)]


def _of(pattern: URLPattern) -> Iterator[Route]:
    resource = getattr(pattern.callback, "cls", None)
    if resource is None or not issubclass(resource, Resource):
        return
    kwargs = tuple(pattern.pattern.converters)
    for method, action in pattern.callback.actions.items():
        yield Route(str(pattern.name), method, action, resource, kwargs)
