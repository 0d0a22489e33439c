"""A live target for tests: a function that answers as the case's input says, and counts."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

asked: Counter[str] = Counter()


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """Answer the question with itself; a question `fail` fails, `mend` only the first time."""
    question = str(given["question"])
    asked[question] += 1
    if question == "fail" or (question == "mend" and asked[question] == 1):
        raise RuntimeError("no answer")
    return {"answer": question}


def answer_slowly(given: dict[str, Any]) -> dict[str, Any]:
    """Answer so that a flush has its time between two answers."""
    time.sleep(0.02)
    return answer(given)
