"""Another judge for a stage, by name or as JSON, in any pack."""

from __future__ import annotations

from typing import Any, cast

import pytest
from pydantic import BaseModel

from judges.protocol import VerdictError
from packs.exact import PACK as EXACT
from packs.nl2api import PACK as NL2API
from packs.override import replaceable, with_judges
from packs.prepare import prepare
from packs.protocol import Pack
from packs.validate import check_model


def prepared(pack: Pack, *overrides: str, **options: Any) -> dict[str, tuple[str, Any]]:
    """Judge and options per stage of the frozen manifest."""
    evaluator = prepare(pack.name, with_judges(pack, options, overrides=overrides))
    stages = evaluator.manifest()["stages"]
    return {stage["name"]: (stage["judge"], stage["judge_options"]) for stage in stages}


def code_of(pack: Pack, *overrides: str, **options: Any) -> str:
    with pytest.raises(VerdictError) as refused:
        prepared(pack, *overrides, **options)
    return refused.value.code


def test_nothing_is_changed_without_an_override() -> None:
    assert with_judges(EXACT, {"a": 1}, overrides=[]) == {"a": 1}


def test_a_stage_is_given_another_judge_by_name() -> None:
    assert prepared(NL2API, "semantics=exact")["semantics"] == ("exact", {})


def test_a_stage_is_given_another_judge_with_options() -> None:
    given = 'semantics={"name": "fuzzy", "threshold": 0.9}'
    assert prepared(NL2API, given)["semantics"] == ("fuzzy", {"threshold": 0.9})


def test_several_stages_at_once() -> None:
    stages = prepared(NL2API, "semantics=exact", "execution=exact")
    assert stages["semantics"] == stages["execution"] == ("exact", {})


def test_an_override_wins_over_an_option() -> None:
    assert prepared(NL2API, "semantics=exact", semantics="fuzzy")["semantics"] == ("exact", {})


def test_a_list_of_judges_is_replaced_as_a_whole() -> None:
    assert list(prepared(EXACT, "fuzzy", '{"name": "numeric"}')) == ["fuzzy", "numeric"]


def test_one_judge_of_a_list_is_replaced_and_its_weight_stays() -> None:
    judges = [{"name": "exact", "weight": 3}, {"name": "fuzzy", "threshold": 0.5}]
    changed = with_judges(EXACT, {"judges": judges}, overrides=["exact=normalised"])
    weights = {spec["name"]: spec["weight"] for spec in changed["judges"]}
    assert weights == {"normalised": 3, "fuzzy": 1}
    assert changed["judges"][1]["threshold"] == 0.5


def test_what_a_replaced_judge_was_told_is_not_told_to_the_new_one() -> None:
    judges = [{"name": "fuzzy", "threshold": 0.5, "options": {}}]
    assert prepared(EXACT, "fuzzy=exact", judges=judges) == {"exact": ("exact", {})}


@pytest.mark.parametrize(
    ("pack", "override", "code"),
    [
        (NL2API, "syntax=exact", "judge_not_replaceable"),
        (NL2API, "nonsense=exact", "judge_not_replaceable"),
        (NL2API, "ordered=exact", "judge_not_replaceable"),
        (NL2API, "exact", "judge_not_replaceable"),
        (EXACT, "fuzzy=exact", "judge_not_replaceable"),
        (NL2API, "semantics=nonsense", "judge_unknown"),
        (NL2API, 'semantics={"name": "exact", "options": {"a": 1}}', "judge_options"),
        (NL2API, 'semantics={"name": "exact", "votes": 1}', "options_invalid"),
        (NL2API, 'semantics={"name"', "option_malformed"),
        (EXACT, "", "judge_unknown"),
        (EXACT, "exact=exact=2", "judge_unknown"),
    ],
)
def test_a_wrong_override_is_a_coded_error(pack: Pack, override: str, code: str) -> None:
    assert code_of(pack, override) == code


def test_an_option_beside_the_options_is_told_its_place() -> None:
    override = 'semantics={"name": "rubric", "votes": 3}'
    with pytest.raises(VerdictError, match='votes: what a judge is told stands under "options"'):
        check_model(NL2API.Options, with_judges(NL2API, {}, overrides=[override]), at="options")


def test_the_hint_names_what_can_be_replaced() -> None:
    with pytest.raises(VerdictError, match="execution, semantics"):
        with_judges(NL2API, {}, overrides=["syntax=exact"])


def test_only_judges_can_be_replaced() -> None:
    class Plain(BaseModel):
        names: list[str] = []
        weight: float | None = None

    class Bare:
        name, Options = "bare", Plain

    assert replaceable(cast(Pack, Bare())) == ()
