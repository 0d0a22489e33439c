"""Which case of a suite has the same content already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalsite.cases.check import check_case
from evalsite.cases.models import Suite, TestCase
from packs.registry import PACKS


def same_case(suite: Suite, fields: Mapping[str, Any]) -> TestCase | None:
    """Answer the first case of the suite, by key, whose input and expected value are these.

    Raises CaseRefused and PackError for fields that could not be kept.
    """
    checked = check_case(fields, pack=PACKS.load(suite.pack).value)
    same = TestCase.objects.filter(suite=suite, content_hash=checked.content_hash)
    return same.order_by("key").first()
