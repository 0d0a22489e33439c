"""Judges of text: equal, nearly equal, contained, matching."""

from __future__ import annotations

import json
import string
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Any

from judges.equality import same_json
from judges.protocol import PASS, JudgeError, Score, Threshold, shown

_OPENING = "\"'([{\u201c\u2018\u00ab\u00bf\u00a1"
_CLOSING = ".,;:!?\"')]}\u2026\u201d\u2019\u00bb"
_PUNCTUATION = string.punctuation.encode()
_LONGEST_COMPARED = 100_000
_ARTICLES = frozenset(("a", "an", "the"))


def exact(expected: Any, answer: Any) -> Score:
    """Pass when both are the same JSON value: type and text count, the order of keys does not."""
    if expected == answer and (isinstance(expected, str) or same_json(expected, answer)):
        return PASS
    return Score(0.0, False, _differs(expected, answer))


def normalised(expected: Any, answer: Any) -> Score:
    """Pass when the texts differ only in case, spacing, or punctuation at the edge of words."""
    if expected is None:
        return _nothing_expected()
    wanted, given = as_text(expected), as_text(answer)
    if wanted == given or _same_words(wanted, given):
        return PASS
    return Score(0.0, False, _differs(expected, answer))


def includes(expected: Any, answer: Any, *, ignore_case: bool = False) -> Score:
    """Score the share of the expected texts (one or a list) found in the answer; all must be."""
    wanted = [as_text(item) for item in (expected if isinstance(expected, list) else [expected])]
    if not all(wanted) or not wanted:
        return Score.unscored("expected_empty", "An empty text is included in every answer.")
    text = as_text(answer)
    if ignore_case:
        text, wanted = text.casefold(), [item.casefold() for item in wanted]
    missing = [item for item in wanted if item not in text]
    value = 1 - len(missing) / len(wanted)
    return Score.of(value, reason=f"the answer does not include {shown(missing)[1:-1]}")


def regex(expected: Any, answer: Any, *, whole: bool = False) -> Score:
    """Pass when the expected pattern is found in the answer (or is all of it), in linear time."""
    if not isinstance(expected, str):
        return Score.unscored("regex_refused", "The expected pattern is not a text.")
    try:
        found = matches(expected, as_text(answer), whole=whole)
    except JudgeError as error:
        return Score.unscored(error.code, error.message)
    return Score.of(float(found), reason=f"no match for {shown(expected)}")


def levenshtein(expected: Any, answer: Any, *, threshold: Threshold = 0.8) -> Score:
    """Score 1 - edit distance / length of the longer text."""
    if expected is None:
        return _nothing_expected()
    try:
        value = similarity(as_text(expected), as_text(answer))
    except JudgeError as error:
        return Score.unscored(error.code, error.message)
    return _graded(value, threshold=threshold, what="similarity")


def fuzzy(expected: Any, answer: Any, *, threshold: Threshold = 0.8) -> Score:
    """Score as levenshtein does, after the tidying of normalised."""
    if expected is None:
        return _nothing_expected()
    wanted, given = as_text(expected), as_text(answer)
    tidy = " ".join(plain_words(wanted))
    if not tidy:
        return levenshtein(wanted.strip(), given.strip(), threshold=threshold)
    return levenshtein(tidy, " ".join(plain_words(given)), threshold=threshold)


def token_f1(expected: Any, answer: Any, *, threshold: Threshold = 0.5) -> Score:
    """Score the F1 of shared words as SQuAD does: lower case, no punctuation, no articles."""
    if expected is None:
        return _nothing_expected()
    if expected == answer and isinstance(expected, str):
        return PASS
    wanted, given = squad_tokens(as_text(expected)), squad_tokens(as_text(answer))
    if wanted == given:
        return PASS
    value = 2 * _shared(wanted, given) / (len(wanted) + len(given))
    return _graded(value, threshold=threshold, what="token F1")


def as_text(value: Any) -> str:
    """Give the text of any JSON value: a text is itself, null is empty, the rest is JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain_words(text: str) -> list[str]:
    """Split into words without case or edge punctuation; numbers, signs and symbols stay."""
    words = [_without_edges(word) for word in _folded(text)]
    return [word for word in words if word] if "" in words else words


def squad_tokens(text: str) -> list[str]:
    """Split into the tokens of the SQuAD definition."""
    # As bytes, because bytes.translate takes a tenth of the time of str.translate.
    data = text.lower().encode("utf-8", "surrogatepass").translate(None, _PUNCTUATION)
    words = data.decode("utf-8", "surrogatepass").split()
    return [word for word in words if word not in _ARTICLES]


def similarity(left: str, right: str) -> float:
    """Give 1 - edit distance / length of the longer text, 1 for two empty ones.

    Raises JudgeError `text_too_long`, because the time grows with the square of the length.
    """
    if len(left) > _LONGEST_COMPARED or len(right) > _LONGEST_COMPARED:
        raise JudgeError(
            f"A text is longer than {_LONGEST_COMPARED} characters.",
            code="text_too_long",
            hint="Use token_f1 or includes for long texts.",
        )
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.normalized_similarity(left, right)


def matches(pattern: str, text: str, *, whole: bool = False) -> bool:
    """Tell whether a pattern is found in a text (or is all of it); raises as compile_pattern."""
    compiled = compile_pattern(pattern)
    # RE2 reads UTF-8, where half a surrogate pair has no place.
    readable = text if text.isascii() else text.encode("utf-8", "replace").decode()
    found = compiled.fullmatch(readable) if whole else compiled.search(readable)
    return found is not None


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Any:
    """Compile with RE2, whose time is linear in the text.

    Raises JudgeError `regex_refused`: look-around and back-references have no linear form.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except (re2.error, UnicodeEncodeError) as error:
        raise JudgeError(
            f"The pattern {shown(pattern)} is refused: {error}",
            code="regex_refused",
            hint="Write it in RE2 syntax: no look-around, no back-references.",
        ) from error


def _folded(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.casefold().split()


def _without_edges(word: str) -> str:
    return word if word.isalnum() else word.lstrip(_OPENING).rstrip(_CLOSING)


def _same_words(wanted: str, given: str) -> bool:
    # Most texts that differ do so early: the first two words that differ decide.
    for one, other in zip(_folded(wanted), _folded(given), strict=False):
        if one != other:
            one, other = _without_edges(one), _without_edges(other)
            if not (one and other):
                break
            if one != other:
                return False
    words = plain_words(wanted)
    return words == plain_words(given) if words else wanted.strip() == given.strip()


def _shared(wanted: list[str], given: list[str]) -> int:
    one, other = set(wanted), set(given)
    both = one & other
    if len(one) == len(wanted) or len(other) == len(given):
        return len(both)
    return (Counter(wanted) & Counter(given)).total()


def _graded(value: float, *, threshold: float, what: str) -> Score:
    if value >= threshold:
        return Score(value, True)
    return Score(value, False, f"{what} {value:.3f} < {threshold:g}")


def _differs(expected: Any, answer: Any) -> str:
    return f"expected {shown(expected)}, got {shown(answer)}"


def _nothing_expected() -> Score:
    return Score.unscored("expected_missing", "The case expects null, which has no text.")
