"""The judge of syntax: does each call name a known tool and fit its parameters?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from judges.equality import same_json
from judges.protocol import PASS, Score, shown
from judges.schema import schema_problem
from judges.strictness import PROFILES, Profile, ProfileName
from judges.structure import read_json

_OTHER_NAMES = {"dict": "object", "tuple": "array", "list": "array", "float": "number"}
# What `_problems` checks itself, or what says nothing about a value.
_PLAIN_KEYWORDS = frozenset(
    (
        *("type", "properties", "required", "items", "enum", "additionalProperties", "nullable"),
        *("description", "title", "default", "example", "examples", "format", "optional"),
    )
)


def tool_schema(expected: Any, answer: Any, *, profile: ProfileName = "standard") -> Score:
    """Pass when every call of the answer fits the tools given as expected."""
    if not _are_tools(expected):
        return Score.unscored("expected_not_tools", "The expected value is not a list of tools.")
    if not are_calls(answer):
        return Score(0.0, False, f"not a list of calls: {shown(answer)}")
    tools = read_tools(expected)
    rules = PROFILES[profile]
    problems = [
        problem for call in answer for problem in _call_problems(call, tools=tools, rules=rules)
    ]
    if not problems:
        return PASS
    return Score(0.0, False, "; ".join(problems[:3]), {"problems": problems[:20]})


def read_tools(tools: list[Any]) -> dict[str, dict[str, Any]]:
    """Give the parameters of each tool by its name; the wrapping of OpenAI is taken off."""
    plain = [tool.get("function", tool) for tool in tools]
    return {tool["name"]: tool.get("parameters") or {} for tool in plain}


def are_calls(value: Any) -> bool:
    """Tell whether this is a list of objects that each have a name."""
    return isinstance(value, list) and all(
        isinstance(call, dict) and isinstance(call.get("name"), str) for call in value
    )


def _are_tools(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value):
        return False
    plain = [tool.get("function", tool) for tool in value]
    return are_calls(plain) and all(
        isinstance(tool.get("parameters") or {}, dict)
        and isinstance((tool.get("parameters") or {}).get("properties") or {}, dict)
        for tool in plain
    )


def read_arguments(call: dict[str, Any]) -> dict[str, Any] | None:
    """Give a call's arguments, read from JSON text when they are text; none if unreadable."""
    given = call.get("arguments", {})
    # Some providers write "" where a call has no arguments.
    arguments = {} if given == "" else read_json(given)
    return arguments if isinstance(arguments, dict) else None


def _call_problems(
    call: dict[str, Any], *, tools: dict[str, dict[str, Any]], rules: Profile
) -> Iterator[str]:
    name, arguments = call["name"], read_arguments(call)
    if arguments is None:
        yield f"{name}: the arguments are not a JSON object: {shown(call.get('arguments'))}"
        return
    if name not in tools:
        yield f"{name}: there is no such tool, only {', '.join(tools) or 'none'}"
        return
    schema = tools[name]
    properties = schema.get("properties") or {}
    yield from _missing(arguments, schema, path=name)
    for key, value in arguments.items():
        if key in properties:
            if rules.types:
                yield from _problems(value, properties[key], path=f"{name}.{key}", rules=rules)
        elif not schema.get("additionalProperties"):
            yield f"{name}.{key}: the tool has no such argument"
    if rules.types and not _PLAIN_KEYWORDS.issuperset(schema):
        yield from _other_problems(arguments, schema, path=name)


def _missing(value: dict[str, Any], schema: dict[str, Any], *, path: str) -> Iterator[str]:
    for key in schema.get("required") or ():
        if key not in value:
            yield f"{path}.{key}: required, but missing"


def _problems(value: Any, schema: Any, *, path: str, rules: Profile) -> Iterator[str]:
    kinds = _kinds(schema)
    if kinds and not any(_is_kind(value, kind, rules=rules) for kind in kinds):
        yield f"{path}: expected {' or '.join(kinds)}, got {shown(value)}"
    elif "enum" in schema and not any(same_json(option, value) for option in schema["enum"]):
        yield f"{path}: expected one of {shown(schema['enum'])}, got {shown(value)}"
    elif not _PLAIN_KEYWORDS.issuperset(schema):
        yield from _other_problems(value, schema, path=path)
    elif isinstance(value, dict):
        yield from _object_problems(value, schema, path=path, rules=rules)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for place, item in enumerate(value):
            yield from _problems(item, schema["items"], path=f"{path}[{place}]", rules=rules)


def _object_problems(
    value: dict[str, Any], schema: dict[str, Any], *, path: str, rules: Profile
) -> Iterator[str]:
    properties = schema.get("properties") or {}
    yield from _missing(value, schema, path=path)
    for key, item in value.items():
        if key in properties:
            yield from _problems(item, properties[key], path=f"{path}.{key}", rules=rules)
        elif schema.get("additionalProperties") is False:
            yield f"{path}.{key}: not allowed here"


def _other_problems(value: Any, schema: Any, *, path: str) -> Iterator[str]:
    if problem := schema_problem(as_json_schema(schema), value):
        yield f"{path}{'.' if problem[0] else ''}{problem[0]}: {problem[1]}"


def _kinds(schema: dict[str, Any]) -> list[str]:
    declared = schema.get("type")
    names = declared if isinstance(declared, list) else [declared]
    kinds = [_OTHER_NAMES.get(name, name) for name in names if name not in (None, "any")]
    return [*kinds, "null"] if kinds and schema.get("nullable") else kinds


def _is_kind(value: Any, kind: str, *, rules: Profile) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float):
        return kind == "number" or (kind == "integer" and rules.whole_floats and value.is_integer())
    return kind in _KINDS_OF.get(type(value), ())


_KINDS_OF: dict[type, tuple[str, ...]] = {
    str: ("string",),
    int: ("integer", "number"),
    list: ("array",),
    dict: ("object",),
    type(None): ("null",),
}


def as_json_schema(schema: Any) -> Any:
    """Give a schema with the usual JSON Schema names for the types dict, tuple, list and float."""
    if isinstance(schema, list):
        return [as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: as_json_schema(value) for key, value in schema.items()}
    kinds = _kinds(schema) if isinstance(schema.get("type", ""), str | list) else None
    if kinds is not None:
        plain.pop("type", None)
        if kinds:
            plain["type"] = kinds
    return plain
