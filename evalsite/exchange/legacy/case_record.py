"""A test case of the old framework as the fields of a case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from evalsite.cases.models import CaseState
from evalsite.exchange.formats.format import identifier
from evalsite.exchange.legacy.card_record import CARD_FIELDS
from packs.nl2api.legacy import OLD_FIELDS, from_old_fields

ID_FIELDS: Final = ("id", "test_case_id", "key")
OWN_FIELDS: Final = ("tools", "tags", "category", "subcategory", "complexity_level", "is_active")
# Worth keeping with a case, though nothing here reads them.
KEPT_FIELDS: Final = ("name", "description", "created_at", "updated_at")
_LEVELS: Final = {
    **dict.fromkeys(("trivial", "very_easy"), 1),
    **dict.fromkeys(("easy", "simple", "low"), 2),
    **dict.fromkeys(("medium", "moderate", "intermediate"), 3),
    **dict.fromkeys(("hard", "complex", "high", "difficult"), 4),
    **dict.fromkeys(("expert", "very_hard", "extreme"), 5),
}
_BETWEEN_TAGS = re.compile(r"[,;]")


def case_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the record as `check_case` takes it; raises RecordRefused without an id.

    What has no place in a case is kept in its metadata, under `legacy`.
    """
    level = complexity(record.get("complexity_level"))
    known = {*ID_FIELDS, *OWN_FIELDS, *OLD_FIELDS, *CARD_FIELDS}
    others = {name: value for name, value in record.items() if name not in known}
    if level is None and record.get("complexity_level") is not None:
        others["complexity_level"] = record["complexity_level"]
    retired = record.get("is_active") is False
    return {
        "key": identifier(record, *ID_FIELDS),
        "state": (CaseState.RETIRED if retired else CaseState.ACTIVE).value,
        **from_old_fields(record),
        "tags": _tags(record.get("tags")),
        "category": record.get("category"),
        "subcategory": record.get("subcategory"),
        "complexity": level,
        "metadata": {"legacy": others} if others else {},
    }


def complexity(level: Any) -> int | None:
    """Answer an old level, a number or a word, as 1 to 5; None for any other."""
    if type(level) is int or (isinstance(level, str) and level.strip().isdecimal()):
        return int(level) if 1 <= int(level) <= 5 else None
    if not isinstance(level, str):
        return None
    return _LEVELS.get(level.strip().lower().replace(" ", "_").replace("-", "_"))


def _tags(tags: Any) -> Any:
    """Answer a list of texts without semicolons; what is none is left for the check to refuse."""
    listed = [tags] if isinstance(tags, str) else tags
    if not isinstance(listed, list) or not all(isinstance(tag, str) for tag in listed):
        return tags
    parts = (part.strip() for tag in listed for part in _BETWEEN_TAGS.split(tag))
    return [part for part in parts if part]
