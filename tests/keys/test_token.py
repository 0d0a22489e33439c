"""The form of a key, and what of it is stored."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from evalsite.keys import pepper
from evalsite.keys.models import ApiKey
from evalsite.keys.token import new_token, public_id_of
from evalsite.tenants.models import Tenant
from tests.keys.issued import issued


def test_a_key_is_known_to_scanners() -> None:
    assert re.fullmatch(r"evs_[0-9A-Za-z]{50}", new_token().text)


def test_keys_differ_in_every_part() -> None:
    made = [new_token().text for _ in range(200)]
    for part in (slice(4, 16), slice(16, 48)):
        assert len({text[part] for text in made}) == 200


def test_a_keys_public_id_is_read_back() -> None:
    made = new_token()
    assert public_id_of(made.text) == made.public_id == made.text[4:16]


@given(st.integers(4, 53), st.sampled_from("0Az"))
def test_a_slip_in_one_place_is_noticed(place: int, character: str) -> None:
    text = new_token().text
    slipped = text[:place] + character + text[place + 1 :]
    assert public_id_of(slipped) is None or slipped == text


@given(st.text(max_size=60))
def test_no_text_is_taken_for_a_key(text: str) -> None:
    assert public_id_of(text) is None
    assert public_id_of(f"evs_{text}") is None


def test_the_stored_row_holds_nothing_of_the_secret(as_acme: Tenant) -> None:
    token = issued().token.get_secret_value()
    row = str(ApiKey.objects.values().get())
    assert token[16:48] not in row
    assert token[16:24] not in row


def test_the_pepper_is_not_the_key_it_is_made_from(knobs: Callable[..., None]) -> None:
    digests = []
    for chosen in ("a" * 32, "b" * 32):
        knobs(api_key_peppers=f'["{chosen}"]')
        digests.append(pepper.digest("x", version=pepper.current_version()))
        assert chosen[:12] != pepper.current_version()
    assert digests[0] != digests[1]
