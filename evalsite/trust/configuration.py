"""What makes a judge this judge: change any of it, and its preflight says nothing any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evalsite.endpoints.models import RESERVED, Endpoint
from judges.models import cache_key


@dataclass(frozen=True, slots=True)
class Configuration:
    """A stage's judge with all that fixes its verdict; `digest` is the SHA-256 of the material."""

    judge: str
    material: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The hash by which it is known."""
        return cache_key(**self.material)


def configuration_of(stage: Mapping[str, Any]) -> Configuration:
    """Read a stage of a manifest: judge, version, options, pins, and where its models answer.

    An endpoint that points elsewhere, or has another default model, is another configuration.
    """
    options = stage["judge_options"]
    material = {
        "judge": stage["judge"],
        "version": stage["judge_version"],
        "options": options,
        "pins": stage["judge_pins"],
        "places": {name: _place(name) for name in sorted({*_endpoints(options)} or {""})},
    }
    return Configuration(stage["judge"], material)


def _endpoints(value: Any) -> Iterator[str]:
    """Yield each endpoint that options name, also those of a jury's members."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "endpoint" and isinstance(inner, str):
                yield inner
            else:
                yield from _endpoints(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _endpoints(inner)


def _place(name: str) -> list[str]:
    """Answer address and default model; nothing for the mock, or an endpoint that is not there."""
    if name == RESERVED:
        return []
    chosen = {"name": name} if name else {"is_default": True}
    found = Endpoint.objects.filter(**chosen).values_list("base_url", "default_model").first()
    return list(found or ())
