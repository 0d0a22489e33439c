"""A secret opens for its own row only, and by any key of the deployment."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from evalsite.audit.models import Entry
from evalsite.endpoints.configure import configure, reseal
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.read import read_secret
from evalsite.endpoints.seal import SecretSealed, is_current, mark_key, open_secret
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch
from tests.model_rows import make_endpoint

SECRET = SecretStr("sk-canary-4711")
OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture
def sealed(as_acme: Tenant) -> Endpoint:
    """An endpoint with a secret."""
    return configure(Endpoint(name="main", base_url="https://api.example.org/v1"), secret=SECRET)


def stored(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.get(pk=endpoint.pk)


def test_it_opens_for_its_own_row(sealed: Endpoint) -> None:
    assert open_secret(stored(sealed)) == SECRET.get_secret_value()
    assert "canary" not in sealed.sealed_secret


def test_without_a_secret_there_is_none(as_acme: Tenant) -> None:
    assert open_secret(make_endpoint()) is None


def test_it_does_not_open_for_another_tenant(sealed: Endpoint, globex: Tenant) -> None:
    with tenant(globex.pk):
        thief = make_endpoint(sealed_secret=sealed.sealed_secret, base_url=sealed.base_url)
        with pytest.raises(SecretSealed):
            open_secret(thief)


def test_it_does_not_open_for_another_endpoint(sealed: Endpoint) -> None:
    thief = make_endpoint(sealed_secret=sealed.sealed_secret, base_url=sealed.base_url)
    with pytest.raises(SecretSealed):
        open_secret(thief)


def test_it_does_not_open_for_another_host(sealed: Endpoint) -> None:
    Endpoint.objects.update(base_url="https://evil.example.net/v1")
    with pytest.raises(SecretSealed):
        open_secret(stored(sealed))


def test_it_opens_after_the_path_changed(sealed: Endpoint) -> None:
    sealed.base_url = "https://api.example.org/v2"
    assert open_secret(configure(sealed)) == SECRET.get_secret_value()


def test_a_new_key_seals_and_an_old_one_still_opens(
    as_acme: Tenant, knobs: Callable[..., None]
) -> None:
    knobs(secrets_keys=json.dumps([OLD]))
    made = configure(Endpoint(name="main", base_url="https://a.example.org"), secret=SECRET)
    knobs(secrets_keys=json.dumps([NEW, OLD]))
    assert (open_secret(made), is_current(made)) == (SECRET.get_secret_value(), False)
    assert (reseal(), reseal()) == (1, 0)
    knobs(secrets_keys=json.dumps([NEW]))
    assert open_secret(stored(made)) == SECRET.get_secret_value()


def test_a_key_that_is_gone_is_told(sealed: Endpoint, knobs: Callable[..., None]) -> None:
    knobs(secrets_keys=json.dumps([NEW]))
    with pytest.raises(SecretSealed, match="main"):
        open_secret(stored(sealed))


def test_a_batch_that_reads_it_twice_is_on_the_trail_once(sealed: Endpoint) -> None:
    batch = make_batch().pk
    assert read_secret(sealed, batch_id=batch) == read_secret(sealed, batch_id=batch)
    read_secret(sealed, batch_id=make_batch().pk)
    assert Entry.objects.filter(action="endpoint.secret_read").count() == 2


def test_the_marks_of_two_tenants_differ(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        ours = mark_key()
        assert mark_key() == ours
    with tenant(globex.pk):
        assert mark_key() != ours
