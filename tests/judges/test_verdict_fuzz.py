"""10,000 spoilt verdicts: none is accepted, none crashes the reader, none becomes a zero."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from judges.sides import read_side
from judges.verdict import LONGEST_REPLY, Flaw, Verdict, read_verdict

ID = "0123456789abcdef"
CHOICES = ("A", "B", "C")
ROUNDS = 10_000
Plain = dict[str, Any]
Spoil = Callable[[random.Random, Plain], str]

JUNK: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        1.5,
        [],
        {},
        [ID],
        {"A": 1},
        "",
        " A",
        "a",
        "A ",
        "D",
        "AB",
        "\u0410",
        ID[:-1],
    ),
    *(ID.upper(), ID + " ", "\uff21", "A\u200b", "0" * 16),
)


def good() -> Plain:
    return {"verdict_id": ID, "reasoning": "It agrees.", "choice": "A"}


def other_value(chance: random.Random, plain: Plain) -> str:
    key = chance.choice(("verdict_id", "choice"))
    return json.dumps({**plain, key: chance.choice(JUNK)})


def other_reasoning(chance: random.Random, plain: Plain) -> str:
    return json.dumps(
        {**plain, "reasoning": chance.choice([j for j in JUNK if not isinstance(j, str)])}
    )


def key_missing(chance: random.Random, plain: Plain) -> str:
    del plain[chance.choice(list(plain))]
    return json.dumps(plain)


def key_renamed(chance: random.Random, plain: Plain) -> str:
    key = chance.choice(list(plain))
    plain[chance.choice((key.upper(), f" {key}", f"{key}s", "", "score"))] = plain.pop(key)
    return json.dumps(plain)


def key_too_many(chance: random.Random, plain: Plain) -> str:
    return json.dumps({**plain, chance.choice(("score", "Choice", "", "passed")): 1})


def key_twice(chance: random.Random, plain: Plain) -> str:
    key = chance.choice(list(plain))
    return json.dumps(plain)[:-1] + f", {json.dumps(key)}: {json.dumps(plain[key])}}}"


def cut_short(chance: random.Random, plain: Plain) -> str:
    text = json.dumps(plain)
    return text[: chance.randrange(len(text))]


def cut_off_at_the_start(chance: random.Random, plain: Plain) -> str:
    text = json.dumps(plain)
    return text[chance.randrange(1, len(text)) :]


def said_twice(chance: random.Random, plain: Plain) -> str:
    between = chance.choice(("", "\n", ",", " and "))
    return between.join([json.dumps(plain)] * chance.randint(2, 4))


def with_prose(chance: random.Random, plain: Plain) -> str:
    words = chance.choice(
        ("Here it is: ", "```", "null", "\ufeff", "\0", "<think>", "//", "choice: A")
    )
    text = json.dumps(plain)
    return words + text if chance.random() < 0.5 else text + words


def wrapped(chance: random.Random, plain: Plain) -> str:
    within: Any = plain
    for _ in range(chance.randint(1, 50)):
        within = chance.choice(([within], {"verdict": within}))
    return json.dumps(chance.choice((within, [plain], json.dumps(plain))))


def other_notation(chance: random.Random, plain: Plain) -> str:
    text = json.dumps(plain)
    return chance.choice(
        (repr(plain), text.replace('"', "'"), text[:-1] + ",}", text.replace(":", "="))
    )


def too_deep_or_long(chance: random.Random, plain: Plain) -> str:
    n = chance.randint(2_000, LONGEST_REPLY - 100)
    deep = chance.choice(("[", '{"a":', "-", "1", '"', "\\"))
    return chance.choice((deep * (n // len(deep)), json.dumps(plain) + " " * LONGEST_REPLY, "NaN"))


SPOILS: tuple[Spoil, ...] = (
    *(other_value, other_reasoning, key_missing, key_renamed, key_too_many, key_twice, cut_short),
    *(cut_off_at_the_start, said_twice, with_prose, wrapped, other_notation),
)


def read(text: str) -> Verdict | Flaw:
    return read_verdict(text, verdict_id=ID, choices=CHOICES)


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_no_spoilt_verdict_is_accepted(spoil: Spoil) -> None:
    chance = random.Random(spoil.__name__)
    for _ in range(ROUNDS // len(SPOILS) + 1):
        text = spoil(chance, good())
        assert isinstance(read(text), Flaw), text


def test_what_is_too_deep_or_too_long_does_no_harm() -> None:
    chance = random.Random(3)
    assert all(isinstance(read(too_deep_or_long(chance, good())), Flaw) for _ in range(100))


def test_noise_is_accepted_only_where_nothing_that_counts_changed() -> None:
    chance, text = random.Random(1), json.dumps(good())
    for _ in range(ROUNDS):
        noisy = list(text)
        for _ in range(chance.randint(1, 3)):
            noisy[chance.randrange(len(noisy))] = chr(
                chance.choice((*range(1, 128), 0xD800, 0x1F600))
            )
        found = read("".join(noisy))
        if isinstance(found, Verdict):
            assert json.loads("".join(noisy)) == found.model_dump()
            assert (found.verdict_id, found.choice in CHOICES) == (ID, True)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(good()),
        json.dumps(good(), indent=4),
        json.dumps(dict(reversed(good().items()))),
        f"\n\n```json\n{json.dumps(good())}\n```\n",
        f'<think>Is it? {{"choice": "C"}}</think>\n{json.dumps(good())}',
        json.dumps(good()).replace("A", "\\u0041"),
        json.dumps({**good(), "reasoning": '{}\n"choice": "C"'}),
    ],
)
def test_a_whole_verdict_is_accepted(text: str) -> None:
    found = read(text)
    assert isinstance(found, Verdict)
    assert found.choice == "A"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't judge this.",
        "I cannot help with that.",
        "Sorry, no.",
        "As an AI language model I do not judge.",
        "I won\u2019t do that.",
    ],
)
def test_a_refusal_is_called_one(text: str) -> None:
    for found in (read(text), read_side(text, patterns={})):
        assert isinstance(found, Flaw)
        assert found.code == "judge_refused"


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Output (a)", "a"),
        ("**Output (b)**.", "b"),
        ("Both are fine, but it is longer.\n\nOutput (b)", "b"),
        ("Output (b) is better. Output (a) is too long.", "b"),
        ("Output (a) is better at first. On balance, Output (b) is clearly better.", "b"),
        ("output_a would be the better one", "a"),
        ("Output (a) is short. Output (b) is long.", ""),
        ("Output (a) is not better.", ""),
        ("Neither.", ""),
        ("", ""),
    ],
)
def test_a_side_is_read_from_plain_text(text: str, side: str) -> None:
    found = read_side(text, patterns={})
    assert (found.choice if isinstance(found, Verdict) else "") == side


def test_patterns_replace_the_rules_for_plain_text() -> None:
    patterns = {"a": r"(?m)^1$", "b": r"(?m)^2$"}
    found = read_side("Output (a) is better\n2", patterns=patterns)
    assert isinstance(found, Verdict)
    assert found.choice == "b"
    assert isinstance(read_side("Output (a)", patterns=patterns), Flaw)
