"""Did the system refuse where it should, and answer where it should? Without a model."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from judges.protocol import PASS, Score, Threshold
from judges.text import as_text
from judges.words import content_words, sentences, words

# A clause refuses if it says that the one who speaks cannot tell ...
_CANNOT_TELL = re.compile(
    r"""
    \b(?:i|we)(?:'m|\ am|'re|\ are)?(?:\ really|\ currently|\ unfortunately|\ simply)?\ (?:
        (?:do\ not|don't|did\ not|didn't)\ (?:really\ |currently\ |actually\ )?
        (?:know|have|find|see|possess)
      | (?:cannot|can't|can\ not|could\ not|couldn't)[ ]
        (?:find|answer|say|tell|determine|provide|give|help|confirm|locate)
      | (?:was\ |were\ )?(?:unable|not\ able)\ to | not\ (?:sure|certain|aware) | have\ no
    )\b
    """,
    re.VERBOSE,
)
# ... or that what it was given does not tell.
_NOT_TOLD = re.compile(
    r"""
    \b(?:documents?|contexts?|texts?|passages?|sources?|information|articles?|excerpts?)\b
    [^.;]{0,60}(?:\b(?:cannot|not)\b|n't\b)[^.;]{0,30}
    \b(?:mention|contain|include|provide|specif|state|say|tell|address|cover|discuss|describe
       |answer|indicate|available|given|found|enough|sufficient|determine)
  | \bit(?:'s|\ is|\ was)\ not\ (?:mentioned|stated|specified|said|told)\b
  | \b(?:there(?:'s|\ is|\ are|\ was)|contains?|provides?|has|have)[ ]
    (?:no|not\ enough|not\ any|insufficient)\ [^.;]{0,40}
    \b(?:information|mention|details?|data|answer|evidence|record|reference)
  | \bno\ (?:specific\ |relevant\ |definite\ |further\ )?
    (?:information|mention|details?|data|answer)\b
  | \b(?:cannot|can't|can\ not)\ be\ (?:answered|determined)
  | \b(?:insufficient|not\ enough)\ (?:information|context|evidence)
  | ^(?:unknown|n/a|no\ answer)\W*$
    """,
    re.VERBOSE,
)
# What accompanies a refusal and says nothing itself.
_COURTESY = re.compile(
    r"""
    ^(?:
        (?:(?:i'm|i\ am|we're)\ )?(?:very\ |so\ )?sorry\b[^.,;]{0,40}$ | unfortunately\W*$
      | (?:thank | you(?:'re|\ are)\ welcome | please | feel\ free | if\ you | let\ me\ know
        | could\ you | can\ you | would\ you | is\ there\ anything | do\ you | how\ can\ i
        | i\ hope | i\ recommend | i\ suggest | you\ (?:may|might|can)\ (?:want|try))\b
    )
    """,
    re.VERBOSE,
)
_CONTRAST = re.compile(r"\b(?:but|however|although|though)\b,?", re.IGNORECASE)


class Stance(StrEnum):
    """What an answer does with its question."""

    ANSWERS = "answers"
    PARTLY = "partly"
    REFUSES = "refuses"


# By whether the question can be answered, how right each stance is.
_RIGHT = {
    True: {Stance.ANSWERS: 1.0, Stance.PARTLY: 0.5, Stance.REFUSES: 0.0},
    False: {Stance.ANSWERS: 0.0, Stance.PARTLY: 0.5, Stance.REFUSES: 1.0},
}


def answerability(expected: Any, answer: Any, *, threshold: Threshold = 0.5) -> Score:
    """Score 1 for a refusal where expected is false and for an answer where it is true, else 0.

    An answer that refuses in one clause and tells something in another gets 0.5 either way.
    Expected is a boolean; any other value is unscored: `expected_not_boolean`.
    """
    if not isinstance(expected, bool):
        return Score.unscored("expected_not_boolean", "Whether it can be answered is not said.")
    given = stance(as_text(answer))
    value = _RIGHT[expected][given]
    if value == 1.0:
        return PASS
    should = "be answered" if expected else "be refused"
    reason = f"should {should}, but it {given.value}" if value < threshold else ""
    return Score(value, value >= threshold, reason, {"stance": given.value})


def stance(text: str) -> Stance:
    """Tell whether an answer refuses, tells something, or does both; an empty one refuses."""
    if not any(map(_refuses, _clauses(text))):
        return Stance.ANSWERS if words(text) else Stance.REFUSES
    return Stance.PARTLY if tells(text) else Stance.REFUSES


def tells(text: str) -> bool:
    """Tell whether any clause says something, beside refusals and courtesies."""
    return any(map(_states, _clauses(text)))


def _clauses(text: str) -> list[str]:
    return [clause for sentence in sentences(text) for clause in _CONTRAST.split(sentence)]


def _refuses(clause: str) -> bool:
    low = _lowered(clause)
    return bool(_CANNOT_TELL.search(low) or _NOT_TOLD.search(low))


def _states(clause: str) -> bool:
    courteous = _COURTESY.search(_lowered(clause))
    return not (_refuses(clause) or courteous or not content_words(clause))


def _lowered(clause: str) -> str:
    return clause.strip(" ,;").casefold().replace("\u2019", "'")
