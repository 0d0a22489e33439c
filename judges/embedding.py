"""Nearness of meaning: the cosine of sentence vectors, from a local model or an endpoint."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Literal

from judges.models import Ask, EmbedRequest, embed
from judges.protocol import JudgeError, Lane, Score, Threshold, shown
from judges.sentence_model import embed_locally, model_version
from judges.text import as_text
from judges.words import sentences, words

Unit = Literal["text", "sentence"]

_TINY = 1e-12


class Embedding:
    """The judge `embedding`. With `model` an endpoint is asked, else the local model."""

    def __call__(
        self,
        expected: Any,
        answer: Any,
        *,
        threshold: Threshold = 0.6,
        unit: Unit = "text",
        model: str = "",
        endpoint: str = "",
    ) -> Score | Awaitable[Score]:
        """Score the cosine between the answer and the expected text, or the nearest of several.

        With unit `sentence` each sentence of the answer is compared with the nearest sentence
        expected, and the value is their mean, weighted by words. A negative cosine is 0.
        Unscored: `nothing_to_embed`, and `embedding_unavailable` without a local model.
        """
        wanted = _parts(expected if isinstance(expected, list) else [expected], unit=unit)
        given = _parts([answer], unit=unit)
        if not wanted or not given:
            empty = "expected text" if not wanted else "answer"
            return Score.unscored("nothing_to_embed", f"The {empty} has no words.")
        compared = Compared(wanted, given, threshold=threshold)
        if model:
            request = EmbedRequest(model=model, texts=compared.texts, endpoint=endpoint)
            return _asked(compared, request)
        try:
            return compared.score(embed_locally(compared.texts))
        except JudgeError as error:
            return Score.unscored(error.code, f"{error.message} {error.hint}")

    def lane_of(self, *, model: str = "", **options: Any) -> Lane:
        """Say where the work belongs: a call to an endpoint waits, the local model computes."""
        return "model" if model else "cpu"

    def pins(self, *, model: str = "", **options: Any) -> dict[str, str]:
        """Name the version of the local model, which fixes the verdicts."""
        return {} if model else {"model": model_version()}

    def calls(self, *, model: str = "", endpoint: str = "", **options: Any) -> list[Ask]:
        """Foresee one call a case to an endpoint, without a reply in words."""
        return [Ask(calls=1, model=model, endpoint=endpoint, max_tokens=0)] if model else []


@dataclass(frozen=True, slots=True)
class Compared:
    """The parts of the expected text and of the answer, to be compared by their vectors."""

    wanted: list[str]
    given: list[str]
    threshold: float

    @property
    def texts(self) -> list[str]:
        """Give all parts in the order in which score wants their vectors."""
        return [*self.wanted, *self.given]

    def score(self, vectors: Any) -> Score:
        """Score the vectors of the texts, as rows."""
        import numpy as np

        rows = np.asarray(vectors, dtype=np.float64)
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY)
        nearest = (rows[len(self.wanted) :] @ rows[: len(self.wanted)].T).max(axis=1)
        mean = float(np.average(nearest, weights=[len(words(part)) for part in self.given]))
        value = min(1.0, max(0.0, mean))
        if value >= self.threshold:
            return Score(value, True)
        farthest = self.given[int(nearest.argmin())]
        reason = f"cosine {value:.3f} < {self.threshold:g}; farthest: {shown(farthest)}"
        return Score(value, False, reason)


async def _asked(compared: Compared, request: EmbedRequest) -> Score:
    vectors = (await embed(request)).vectors
    lengths = {len(vector) for vector in vectors}
    if len(vectors) != len(request.texts) or len(lengths) != 1 or 0 in lengths:
        reason = "The endpoint did not give one vector of one length for each text."
        return Score.unscored("embedding_unavailable", reason)
    return compared.score(vectors)


def _parts(values: list[Any], *, unit: Unit) -> list[str]:
    texts = [as_text(value) for value in values]
    parts = texts if unit == "text" else [part for text in texts for part in sentences(text)]
    return [part for part in parts if words(part)]


embedding = Embedding()
