"""Is what an answer says supported by the contexts it was given? Without a model."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import Any

from judges.protocol import Score, Threshold, shown
from judges.text import as_text
from judges.words import content_words, figures, sentences, words

# Support must stand together: in this many neighbouring sentences of one context.
_WINDOW = 3
# What is left of the support of a claim that brings in a number or a name of its own.
_INVENTED = 0.5
_MOST_SHOWN = 10
# A word of a claim is looked for in each window that has it: half a second of looking, or two.
_MOST_LOOKS = 10_000_000
# A capital inside a sentence.
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][^\W\d_]+")


def faithfulness(expected: Any, answer: Any, *, threshold: Threshold = 0.6) -> Score:
    """Score how far the claims of the answer are supported by the contexts (expected).

    Expected is a text or a list of texts. A claim is a sentence of the answer. Its support is
    the share of its content words found within three neighbouring sentences of one context;
    a number or a name that no context has halves it. The value is the mean, weighted by words.
    An answer without content words is unscored: `nothing_claimed`; so is one that shares the same
    words with its contexts so often that comparing would not end: `text_too_long`.
    """
    texts = expected if isinstance(expected, list) else [expected]
    contexts = Contexts([as_text(text) for text in texts])
    parts = Counter(sentences(as_text(answer)))
    if sum(map(contexts.looks, parts)) > _MOST_LOOKS:
        why = "Answer and contexts have the same words too often to compare them."
        return Score.unscored("text_too_long", why)
    judged = {part: contexts.judge(part) for part in parts}
    claims = [judged[part] for part in parts.elements()]
    weight = sum(claim.weight for claim in claims)
    if not weight:
        return Score.unscored("nothing_claimed", "The answer claims nothing that can be checked.")
    value = sum(claim.support * claim.weight for claim in claims) / weight
    weak = sorted((c for c in claims if c.weight and c.support < threshold), key=_by_support)
    details = {
        "claims": sum(claim.weight > 0 for claim in claims),
        "unsupported": [claim.as_json() for claim in weak[:_MOST_SHOWN]],
    }
    if value >= threshold:
        return Score(value, True, details=details)
    reason = f"support {value:.3f} < {threshold:g}; least supported: {shown(weak[0].text)}"
    return Score(value, False, reason, details)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer, its support from 0 to 1, and its number of content words."""

    text: str
    support: float
    weight: int

    def as_json(self) -> dict[str, Any]:
        """Give the claim as it is kept in a score's details."""
        return {"claim": shown(self.text)[1:-1], "support": round(self.support, 3)}


class Contexts:
    """The texts that may support a claim."""

    def __init__(self, texts: list[str]) -> None:
        self._words = {word for text in texts for word in words(text)}
        self._windows: dict[str, list[int]] = defaultdict(list)
        windows = dict.fromkeys(window for text in texts for window in _windows(text))
        for number, window in enumerate(windows):
            for word in window:
                self._windows[word].append(number)

    def looks(self, claim: str) -> int:
        """Tell how much work it is to judge a claim."""
        return sum(len(self._windows.get(word, ())) for word in content_words(claim))

    def judge(self, claim: str) -> Claim:
        """Find how far one claim is supported."""
        wanted = content_words(claim)
        if not wanted:
            return Claim(claim, 0.0, 0)
        found = Counter(chain.from_iterable(self._windows.get(word, ()) for word in wanted))
        support = max(found.values(), default=0) / len(wanted)
        return Claim(claim, support * _INVENTED if self._invents(claim) else support, len(wanted))

    def _invents(self, claim: str) -> bool:
        own = [*figures(claim), *(word for name in _NAME.findall(claim) for word in words(name))]
        return not self._words.issuperset(own)


def _windows(text: str) -> list[frozenset[str]]:
    parts = [set(content_words(sentence)) for sentence in sentences(text)]
    starts = range(max(1, len(parts) - _WINDOW + 1))
    return [frozenset().union(*parts[start : start + _WINDOW]) for start in starts]


def _by_support(claim: Claim) -> float:
    return claim.support
