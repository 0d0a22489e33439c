"""What is scored: questions of about eighty characters, with answers of known worth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

JUDGES = ("exact", "normalised", "token_f1")


class Question(NamedTuple):
    """One case with its recorded answer."""

    number: int
    text: str
    tag: str
    expected: str
    answer: str

    @property
    def key(self) -> str:
        """Name the case."""
        return f"case-{self.number:07}"


def questions(n: int) -> Iterator[Question]:
    """Yield questions; of ten answers seven are right, two right but for case, one is wrong."""
    for number in range(n):
        text = f"Which river runs through the capital of province {number}, and into which sea?"
        expected = f"the river Amber {number} into the Northern Sea"
        kind = number % 10
        answer = expected if kind < 7 else expected.upper() if kind < 9 else "nobody knows"
        yield Question(number, text, f"tag-{number % 5}", expected, answer)


def passes(n: int) -> dict[str, int]:
    """Count how many cases pass overall and per judge, from the rule of `questions` alone."""
    right = sum(number % 10 < 7 for number in range(n))
    nearly = sum(number % 10 < 9 for number in range(n))
    return {"all": right, "exact": right, "normalised": nearly, "token_f1": nearly}


def write_files(folder: Path, n: int) -> tuple[Path, Path]:
    """Write the cases and the outputs as JSON lines; answers where they are."""
    cases, outputs = folder / f"cases-{n}.jsonl", folder / f"outputs-{n}.jsonl"
    _write(
        cases,
        (
            {
                "key": question.key,
                "input": {"question": question.text},
                "expected": {"answer": question.expected},
                "tags": [question.tag],
            }
            for question in questions(n)
        ),
    )
    _write(outputs, ({"key": q.key, "answer": {"answer": q.answer}} for q in questions(n)))
    return cases, outputs


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)
