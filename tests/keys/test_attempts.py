"""Whoever fails too often is refused; nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import override_settings

from evalsite.keys import attempts
from evalsite.keys.attempts import TooManyAttempts, forget, note_failure, require_attempt
from evalsite.keys.sender import sender
from evalsite.keys.token import new_token
from evalsite.keys.verify import KeyRefused, verify
from evalsite.tenants.models import Tenant
from tests.keys.issued import token_of
from tests.services import Services

pytestmark = pytest.mark.usefixtures("django_db_setup")


@pytest.fixture
def address() -> str:
    """An address of the documentation's own network that nobody tried from before."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


def evaluated(address: str, token: Callable[[], str], *, tries: int) -> int:
    """How many of so many tries were looked at, as the API does it."""
    looked = 0
    for _ in range(tries):
        try:
            require_attempt(address)
            looked += 1
            verify(token())
        except KeyRefused:
            note_failure(address)
        except TooManyAttempts:
            continue
    return looked


def test_of_a_thousand_tries_few_are_evaluated(as_acme: Tenant, address: str) -> None:
    assert evaluated(address, lambda: new_token().text, tries=1000) == 10


def test_who_is_refused_is_told_when_to_come_again(address: str) -> None:
    for _ in range(10):
        note_failure(address)
    with pytest.raises(TooManyAttempts) as caught:
        require_attempt(address)
    assert (caught.value.http_status, caught.value.code) == (429, "too_many_attempts")
    assert 1 <= caught.value.retry_after <= 60


def test_a_good_key_goes_on_from_another_address(as_acme: Tenant, address: str) -> None:
    token = token_of()
    evaluated(address, lambda: new_token().text, tries=20)
    assert evaluated("192.0.2.7", lambda: token, tries=30) == 30


def test_the_same_network_of_version_6_is_one_sender(as_acme: Tenant, address: str) -> None:
    for number in range(10):
        note_failure(f"{address}{number}")
    with pytest.raises(TooManyAttempts):
        require_attempt(address)


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_senders(address: str, whose: str) -> None:
    assert sender(address) == whose


def test_passwords_are_counted_by_account(address: str) -> None:
    for _ in range(10):
        note_failure(address, account="Ann")
    with pytest.raises(TooManyAttempts):
        require_attempt(address, account="ann ")
    require_attempt(address, account="bob")
    require_attempt(address)


def test_an_address_that_tries_many_accounts_is_refused(address: str) -> None:
    for number in range(50):
        note_failure(address, account=f"person-{number}")
    forget(address, account="person-1")
    with pytest.raises(TooManyAttempts):
        require_attempt(address, account="somebody")


def test_a_right_password_lets_one_begin_anew(address: str) -> None:
    for _ in range(10):
        note_failure(address, account="ann")
    forget(address, account="ann")
    require_attempt(address, account="ann")


def test_what_fails_before_another_process_counts_here_too(
    address: str, services: Services
) -> None:
    there = attempts._Failures(services.broker_url)
    window = attempts._Window(10, 60, f"key:{sender(address)}")
    for _ in range(9):
        there.note(window)
    require_attempt(address)
    note_failure(address)
    with pytest.raises(TooManyAttempts):
        require_attempt(address)


def test_without_a_broker_each_process_counts(address: str, tmp_path: Path) -> None:
    away = f"redis+socket://{tmp_path}/none.sock?virtual_host=0"
    with override_settings(VALKEY_URL=away):
        for _ in range(10):
            note_failure(address)
        with pytest.raises(TooManyAttempts):
            require_attempt(address)
    require_attempt(address)
