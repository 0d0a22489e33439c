"""The value rules of the Berkeley Function Calling Leaderboard, in our own words.

- A value has the type its schema says, or that of the first accepted value; an int may stand
  where a float is wanted, never the other way round.
- Texts are equal after lower-casing and dropping spaces and , . / - _ * ^
- The fields of an accepted object are lists of accepted values; "" there: may be left out.
"""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, type] = {
    "string": str,
    "any": str,
    "integer": int,
    "float": float,
    "number": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "object": dict,
}
_DROPPED = str.maketrans({**dict.fromkeys(" ,./-_*^"), "'": '"'})


def accepts(accepted: list[Any], value: Any, *, schema: Any, nested: bool) -> bool:
    """Tell whether the leaderboard would accept this value of an argument with this schema."""
    declared = _TYPES.get(schema.get("type", "any"), str)
    element = _element_type(schema) if declared is list else None
    # Only the schema's own "float" takes an int; inside a list types are compared as they are.
    if declared is float and type(value) is int:
        value = float(value)
    if not _typed(value, declared, element=element, accepted=accepted):
        return False
    usual = _first_type(accepted)
    as_declared = type(value) is declared and usual in (None, declared)
    if not as_declared:
        return value in accepted
    if not nested:
        accepted = [_listed(option) for option in accepted]
    if declared is dict:
        return _object_accepted(accepted, value)
    if declared is list and element is dict:
        return _objects_accepted(accepted, value)
    return _standard(value) in [_standard(option) for option in accepted]


def _typed(value: Any, declared: type, *, element: type | None, accepted: list[Any]) -> bool:
    if isinstance(value, list) and declared is list:
        if element is None:
            return True
        lists = [option for option in accepted if isinstance(option, list)]
        return len(lists) < len(accepted) or any(
            all(type(item) in (element, _first_type(option)) for item in value) for option in lists
        )
    return type(value) in (declared, _first_type(accepted))


def _object_accepted(accepted: list[Any], value: dict[str, Any]) -> bool:
    return any(_fields_accepted(option, value) for option in accepted if isinstance(option, dict))


def _objects_accepted(accepted: list[Any], value: list[Any]) -> bool:
    return any(
        len(option) == len(value)
        and all(
            isinstance(item, dict) and _object_accepted([wanted], item)
            for wanted, item in zip(option, value, strict=True)
        )
        for option in accepted
        if isinstance(option, list)
    )


def _fields_accepted(option: dict[str, list[Any]], value: dict[str, Any]) -> bool:
    if not value.keys() <= option.keys():
        return False
    return all(
        _plain(value[key]) in [_plain(choice) for choice in choices]
        if key in value
        else "" in choices
        for key, choices in option.items()
    )


def _element_type(schema: dict[str, Any]) -> type | None:
    items = schema.get("items")
    return _TYPES.get(items.get("type", "any"), str) if isinstance(items, dict) else None


def _first_type(accepted: list[Any]) -> type | None:
    return next((type(option) for option in accepted if option != ""), None)


def _standard(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> Any:
    return value.lower().translate(_DROPPED) if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: [field] for key, field in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list) else value
