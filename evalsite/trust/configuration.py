"""What makes a judge this judge: change any of it, and its preflight says nothing any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from evalsite.endpoints.models import RESERVED, Endpoint
from packs.forecast import asks_of

PLACES: Final = "places"


class Configuration(NamedTuple):
    """A stage's judge with all that fixes its verdict; `digest` is the SHA-256 of the material."""

    judge: str
    material: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The hash by which it is known."""
        from judges.models import cache_key

        return cache_key(**self.material)


def configuration_of(stage: Mapping[str, Any]) -> Configuration:
    """Read a stage of a manifest: judge, version, options, pins, and where its models answer.

    An endpoint that points elsewhere, or has another default model, is another configuration.
    """
    endpoints = {ask.endpoint for ask in asks_of(stage)[0]}
    material = {
        "judge": stage["judge"],
        "version": stage["judge_version"],
        "options": stage["judge_options"],
        "pins": stage["judge_pins"],
        "places": {name: _place(name) for name in sorted(endpoints)},
    }
    return Configuration(stage["judge"], material)


def with_places(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a manifest that also says where the models of its judges answer now, by stage.

    So a batch freezes all that `configuration_of` reads; one that asks no model stays as it is.
    """
    asking = [stage for stage in manifest["stages"] if stage["lane"] == "model"]
    places = {stage["name"]: configuration_of(stage).material["places"] for stage in asking}
    return {**manifest, PLACES: places} if places else dict(manifest)


def _place(name: str) -> list[str]:
    """Answer address and default model; nothing for the mock, or an endpoint that is not there."""
    if name == RESERVED:
        return []
    chosen = {"name": name} if name else {"is_default": True}
    found = Endpoint.objects.filter(**chosen).values_list("base_url", "default_model").first()
    return list(found or ())
