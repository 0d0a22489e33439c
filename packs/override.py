"""Putting another judge into a pack's options by the name of the stage that it judges.

A stage can be given another judge where the pack's options have a JudgeSpec of its name, or where
they are a list `judges`, as those of `exact` are. Everything ends up in the options, so that it is
checked and frozen like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from inspect import isclass
from typing import Any, get_args

from packs.protocol import Pack, PackError
from packs.validate import check_model

LIST = "judges"


def with_judges(
    pack: Pack, options: Mapping[str, Any], *, overrides: Iterable[str]
) -> dict[str, Any]:
    """Give the options with each override in place: `STAGE=JUDGE`, or `JUDGE` for a list of them.

    JUDGE is a judge's name, or a JSON object as options have it. Raises PackError
    (`judge_not_replaceable`, `option_malformed`); whether the judge exists and takes its options is
    found when the pack is prepared.
    """
    changed = dict(options)
    chosen: list[Any] = []
    for text in overrides:
        stage, judge = _read(text)
        if not stage and _has_list(pack):
            chosen.append(judge)
        elif stage in replaceable(pack):
            changed[stage] = judge
        elif _has_list(pack):
            changed[LIST] = _replaced(pack, changed, stage=stage, judge=judge)
        else:
            raise _not_replaceable(pack, stage)
    return {**changed, LIST: chosen} if chosen else changed


def replaceable(pack: Pack) -> tuple[str, ...]:
    """Name the stages that have a judge of their own in the pack's options."""
    fields = pack.Options.model_fields.items()
    return tuple(name for name, field in fields if _is_spec(field.annotation))


def _is_spec(annotation: Any) -> bool:
    from packs.judging import JudgeSpec

    kinds = [annotation, *get_args(annotation)] if not _is_list(annotation) else []
    return any(isclass(kind) and issubclass(kind, JudgeSpec) for kind in kinds)


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is list


def _has_list(pack: Pack) -> bool:
    field = pack.Options.model_fields.get(LIST)
    return field is not None and any(_is_spec(kind) for kind in get_args(field.annotation))


def _read(text: str) -> tuple[str, Any]:
    """Split `STAGE=JUDGE`; the stage is empty where only a judge is named."""
    stage, sign, judge = ("", "", text) if text.lstrip().startswith("{") else text.partition("=")
    if not sign:
        stage, judge = "", stage or judge
    if not judge.lstrip().startswith("{"):
        return stage, judge
    try:
        return stage, json.loads(judge)
    except json.JSONDecodeError as error:
        raise PackError(
            f"{judge!r} is no JSON object: {error}",
            code="option_malformed",
            hint='Write STAGE=NAME or STAGE={"name": ..., "options": {...}}.',
        ) from error


def _replaced(pack: Pack, options: Mapping[str, Any], *, stage: str, judge: Any) -> list[Any]:
    """Give the list of judges with the one named replaced; what it weighs stays."""
    given = check_model(pack.Options, dict(options), at="options").model_dump(mode="json")[LIST]
    if stage not in {spec["name"] for spec in given}:
        raise _not_replaceable(pack, stage, known=[spec["name"] for spec in given])
    new = {"name": judge} if isinstance(judge, str) else judge
    return [{**_without_judge(spec), **new} if spec["name"] == stage else spec for spec in given]


def _without_judge(spec: Mapping[str, Any]) -> dict[str, Any]:
    from packs.judging import JudgeSpec

    return {key: value for key, value in spec.items() if key not in JudgeSpec.model_fields}


def _not_replaceable(pack: Pack, stage: str, *, known: Iterable[str] = ()) -> PackError:
    stages = ", ".join([*replaceable(pack), *known]) or "none"
    named = f"stage {stage!r}" if stage else "a judge without a stage"
    return PackError(
        f"The pack {pack.name!r} takes no other judge for {named}.",
        code="judge_not_replaceable",
        hint=f"Stages whose judge can be replaced: {stages}. Write STAGE=JUDGE.",
    )
