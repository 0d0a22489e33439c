"""What the doctor says of secrets, without telling them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from evalsite.doctor.keys import keys
from tests.doctor.test_doctor_crew import OWN

GOOD = "Zq3v-8KpX_1mNw7RtYb5LcHd9SfGj2Ua"
OWN_WELL = {**OWN, "secret_key": GOOD, "secrets_keys": json.dumps([GOOD])}


def test_embedded_secrets_are_made_and_kept(knobs: Callable[..., None]) -> None:
    knobs()
    (found,) = keys()
    assert "kept" in found.told


def test_secrets_of_their_own_are_well(knobs: Callable[..., None]) -> None:
    knobs(**OWN_WELL, flower_password=GOOD, metrics_token=GOOD)
    assert [found.code for found in keys()] == ["ok"]


def test_several_hosts_must_have_the_same(knobs: Callable[..., None]) -> None:
    knobs(**OWN)
    told = [found.told for found in keys() if found.code == "secret_not_shared"]
    assert [text.split()[0] for text in told] == ["SECRET_KEY", "SECRETS_KEYS"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("secret_key", "a-long-random-text-of-an-example-file"),
        ("secret_key", "for-this-step-only"),
        ("secret_key", "0101010101010101010101010101010101010101"),
        ("secrets_keys", json.dumps(["another-long-random-text-of-32-characters-or-more"])),
        ("api_key_peppers", json.dumps(["change-me-change-me-change-me-change-me"])),
        ("flower_password", "flower"),
        ("metrics_token", "development-token"),
        ("database_url", "postgresql://evalsite_app:SECRET1@h/x"),
        ("broker_url", "redis://:guest@h/0"),
    ],
)
def test_what_anybody_can_guess_is_no_secret(
    variable: str, value: str, knobs: Callable[..., None]
) -> None:
    knobs(**{**OWN_WELL, variable: value})
    (found,) = keys()
    assert found.code == "secret_weak"
    assert variable.upper() in found.told.upper()
    assert value not in found.told + found.fix
