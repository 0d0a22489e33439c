"""What can be tested, and by which judges, over the API."""

from __future__ import annotations

import pytest
from django.test import Client

from packs.registry import BUILTIN_PACKS
from tests.api.conftest import get


def test_packs_tell_stages_and_schemas(api: Client) -> None:
    packs = {pack["name"]: pack for pack in get(api, "packs").json()["results"]}
    assert {"codegen", "exact", "nl2api", "rag"} <= packs.keys()
    assert [stage["judge"] for stage in packs["exact"]["stages"]] == ["exact"]
    assert packs["exact"]["input_schema"]["required"] == ["question"]
    assert not [pack["problem"] for pack in packs.values() if pack["problem"]]


def test_judges_tell_their_options(api: Client) -> None:
    judges = {judge["name"]: judge for judge in get(api, "judges").json()["results"]}
    assert judges["exact"]["lane"] == "cpu"
    assert "threshold" in judges["fuzzy"]["options_schema"]["properties"]
    assert not [judge["problem"] for judge in judges.values() if judge["problem"]]


def test_a_broken_pack_harms_no_other(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILTIN_PACKS, "broken", "tests.api.scored:two_batches")
    packs = {pack["name"]: pack for pack in get(api, "packs").json()["results"]}
    assert "pack_broken" in packs["broken"]["problem"]
    assert packs["exact"]["problem"] == ""
