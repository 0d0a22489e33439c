"""Read a selection of cases that is kept as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic import ValidationError as Misfit

from evalsite.cases.check import check_key
from evalsite.cases.queries import Selection
from evalsite.cases.strict_json import check_text
from evalsite.errors import EvalsiteError
from evalsite.tenants.command import MOST

_KNOWN: Final = {field.name for field in fields(Selection)}


class SelectionInvalid(EvalsiteError):
    """What is kept as a selection of cases cannot be read."""

    code = "selection_invalid"
    hint = 'an object with any of tags, keys, sample, seed, limit, such as {"tags": ["smoke"]}'
    exit_code = 2
    http_status = 422


def read_selection(kept: Any) -> Selection:
    """Read what `Selection.as_json` wrote; raises SelectionInvalid, CaseRefused, JsonRefused."""
    if not isinstance(kept, Mapping) or set(kept) - _KNOWN:
        raise SelectionInvalid(f"{kept!r:.120} is no selection of cases")
    try:
        read = TypeAdapter(Selection).validate_python(dict(kept))
    except Misfit as misfit:
        raise SelectionInvalid(f"{misfit.errors()[0]['msg']}: {kept!r:.120}") from None
    if any(count is not None and not 1 <= count <= MOST for count in (read.sample, read.limit)):
        raise SelectionInvalid(f"sample and limit count from 1 to {MOST:,}")
    for tag in read.tags:
        check_text(tag)
    for key in read.keys:
        check_key(key)
    return read
