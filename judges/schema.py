"""JSON Schema, without the two ways it can hurt: fetching addresses and slow patterns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from judges.protocol import JudgeError
from judges.text import matches


def schema_problem(schema: Any, value: Any) -> tuple[str, str] | None:
    """Give the path and message of the first thing about value that does not fit the schema.

    Raises JudgeError `schema_refused`.
    """
    from referencing.exceptions import Unresolvable

    validator = _compiled(json.dumps(schema, sort_keys=True))
    try:
        error = next(validator.iter_errors(value), None)
    except Unresolvable as unresolvable:
        raise _refused(str(unresolvable)[:300]) from unresolvable
    if error is None:
        return None
    return json_path(error.absolute_path), error.message[:300]


def check_schema(schema: Any) -> None:
    """Raise JudgeError `schema_refused` when this is not a JSON Schema that can be used."""
    _compiled(json.dumps(schema, sort_keys=True))


def json_path(parts: Any) -> str:
    """Write the steps into a JSON value as `a.b[0].c`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


@lru_cache(maxsize=2048)
def _compiled(text: str) -> Any:
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    schema = json.loads(text)
    # Its patterns would run outside RE2, so the keyword is refused wherever it stands.
    if '"patternProperties": ' in text:
        raise _refused("patternProperties is not supported")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise _refused(error.message[:300]) from error
    extend: Any = validators.extend
    safe = extend(Draft202012Validator, {"pattern": _pattern})
    # An empty registry: a $ref to an address outside the schema is an error, not a request.
    return safe(schema, registry=Registry())


def _pattern(*step: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    validator, pattern, instance, _ = step
    if validator.is_type(instance, "string") and not matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _refused(reason: str) -> JudgeError:
    return JudgeError(
        f"The JSON Schema cannot be used: {reason}",
        code="schema_refused",
        hint="Use JSON Schema 2020-12 with patterns in RE2 syntax and no outside references.",
    )
