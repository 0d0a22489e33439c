"""Which judges of a manifest must be tried before they judge, and with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from evalsite.endpoints.models import RESERVED
from evalsite.trust.nested import named
from judges.protocol import JudgeError
from judges.registry import JUDGES
from packs.forecast import asks_of

if TYPE_CHECKING:
    from judges.models import Ask
    from judges.preflight import Preflight, Probe

# Rubrics by which a wrong answer is a bad one. Any other may ask for politeness: of it we only
# know that no empty promise and no order to the judge may pass.
_OF_RIGHT_AND_WRONG: Final = ("correctness", "faithfulness", "pairwise")
_BAD_FOR_ANY: Final = ("master_key", "injection")


class JudgeUntried(JudgeError):
    """A stage's judge cannot be tried: it is its pack's own."""


def stages_to_try(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the stages whose judge asks a model for words: what has words can be talked over.

    A mock is no model: every report calls it one, and that says more than a trial.
    """
    for stage in manifest["stages"]:
        if stage["lane"] == "model" and any(_is_for_words(ask) for ask in asks_of(stage)[0]):
            yield stage


async def try_judge(stage: Mapping[str, Any]) -> Preflight:
    """Ask a stage's judge about the probes that fit it, under the present caller.

    Raises ModelError where it cannot be asked, and JudgeError where there is no such judge.
    """
    from judges.options import bind
    from judges.preflight import preflight

    if stage["judge"] not in JUDGES:
        raise JudgeUntried(
            f"The judge {stage['judge']!r} is its pack's own and cannot be tried.",
            code="judge_untried",
        )
    judge = bind(stage["judge"], dict(stage["judge_options"]))
    return await preflight(judge, among=_probes_for(stage["judge_options"]))


def _probes_for(options: Mapping[str, Any]) -> Sequence[Probe]:
    from judges.preflight import probes

    if all(rubric in _OF_RIGHT_AND_WRONG for rubric in named(options, "rubric")):
        return probes()
    return [probe for probe in probes() if probe.kind in _BAD_FOR_ANY]


def _is_for_words(ask: Ask) -> bool:
    return ask.max_tokens != 0 and ask.endpoint != RESERVED
