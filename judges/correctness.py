"""Does an answer, short or long, say what the reference says? Without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from judges.protocol import PASS, Score, Threshold, shown
from judges.text import as_text
from judges.words import content_words, is_number, stem, words

# Up to so many content words an answer counts as a short one, which may leave things out.
_SHORT = 5
# Words from this length on may be spelled a little differently: Micky and Mickey, Janissaries.
_LONG_WORD = 5
# At 80 %; a little below it, because the cutoff of rapidfuzz leaves out what meets it exactly.
_ALIKE = 0.8 - 1e-6
_ASIDE = re.compile(r"\([^()]*\)")
_NEGATION = re.compile(r"\b(?:not?|never|nor|neither)\b|n['\u2019]t\b", re.IGNORECASE)
# What is said not to be so, up to four words at the end of a clause: "Bern, not Zurich".
_DENIED = re.compile(
    r"(?:(?:\b(?:is|was|are|were)|,)\s+not\b|\b(?:is|was|are|were)n['\u2019]t\b"
    r"|\b(?:rather than|instead of)\b)(?!\s+(?:only|just|merely|until|known|clear|certain)\b)"
    r"(?:\s+(?!but\b)[^\s.,;:()]+){1,4}(?=\s+but\b|[.,;:()]|$)",
    re.IGNORECASE,
)


def correctness(expected: Any, answer: Any, *, threshold: Threshold = 0.6) -> Score:
    """Score the share of the reference's content words that the answer has; the best of several.

    Expected is a text or a list of alternatives. Words are compared by their stems, a long one
    also if a little differently spelled; numbers must all be there. What the answer denies
    ("not Zurich") does not count. A short answer also passes if all its words are the
    reference's ("Higgins" for "Professor Henry Higgins").
    """
    given = [as_text(one) for one in (expected if isinstance(expected, list) else [expected])]
    references = [reference for reference in given if words(reference)]
    if not references:
        return _without_words(given, as_text(answer))
    text = as_text(answer)
    value = max(_share(reference, text) for reference in references)
    if value >= threshold:
        return Score(value, True)
    found = f"{value:.3f} of the words of the reference < {threshold:g}"
    return Score(value, False, f"{found}: expected {shown(references[0])}, got {shown(answer)}")


def _share(reference: str, answer: str) -> float:
    reference = _ASIDE.sub("", reference).strip() or reference
    said = answer if _NEGATION.search(reference) else _DENIED.sub(" ", answer)
    (whole, wanted), (text, given) = _parsed(reference), _parsed(said)
    if whole and f" {whole} " in f" {text} ":
        return 1.0
    if not wanted or not all(word in given for word in wanted if is_number(word)):
        return 0.0
    if 0 < len(given) <= _SHORT and all(_is_in(word, wanted) for word in given):
        return 1.0
    return sum(_is_in(word, given) for word in wanted) / len(wanted)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[str, tuple[str, ...]]:
    """Give all words as one text, and the stems of those that carry meaning."""
    return " ".join(words(text)), tuple(stem(word) for word in content_words(text))


def _is_in(word: str, others: Sequence[str]) -> bool:
    if word in others:
        return True
    if len(word) < _LONG_WORD or is_number(word):
        return False
    long = [other for other in others if len(other) >= _LONG_WORD]
    alike = Levenshtein.normalized_similarity
    return process.extractOne(word, long, scorer=alike, score_cutoff=_ALIKE) is not None


def _without_words(references: list[str], answer: str) -> Score:
    if not any(reference.strip() for reference in references):
        return Score.unscored("expected_missing", "The case expects an empty answer.")
    if answer.strip() in {reference.strip() for reference in references}:
        return PASS
    return Score(0.0, False, f"expected {shown(references[0])}, got {shown(answer)}")
