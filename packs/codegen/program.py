"""The program that an output stands for."""

from __future__ import annotations

import re
from typing import Any

# A fenced block of markdown: the marker of its language, then its text, to the closing fence.
_FENCED = re.compile(r"^[ ]{0,3}```[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ ]{0,3}```|\Z)", re.M | re.S)
_PYTHON = ("python", "py", "python3")


def program_of(output: Any, *, prompt: str) -> str | None:
    """Give the program of an output: prompt and completion, or the code as it was extracted."""
    if not isinstance(output, dict):
        return None
    completion, code = output.get("completion"), output.get("code")
    if isinstance(completion, str):
        return prompt + completion
    return extract(code) if isinstance(code, str) else None


def extract(text: str) -> str:
    """Give the first block fenced as Python, else the first fenced without a language, else all."""
    blocks = [(kind.lower(), body) for kind, body in _FENCED.findall(text)]
    for wanted in (_PYTHON, ("",)):
        for kind, body in blocks:
            if kind in wanted:
                return str(body)
    return text
