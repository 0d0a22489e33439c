"""Splitting prose into sentences and comparable words, for judges of natural language."""

from __future__ import annotations

import re
import unicodedata

_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen"""
_TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety"
# Without i, v and x, which are as often a letter as a number.
_ROMAN = "ii iii iv . vi vii viii ix . xi xii xiii xiv xv"
_FUNCTION_WORDS = """a an the and or but of to in on at by for with from as is are was were be been
    it its that this these those has have had do does did will would can could may might should
    must not no so than too also very i you he she they we his her their our your my me him them us
    there here which who what when where how if then more most some any all other such just only
    s t d ll m re ve"""

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
_TENS_OF = {word: 10 * n for n, word in enumerate(_TENS.split(), start=1)}
_UNITS_OF = {word: n for n, word in enumerate(_UNITS.split())}
_NUMBERS = _UNITS_OF | _TENS_OF | {word: n for n, word in enumerate(_ROMAN.split(), start=2)}
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*\u2022]|\d{1,3}[.)])\s+", re.MULTILINE)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+")
_POSSESSIVE = re.compile(r"['\u2019]s\b|(?<=s)['\u2019](?=\s|$)")
_NOT = re.compile(r"n['\u2019]t\b")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_ENDINGS = ("ing", "ies", "ed", "es", "s", "y", "e")


def sentences(text: str) -> list[str]:
    """Split at the ends of sentences and lines, without the marks of lists."""
    return [part for part in _SENTENCE_END.split(_LIST_MARK.sub("", text)) if part.strip()]


def plain(text: str) -> str:
    """Fold case, accents, possessives, n't and dotted initials, which change no meaning."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in parts if not unicodedata.combining(char))
    text = _NOT.sub(" not", _POSSESSIVE.sub("", text.casefold()))
    return _INITIALS.sub(lambda found: found.group().replace(".", "") + " ", text)


def words(text: str) -> list[str]:
    """Give the words in order; numbers are digits however they are written: 12, twelve, XII."""
    found: list[str] = []
    tens = 0
    for word in _WORD.findall(plain(text)):
        unit = _UNITS_OF.get(word, 0)
        if tens > 10 and 0 < unit < 10:
            found[-1] = str(tens + unit)
        else:
            found.append(_as_digits(word))
        tens = _TENS_OF.get(word, 0)
    return found


def content_words(text: str) -> list[str]:
    """Give the words that carry meaning: no function words, no single letters."""
    return [w for w in words(text) if w not in FUNCTION_WORDS and (len(w) > 1 or w.isdigit())]


def figures(text: str) -> list[str]:
    """Give the numbers that are written in digits, as words gives them."""
    return [_as_digits(word) for word in _WORD.findall(plain(text)) if is_number(word)]


def is_number(word: str) -> bool:
    """Tell whether one of these words is a number."""
    return word[0].isdigit()


def stem(word: str) -> str:
    """Cut the commonest English ending off a word of four letters or more."""
    if len(word) < 4 or is_number(word):
        return word
    ending = next((end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) > 1), "")
    return word.removesuffix(ending)


def _as_digits(word: str) -> str:
    return word.replace(",", "") if is_number(word) else str(_NUMBERS.get(word, word))
