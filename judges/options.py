"""Checking a judge's options once, against its own signature, before any case is judged."""

from __future__ import annotations

import inspect
from functools import cache, partial
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from judges.protocol import Judge, JudgeError
from judges.registry import JUDGES, Loaded

# The one keyword that is no option: the case's input, which whoever judges a case passes along.
INPUT = "input"


def bind(name: str, options: dict[str, Any]) -> Loaded[Judge]:
    """Load a judge and fix its options.

    Raises JudgeError as the registry does, and `judge_options` for an unknown or wrong option.
    """
    loaded = JUDGES.load(name)
    checked = _check(loaded, options)
    judge = partial(loaded.value, **checked) if checked else loaded.value
    pins = getattr(loaded.value, "pins", None)
    lane_of = getattr(loaded.value, "lane_of", None)
    return loaded._replace(
        value=judge,
        lane=lane_of(**checked) if lane_of else loaded.lane,
        pins=pins(**checked) if pins else {},
        wants_input=INPUT in inspect.signature(loaded.value).parameters,
    )


def _check(loaded: Loaded[Judge], options: dict[str, Any]) -> dict[str, Any]:
    is_builtin = loaded.name in JUDGES.builtins
    model = _builtin_model(loaded.name) if is_builtin else options_model(loaded.value)
    try:
        return model.model_validate(options).model_dump(exclude_unset=True, by_alias=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join(field.alias or key for key, field in model.model_fields.items())
        raise JudgeError(
            f"Option {where} of judge {loaded.name!r}: {first['msg']}",
            code="judge_options",
            hint=f"Its options are: {known or 'none'}.",
        ) from error


@cache
def _builtin_model(name: str) -> type[BaseModel]:
    return options_model(JUDGES.load(name).value)


def options_model(judge: Judge) -> type[BaseModel]:
    """Read a judge's keyword-only parameters as a model that refuses all others."""
    function = judge if inspect.isroutine(judge) else type(judge).__call__
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    loose = False
    for parameter in inspect.signature(judge).parameters.values():
        loose = loose or parameter.kind is parameter.VAR_KEYWORD
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name != INPUT:
            default = ... if parameter.default is parameter.empty else parameter.default
            # An alias, because an option may be called like something pydantic has ("schema").
            kind = hints.get(parameter.name, Any)
            fields[f"option_{parameter.name}"] = (kind, Field(default, alias=parameter.name))
    config = ConfigDict(extra="allow" if loose else "forbid", strict=True)
    return create_model("Options", __config__=config, **fields)
