"""The rules of the judges that rag uses, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from judges.answerability import answerability, stance
from judges.correctness import correctness
from judges.faithfulness import faithfulness
from judges.numbers import numeric
from judges.retrieval import retrieval
from judges.words import content_words, sentences, stem, words

DAM = "The dam at Velk was finished in 1957. It was built by the engineer Ida Marwell."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Twenty-one Zürich's cafés", ["21", "zurich", "cafes"]),
        ("Henry VIII had twelve", ["henry", "8", "had", "12"]),
        ("U.S. doesn't, 1,234.5", ["us", "does", "not", "1234.5"]),
        ("thirty ten", ["30", "10"]),
        ("Vitamin C", ["vitamin", "c"]),
    ],
)
def test_words_are_compared_by_what_they_mean(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_function_words_carry_nothing() -> None:
    assert content_words("It is not the dam of Velk, is it? A 7") == ["dam", "velk", "7"]


def test_lists_are_split_without_their_marks() -> None:
    assert sentences("First:\n1. One. Two!\n- Three") == ["First:", "One.", "Two!", "Three"]


@pytest.mark.parametrize(
    ("one", "other"), [("ages", "aged"), ("countries", "country"), ("talks", "talking")]
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("claim", "least", "most"),
    [
        ("The dam was finished in 1957.", 1, 1),
        ("Ida Marwell built the dam in 1957.", 1, 1),
        ("The dam was finished in 1975.", 0, 0.5),
        ("The dam at Velk was built by engineer Thomas Reed.", 0, 0.5),
        ("It is a popular place to swim.", 0, 0),
    ],
)
def test_claims_are_supported_by_their_words(claim: str, least: float, most: float) -> None:
    value = faithfulness([DAM], claim).value
    assert value is not None
    assert least <= value <= most


def test_support_must_stand_together() -> None:
    far_apart = "Ida came home. " + "It rained. " * 3 + "The dam was new."
    assert faithfulness([far_apart], "Ida came to the new dam.").value == pytest.approx(0.5)
    assert faithfulness(["Ida came.", "The dam was new."], "Ida, new dam").passed


def test_the_weakest_claims_are_named() -> None:
    score = faithfulness(DAM, "The dam was finished in 1957. Tourists love its blue water.")
    assert score.details["claims"] == 2
    assert [item["claim"] for item in score.details["unsupported"]] == [
        "Tourists love its blue water."
    ]


@pytest.mark.parametrize("answer", ["", "...", "You are?", None])
def test_where_nothing_is_claimed_nothing_is_scored(answer: Any) -> None:
    assert faithfulness(DAM, answer).code == "nothing_claimed"


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("Canberra", "The capital of Australia is Canberra."),
        ("Guess Who's Coming to Dinner", "It was Guess Who\u2019s Coming to Dinner (1967)."),
        ("Red, Blue and Green", "Red, green and blue."),
        ("twelve", "There are 12 of them."),
        ("Professor Henry Higgins", "Higgins"),
        ("Niccolò Paganini", "It was Nicolo Paganini."),
        ("Talk in their sleep", "Somebody who talks while asleep, in his sleep."),
        ("Reims (France)", "Reims"),
        ("of", 'The word "of".'),
        ("not guilty", "He was not guilty."),
        ("Bern", "The capital is not Zurich but Bern."),
    ],
)
def test_an_answer_that_says_it_is_correct(reference: str, answer: str) -> None:
    assert correctness(reference, answer).passed


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("Canberra", "Sydney"),
        ("Zurich", "The capital is Bern, not Zurich."),
        ("Zurich", "The capital isn't Zurich."),
        ("29 stone 12 pounds", "He weighed 29 stone."),
        ("1957", "It was finished in 1958."),
        ("Iran", "Iraq"),
        ("Canberra", ""),
        ("all former policemen", "All three are former champions."),
    ],
)
def test_an_answer_that_does_not_say_it_is_not(reference: str, answer: str) -> None:
    score = correctness(reference, answer)
    assert score.passed is False
    assert score.reason


def test_an_empty_reference_is_not_judged() -> None:
    assert correctness("", "x").code == "expected_missing"
    assert correctness("?", "?").passed
    assert correctness("?", "!").passed is False


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I don\u2019t know.", "refuses"),
        ("Sorry, I could not find any information about it. Please ask again.", "refuses"),
        ("The documents do not mention the price.", "refuses"),
        ("There is no information on this in the context.", "refuses"),
        ("It is not stated.", "refuses"),
        ("", "refuses"),
        ("I don't know, but it may be Bern.", "partly"),
        ("The text does not say when. However, the dam is old.", "partly"),
        ("Bern", "answers"),
        ("No.", "answers"),
        ("No, dogs are not allowed.", "answers"),
        ("The report does not include taxes of 5 %.", "answers"),
        ("She did not have any children.", "answers"),
    ],
)
def test_refusals_are_recognised(text: str, wanted: str) -> None:
    assert stance(text) == wanted


@pytest.mark.parametrize(
    ("expected", "answer", "value", "passed"),
    [
        (True, "Bern", 1, True),
        (True, "I do not know.", 0, False),
        (False, "I do not know.", 1, True),
        (False, "Bern", 0, False),
        (False, "I do not know, but perhaps Bern.", 0.5, True),
    ],
)
def test_the_stance_is_judged(expected: bool, answer: str, value: float, passed: bool) -> None:
    score = answerability(expected, answer)
    assert (score.value, score.passed) == (value, passed)


def test_partly_may_be_too_little() -> None:
    assert answerability(False, "I am not sure, but Bern.", threshold=1.0).passed is False
    assert answerability("no", "Bern").code == "expected_not_boolean"


@pytest.mark.parametrize(
    ("measure", "value"),
    [("precision@3", 2 / 3), ("recall@1", 0.5), ("success@1", 1), ("mrr", 1), ("map", 5 / 6)],
)
def test_measures_by_hand(measure: str, value: float) -> None:
    score = retrieval(["a", "b"], ["a", "x", "b", "a"], measure=measure)
    assert score.value == pytest.approx(value)


def test_grades_are_gains() -> None:
    ranked = ["low", "high"]
    ideal = 3 + 1 / 1.58496
    assert retrieval({"high": 3, "low": 1, "no": 0}, ranked, measure="ndcg").value == pytest.approx(
        (1 + 3 / 1.58496) / ideal, abs=1e-5
    )


def test_ties_go_by_id_descending() -> None:
    tied = [{"id": "a", "score": 1}, {"id": "b", "score": 1.0}, {"id": "c", "score": 0}]
    assert retrieval(["b"], tied, measure="mrr").value == 1
    assert retrieval(["a"], tied, measure="mrr").value == 0.5


@pytest.mark.parametrize(
    ("expected", "answer", "code"),
    [
        ("a", ["a"], "expected_not_sources"),
        ({"a": True}, ["a"], "expected_not_sources"),
        ([], ["a"], "nothing_relevant"),
        (["a"], "a", "answer_not_ranking"),
        (["a"], [{"score": 1}], "answer_not_ranking"),
    ],
)
def test_what_cannot_be_ranked_is_unscored(expected: Any, answer: Any, code: str) -> None:
    assert retrieval(expected, answer).code == code


@pytest.mark.parametrize(
    ("answer", "passed"),
    [("7 - 2 = 5\nA: 5", True), ("A: 4, no\nA: 5.", True), ("5\nA: 4", False), ("so 5", False)],
)
def test_only_what_follows_the_mark_is_the_answer(answer: str, passed: bool) -> None:
    assert numeric("5", answer, after="A:").passed is passed


def test_an_answer_that_repeats_itself_is_judged_once_a_sentence() -> None:
    looped = "I like data. " * 50_000
    assert faithfulness([looped], looped).value == 1.0


def test_an_answer_that_nobody_could_compare_is_unscored() -> None:
    looped = " ".join(f"Data {n}." for n in range(5_000))
    assert faithfulness([looped], looped).code == "text_too_long"
