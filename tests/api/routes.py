"""Every route of the API, as the URL resolver knows it: nothing is listed by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from evalsite.api.frame.resource import Resource, filters_of
from evalsite.api.urls import urlpatterns

_PARAMETER = re.compile(r"<\w+:(\w+)>")


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address, and the action of the resource that answers it."""

    name: str
    method: str
    action: str
    resource: type[Resource[Any]]
    kwargs: tuple[str, ...]
    address: str

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    @property
    def verb(self) -> str:
        """What is done to the resource's room, as the table of permissions asks."""
        asked: Any = self.resource()
        asked.action, asked.request = self.action, HttpRequest()
        asked.request.method = self.method.upper()
        return str(asked.verb())

    @property
    def model(self) -> type[Model]:
        """The model of the resource's rows."""
        rows: Any = self.resource.queryset
        model: type[Model] = rows.model
        return model

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
    patterns: list[Any] = list(urlpatterns)
    return [route for pattern in patterns for route in _of(pattern)]


def _of(pattern: Any) -> Iterator[Route]:
    resource = getattr(pattern.callback, "cls", None)
    if resource is None or not issubclass(resource, Resource):
        return
    kwargs = tuple(pattern.pattern.converters)
    named = _PARAMETER.sub(r"{\1}", str(pattern.pattern)).replace("{pk}", "{id}")
    for method, action in pattern.callback.actions.items():
        if method == "head":  # the framework adds it to each GET with the first request
            continue
        yield Route(pattern.name, method, action, resource, kwargs, f"/api/v1/{named}")
