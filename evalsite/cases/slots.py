"""The places of a form in which a case is written, made from the pack's JSON schemas.

A schema that a form cannot show is written as JSON; so is a value that does not fit the form that
its schema has. What was written comes back as the value that it was: a place left blank stays
absent, or as blank as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from packs.protocol import Pack

_DEEPEST: Final = 3


class Kind(StrEnum):
    """How a place is written."""

    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    LINES = "lines"
    TAGS = "tags"
    ANY = "any"
    JSON = "json"
    REST = "rest"


class Slot(NamedTuple):
    """A place of the form; `name` is the path of its value in the case.

    `choices` are JSON values. A slot of kind `rest` holds the members that have no place of their
    own.
    """

    name: str
    kind: Kind
    label: str = ""
    hint: str = ""
    is_required: bool = False
    choices: tuple[Any, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        """The steps to the value."""
        return tuple(self.name.split("."))

    @property
    def field(self) -> str:
        """The name of its field in a form."""
        return f"{self.name}.*" if self.kind == Kind.REST else self.name

    @property
    def group(self) -> str:
        """The object that the value is a member of."""
        return self.field.rpartition(".")[0]

    @property
    def modes(self) -> tuple[str, ...]:
        """The ways to write it, of which the writer chooses."""
        return {Kind.ANY: ("text", "json"), Kind.LINES: ("lines", "json")}.get(self.kind, ())


def slots_of(pack: Pack, *, as_json: bool = False) -> list[Slot]:
    """Answer the places of a pack's input and expected value; `as_json`: one for each."""
    if as_json:
        return [
            Slot(name=name, kind=Kind.JSON, label=name, is_required=True)
            for name in ("input", "expected")
        ]
    sides = (("input", pack.Input), ("expected", pack.Expected))
    schemas = ((name, model.model_json_schema()) for name, model in sides)
    return [slot for name, schema in schemas for slot in _slots(schema, name=name, defs=schema)]


def _slots(
    schema: Mapping[str, Any], *, name: str, defs: Mapping[str, Any], is_required: bool = True
) -> Iterator[Slot]:
    """Answer one place, or those of an object's members and of its rest."""
    schema, is_null = _plain(schema, defs=defs)
    members = schema.get("properties")
    depth = name.count(".")
    if not members or depth >= _DEEPEST or (depth and not is_required):
        yield _leaf(schema, name=name, is_required=is_required and not is_null)
        return
    for member, inner in members.items():
        needed = member in schema.get("required", ())
        if "." in member:
            continue
        yield from _slots(inner, name=f"{name}.{member}", defs=defs, is_required=needed)
    if schema.get("additionalProperties") is not False or any("." in name for name in members):
        yield Slot(
            name=name, kind=Kind.REST, label="other fields", hint='As JSON: {"name": value}.'
        )


def _leaf(schema: Mapping[str, Any], *, name: str, is_required: bool) -> Slot:
    return Slot(
        name=name,
        kind=_kind(schema),
        label=name.rpartition(".")[2],
        hint=_hint(schema),
        is_required=is_required,
        choices=_choices(schema),
    )


def _plain(schema: Mapping[str, Any], *, defs: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Follow references, and answer the one schema beside null, if null is one of two."""
    is_null = False
    for _ in range(_DEEPEST * 3):
        if "$ref" in schema:
            rest = {name: value for name, value in schema.items() if name != "$ref"}
            schema = {**defs.get("$defs", {}).get(schema["$ref"].rpartition("/")[2], {}), **rest}
            continue
        others = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        if len(others) != 1:
            break
        is_null = True
        schema = {**{k: v for k, v in schema.items() if k != "anyOf"}, **others[0]}
    return schema, is_null


def _kind(schema: Mapping[str, Any]) -> Kind:
    if _choices(schema):
        return Kind.CHOICE
    items = schema.get("items", {})
    match schema.get("type"):
        case "string":
            return Kind.LINE if schema.get("pattern") or schema.get("maxLength") else Kind.TEXT
        case "integer" | "number":
            return Kind.NUMBER
        case "array" if items.get("type") == "string" and "enum" not in items:
            return Kind.LINES
        case None if not {"anyOf", "oneOf", "allOf", "properties"} & set(schema):
            return Kind.ANY
    return Kind.JSON


def _choices(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    if schema.get("type") == "boolean":
        return (True, False)
    if "const" in schema:
        return (schema["const"],)
    return tuple(schema.get("enum", ()))


def _hint(schema: Mapping[str, Any]) -> str:
    told = [str(schema.get("description", "")).strip()]
    if _kind(schema) == Kind.JSON:
        told.append("As JSON: a list, [...]." if schema.get("type") == "array" else "As JSON.")
    default = schema.get("default")
    if default not in (None, "", [], {}):
        told.append(f"Left blank: {str(default).lower() if default in (True, False) else default}.")
    return " ".join(text for text in told if text)
