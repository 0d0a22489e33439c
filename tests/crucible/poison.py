"""A live target whose answer to one question is the death of the worker that asks."""

from __future__ import annotations

import os
import signal
from typing import Any


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """Answer a question with itself."""
    if given["question"] == "poison":
        os.kill(os.getpid(), signal.SIGKILL)
    return {"answer": given["question"]}
