"""Reading which of two outputs a judge prefers out of plain text, such as "Output (a)"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from judges.text import matches
from judges.verdict import LONGEST_REPLY, Flaw, Verdict, refuses

_OUTPUT = r"\boutput[ \t]*[(_]?([ab])\b\)?"
_ONLY = re.compile(rf"\A[\W_]*{_OUTPUT}[\W_]*\Z", re.IGNORECASE)
_BETTER = re.compile(
    rf"{_OUTPUT}[\"'*]*[ \t]+(?:is|would be)[ \t]+"
    r"(?:(?:the|a|slightly|clearly|considered|still|overall|therefore)[ \t]+)*better\b",
    re.IGNORECASE,
)


def read_side(text: str, *, patterns: Mapping[str, str]) -> Verdict | Flaw:
    """Read the side, a or b: the whole text or its last line names it, or it is called better.

    Where it is called better more than once, the last time counts. Patterns (RE2, by side) replace
    these rules for a judge with words of its own: the first one that is found gives the side.
    Plain text has no id to repeat, so nothing shows that the verdict is not the candidate's.
    """
    if len(text) > LONGEST_REPLY:
        return Flaw("judge_reply_invalid", "it was too long")
    side = _by_pattern(text, patterns=patterns) if patterns else _by_words(text.strip())
    if side:
        return Verdict(verdict_id="", reasoning=text, choice=side)
    if refuses(text):
        return Flaw("judge_refused", "it refused to judge")
    return Flaw("judge_reply_invalid", "it preferred neither Output (a) nor Output (b)")


def _by_words(text: str) -> str:
    for part in (text, text.rpartition("\n")[2]):
        if only := _ONLY.match(part):
            return str(only[1]).lower()
    called = _BETTER.findall(text)
    return str(called[-1]).lower() if called else ""


def _by_pattern(text: str, *, patterns: Mapping[str, str]) -> str:
    return next((side for side, pattern in patterns.items() if matches(pattern, text)), "")
