"""Checking a case or output against its pack's schema when it is curated or imported."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from packs.protocol import PackError
from packs.registry import PACKS

M = TypeVar("M", bound=BaseModel)

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def validate_case(pack: str, *, input: Any, expected: Any) -> tuple[Any, Any]:
    """Check a case's input and expected value and give both as normalised JSON.

    Raises PackError `case_invalid` with the JSON path of the first problem.
    """
    kind = PACKS.load(pack).value
    return (
        normalise(kind.Input, input, at="input"),
        normalise(kind.Expected, expected, at="expected"),
    )


def validate_output(pack: str, output: Any) -> Any:
    """Check a recorded output and give it as normalised JSON.

    Raises PackError `output_invalid` with the JSON path of the first problem.
    """
    return normalise(PACKS.load(pack).value.Output, output, at="output")


def content_hash(*, input: Any, expected: Any) -> str:
    """Give the SHA-256 of a case's content in canonical JSON: keys sorted, no spaces."""
    text = _CANONICAL.encode({"expected": expected, "input": input})
    return hashlib.sha256(text.encode()).hexdigest()


def check_model(model: type[M], value: Any, *, at: str) -> M:
    """Validate a value with a model.

    Raises PackError `case_invalid`, `output_invalid` or `options_invalid`, by what `at` names.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        path = _path(at, problems[0]["loc"])
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PackError(
            f"{path}: {problems[0]['msg'].removeprefix('Value error, ').rstrip('.')}{more}.",
            code={"output": "output_invalid", "options": "options_invalid"}.get(at, "case_invalid"),
            hint=f"Its fields are: {', '.join(model.model_fields)}.",
            path=path,
        ) from error


def normalise(model: type[BaseModel], value: Any, *, at: str) -> Any:
    """Validate a value with a model and give it back as JSON; raises as check_model does."""
    checked = check_model(model, value, at=at)
    # Only what was given: a default written into a case would freeze it for ever.
    return checked.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _path(root: str, parts: tuple[int | str, ...]) -> str:
    return root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
