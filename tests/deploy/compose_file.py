"""compose.yaml and the Dockerfile, read as Docker reads them: just so much of it as we use."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import yaml

from evalsite.env import ROOT

_VARIABLE = re.compile(r"\$(\$|\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<word>[^}]*))?\})")
# What the file asks its reader for.
GIVEN = {"SITE_URL": "https://eval.example.org", "SITE_HOST": "eval.example.org"}


class Unset(Exception):
    """A variable that the file demands is not given."""


class Instruction(NamedTuple):
    """A line of the Dockerfile, such as RUN and what it runs."""

    verb: str
    rest: str


@dataclass(frozen=True)
class Service:
    """A service: what it runs, and all else as the file has it."""

    name: str
    told: Mapping[str, Any]

    @property
    def command(self) -> list[str]:
        """Answer the command's words; empty where the image knows by itself."""
        given = self.told.get("command") or []
        return shlex.split(given) if isinstance(given, str) else list(given)

    @property
    def environment(self) -> dict[str, str]:
        """Answer the variables that the file gives a value."""
        told = self.told.get("environment", {})
        return {name: str(value) for name, value in told.items() if value is not None}

    @property
    def secrets(self) -> list[str]:
        """Answer the names of the secrets that are mounted."""
        told = self.told.get("secrets", [])
        return [one if isinstance(one, str) else one["source"] for one in told]

    @property
    def is_ours(self) -> bool:
        """Whether it runs the image that we build."""
        return "build" in self.told

    @property
    def grace_seconds(self) -> float:
        """Answer how long it has to stop; Docker's own is ten seconds."""
        return float(self.told.get("stop_grace_period", "10s").removesuffix("s"))

    @property
    def replicas(self) -> int:
        """Answer how many containers there are of it."""
        return int(self.told.get("deploy", {}).get("replicas", 1))


def services(given: Mapping[str, str] = GIVEN) -> dict[str, Service]:
    """Answer the services by name; raises Unset."""
    told = read(given)["services"]
    return {name: Service(name, service) for name, service in told.items()}


def read(given: Mapping[str, str] = GIVEN) -> Any:
    """Answer the file with all variables put in; raises Unset."""
    return yaml.safe_load(interpolated(_text(), given=given))


def interpolated(text: str, *, given: Mapping[str, str]) -> str:
    """Put variables in: `${NAME}`, `${NAME:-word}`, `${NAME:?why}`; `$$` is a dollar."""

    def put(found: re.Match[str]) -> str:
        if found["name"] is None:
            return "$"
        if value := given.get(found["name"]):
            return value
        if found["how"] == ":?":
            raise Unset(found["name"])
        return found["word"] or ""

    return _VARIABLE.sub(put, text)


def demanded() -> set[str]:
    """Answer the variables without which nothing starts."""
    return {found["name"] for found in _VARIABLE.finditer(_text()) if found["how"] == ":?"}


def dockerfile() -> list[Instruction]:
    """Answer the Dockerfile's instructions, continued lines put together."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    told = [line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")]
    return [Instruction(verb, rest) for verb, rest in told]


@cache
def _text() -> str:
    return (ROOT / "compose.yaml").read_text()
