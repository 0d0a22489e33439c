"""A pack's options as fields of a form: plain ones and judges; the rest is JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django import forms

from judges.registry import JUDGES
from packs.override import LIST, replaceable
from packs.protocol import Pack

OPTION, JUDGE = "option_", "judge_"
_DEFAULT: Final = ("", "as the pack has it")
_YES_NO: Final = {"true": True, "false": False}


def option_fields(pack: Pack) -> dict[str, forms.Field]:
    """Answer a field for each judge that can be replaced and for each option of a plain type."""
    fields: dict[str, forms.Field] = {}
    for stage in replaceable(pack):
        fields[JUDGE + stage] = _judge(f"Judge of {stage}")
    if LIST in pack.Options.model_fields:
        fields[JUDGE] = _judge("Judge")
    for name, schema in pack.Options.model_json_schema().get("properties", {}).items():
        if (field := _plain(name, schema)) is not None:
            fields[OPTION + name] = field
    return fields


def options_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the options that were chosen; what was left as the pack has it is left out."""
    return {
        name.removeprefix(OPTION): _YES_NO.get(value, value) if isinstance(value, str) else value
        for name, value in cleaned.items()
        if name.startswith(OPTION) and value not in (None, "")
    }


def judges_of(cleaned: Mapping[str, Any]) -> list[str]:
    """Answer the judges that were chosen, as `packs.override` takes them."""
    return list(_overrides(cleaned))


def _overrides(cleaned: Mapping[str, Any]) -> Iterator[str]:
    for name, judge in cleaned.items():
        if name.startswith(JUDGE) and judge:
            stage = name.removeprefix(JUDGE)
            yield f"{stage}={judge}" if stage else judge


def _judge(label: str) -> forms.Field:
    choices = [_DEFAULT, *((name, name) for name in JUDGES.names())]
    return forms.ChoiceField(label=label, required=False, choices=choices)


def _plain(name: str, schema: Mapping[str, Any]) -> forms.Field | None:
    """Answer the field of an option, or None for one that only JSON can hold."""
    about = {
        "label": name.replace("_", " ").capitalize(),
        "required": False,
        "help_text": schema.get("description", ""),
    }
    if "enum" in schema:
        return forms.ChoiceField(choices=[_DEFAULT, *((e, e) for e in schema["enum"])], **about)
    match schema.get("type"):
        case "boolean":
            return forms.ChoiceField(choices=[_DEFAULT, *((e, e) for e in _YES_NO)], **about)
        case "integer":
            return forms.IntegerField(**about)
        case "number":
            return forms.FloatField(**about)
        case "string":
            return forms.CharField(max_length=500, **about)
    return None
