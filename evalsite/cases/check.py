"""Check a case before it is kept: its own fields, and its content by the pack's schema."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn

from evalsite.cases.models import CaseState
from evalsite.cases.strict_json import check_text
from evalsite.errors import EvalsiteError
from packs.protocol import Pack
from packs.validate import content_hash, normalise

FIELDS: Final = (
    "key",
    "state",
    "input",
    "expected",
    "tags",
    "category",
    "subcategory",
    "complexity",
    "metadata",
)
_KNOWN: Final = frozenset(FIELDS)
_STATES: Final = frozenset(CaseState.values)
_MAX_TAGS: Final = 100
# Control characters, and those that turn the direction of the text around them.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class CaseRefused(EvalsiteError):
    """A field of a case cannot be kept; `path` says which."""

    code = "case_field_invalid"
    http_status = 422

    def __init__(self, message: str, *, path: str, code: str | None = None, hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.path = path


class CheckedCase(NamedTuple):
    """A case that may be kept: fields in one spelling, content as the pack normalises it."""

    key: str
    state: str
    input: Any
    expected: Any
    tags: list[str]
    category: str
    subcategory: str
    complexity: int | None
    metadata: dict[str, Any]
    content_hash: str


def check_case(fields: Mapping[str, Any], *, pack: Pack) -> CheckedCase:
    """Answer the case ready to be kept; raises CaseRefused, and PackError for its content.

    The values must come from `strict_json`, whose limits are not measured again here.
    """
    if not _KNOWN.issuperset(fields):
        unknown = sorted(set(fields) - _KNOWN)
        _refuse("case_field_unknown", path=unknown[0], message="no such field", hint=_FIELDS_HINT)
    key = check_key(fields.get("key"))
    given = normalise(pack.Input, fields.get("input"), at="input")
    wanted = normalise(pack.Expected, fields.get("expected"), at="expected")
    return CheckedCase(
        key=key,
        state=_state(fields.get("state")),
        input=given,
        expected=wanted,
        tags=_tags(fields.get("tags")),
        category=_label(fields.get("category"), path="category"),
        subcategory=_label(fields.get("subcategory"), path="subcategory"),
        complexity=_complexity(fields.get("complexity")),
        metadata=_metadata(fields.get("metadata")),
        content_hash=content_hash(input=given, expected=wanted),
    )


def check_key(key: object) -> str:
    """Answer a case's key in normal form (NFC); raises CaseRefused `case_key_invalid`."""
    problem = ""
    if not isinstance(key, str) or not key.strip():
        problem = "a case needs a key, which is a string"
    elif len(key := unicodedata.normalize("NFC", key)) > 200:
        problem = "a key has at most 200 characters"
    elif _UNSEEN.search(key) or key != key.strip():
        problem = "a key holds no control characters and has no space at its ends"
    if problem:
        hint = "give each case a short name of its own, such as an id"
        _refuse("case_key_invalid", path="key", message=problem, hint=hint)
    return check_text(str(key))


def is_plain(text: str) -> bool:
    """Say whether a text is safe to print on one line: nothing in it moves, hides or turns."""
    return _UNSEEN.search(text) is None


def check_tag(tag: object, *, path: str = "tags") -> str:
    """Answer a tag in normal form; raises CaseRefused `case_field_invalid`."""
    text = _label(tag, path=path)
    if not text or ";" in text:
        hint = "a tag is a short word without a semicolon"
        _refuse("case_field_invalid", path=path, message="not a tag", hint=hint)
    return text


_FIELDS_HINT: Final = f"the fields of a case are: {', '.join(FIELDS)}"


def _state(state: object) -> str:
    if state is None or state == "":
        return CaseState.ACTIVE.value
    if not isinstance(state, str) or state not in _STATES:
        _invalid("state", message=f"not a state: {state!r:.60}", hint=f"one of {sorted(_STATES)}")
    return state


def _tags(tags: object) -> list[str]:
    if tags is None:
        return []
    if not isinstance(tags, list) or len(tags) > _MAX_TAGS:
        _invalid("tags", message="not a list of tags", hint=f"write up to {_MAX_TAGS} strings")
    return list(
        dict.fromkeys(check_tag(tag, path=f"tags[{place}]") for place, tag in enumerate(tags))
    )


def _label(text: object, *, path: str) -> str:
    if text is None:
        return ""
    label = _normal_label(text) if isinstance(text, str) else None
    if label is None:
        _invalid(path, message="not a short text", hint="write up to 100 characters on one line")
    return label


@lru_cache(maxsize=4096)
def _normal_label(text: str) -> str | None:
    label = unicodedata.normalize("NFC", check_text(text)).strip()
    return None if len(label) > 100 or _UNSEEN.search(label) else label


def _complexity(number: object) -> int | None:
    if number is None or number == "":
        return None
    if type(number) is not int or not 1 <= number <= 5:
        _invalid("complexity", message=f"not 1 to 5: {number!r:.60}", hint="leave it out or null")
    return number


def _metadata(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        _invalid("metadata", message="not an object", hint='write {"name": value}')
    return value


def _invalid(path: str, *, message: str, hint: str) -> NoReturn:
    _refuse("case_field_invalid", path=path, message=message, hint=hint)


def _refuse(code: str, *, path: str, message: str, hint: str) -> NoReturn:
    raise CaseRefused(f"{path}: {message}", path=path, code=code, hint=hint)
