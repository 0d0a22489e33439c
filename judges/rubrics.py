"""Rubrics as data: what a model judge is told, and what each of its choices is worth."""

from __future__ import annotations

import json
import tomllib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from judges.models import cache_key
from judges.protocol import JudgeError, Threshold

PROMPTS: Final = Path(__file__).parent / "prompts"
BUILTIN_RUBRICS: Final = (
    *("correctness", "faithfulness", "helpfulness", "instruction_following"),
    "pairwise",
)
_FIX: Final = f"Name one of {', '.join(BUILTIN_RUBRICS)}, or give title, instructions and choices."

Part = Literal["input", "expected"]
ChoiceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,19}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]


class Choice(BaseModel):
    """One choice, what it is worth from 0 to 1, and when it is to be given."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    score: Threshold
    means: Words


class Rubric(BaseModel):
    """What is judged. `sees` says what is shown beside the answer, `needs` what must be there."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    title: Words
    instructions: Words
    criteria: list[Words] = []
    sees: list[Part] = ["input", "expected"]
    needs: list[Part] = []
    pass_mark: Threshold = 1.0
    choices: dict[ChoiceName, Choice] = Field(min_length=2, max_length=20)

    @model_validator(mode="after")
    def _can_pass_and_fail(self) -> Rubric:
        scores = [choice.score for choice in self.choices.values()]
        if not min(scores) < self.pass_mark <= max(scores):
            raise ValueError("one choice must be below the pass mark, and one must reach it")
        if not set(self.needs) <= set(self.sees):
            raise ValueError("what it needs it must see")
        return self

    @cached_property
    def best_first(self) -> tuple[str, ...]:
        """The names of the choices, the best one first."""
        return tuple(sorted(self.choices, key=lambda name: -self.choices[name].score))

    @cached_property
    def orders(self) -> str:
        """What is judged, and by which criteria, in words for the model."""
        criteria = "\n".join(f"- {criterion}" for criterion in self.criteria)
        return "\n\n".join(part for part in (self.title, self.instructions, criteria) if part)

    @cached_property
    def offers(self) -> str:
        """The choices and their meanings, one a line."""
        return "\n".join(f"- {name}: {one.means}" for name, one in self.choices.items())

    @cached_property
    def digest(self) -> str:
        """The hash of all that the rubric says."""
        return cache_key(rubric=self.model_dump(mode="json"))


def rubric_of(given: str | dict[str, Any]) -> Rubric:
    """Find a built-in rubric by name, or check one that is given whole.

    Raises JudgeError `rubric_unknown` or `rubric_invalid`.
    """
    return _builtin(given) if isinstance(given, str) else _checked(json.dumps(given))


def read_rubric(path: Path) -> dict[str, Any]:
    """Read a rubric from a TOML or JSON file, to be given as the option `rubric`.

    Raises JudgeError `rubric_invalid`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise _invalid(f"{path.name} cannot be read: {error}") from error
    return rubric_of(found).model_dump(mode="json")


@lru_cache
def _builtin(name: str) -> Rubric:
    if name not in BUILTIN_RUBRICS:
        raise JudgeError(f"There is no rubric {name!r}.", code="rubric_unknown", hint=_FIX)
    return Rubric.model_validate(tomllib.loads((PROMPTS / f"{name}.toml").read_text()))


@lru_cache(maxsize=64)
def _checked(text: str) -> Rubric:
    try:
        return Rubric.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _invalid(f"{where} {first['msg']}".strip()) from error


def _invalid(why: str) -> JudgeError:
    return JudgeError(f"The rubric is not usable: {why}", code="rubric_invalid", hint=_FIX)
