"""Endpoints are added and changed; a kept secret stays at its host."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from evalsite.audit.models import Entry
from evalsite.endpoints.configure import EndpointInvalid, SecretWanted, configure
from evalsite.endpoints.guard import EndpointBlocked, UrlRefused
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.queries import EndpointUnknown, find_endpoint
from evalsite.endpoints.seal import open_secret
from evalsite.tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("as_acme")
URL = "https://api.example.org/v1"


def test_a_name_finds_its_endpoint() -> None:
    made = configure(Endpoint(name="main", base_url=URL))
    assert find_endpoint("main") == made


@pytest.mark.parametrize("name", ["", "main"])
def test_what_is_not_there_is_told(name: str) -> None:
    with pytest.raises(EndpointUnknown):
        find_endpoint(name)


def test_no_name_means_the_newest_default() -> None:
    for name in ("a", "b"):
        configure(Endpoint(name=name, base_url=URL, is_default=True))
    assert find_endpoint().name == "b"


@pytest.mark.parametrize(
    "fields",
    [
        *({"name": name} for name in ("mock", "a b", "")),
        *({"kind": "ftp"}, {"parallel": 0}, {"timeout_s": 0}, {"requests_per_minute": 0}),
    ],
)
def test_a_bad_field_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(EndpointInvalid):
        configure(Endpoint(**{"name": "main", "base_url": URL, **fields}))


def test_a_bad_url_is_refused() -> None:
    with pytest.raises(UrlRefused):
        configure(Endpoint(name="main", base_url="https://u:p@api.example.org"))
    with pytest.raises(EndpointBlocked):
        configure(Endpoint(name="main", base_url="http://localhost/v1"))


def test_a_kept_secret_follows_to_no_other_host() -> None:
    made = configure(Endpoint(name="main", base_url=URL), secret=SecretStr("s"))
    made.base_url = "https://evil.example.net/v1"
    with pytest.raises(SecretWanted):
        configure(made)
    assert open_secret(configure(made, secret=SecretStr("t"))) == "t"


@pytest.mark.parametrize("secret", ["a\r\nX: b", "ключ", "", "x" * 5000])
def test_a_secret_that_is_no_header_is_refused_and_not_told(secret: str) -> None:
    with pytest.raises(EndpointInvalid) as caught:
        configure(Endpoint(name="main", base_url=URL), secret=SecretStr(secret))
    assert not secret or secret not in str(caught.value)


def test_a_secret_is_forgotten() -> None:
    made = configure(Endpoint(name="main", base_url=URL), secret=SecretStr("s"))
    assert not configure(made, forget=True).has_secret


def test_the_trail_has_what_changed_and_no_secret() -> None:
    made = configure(Endpoint(name="main", base_url=URL), secret=SecretStr("s3cret"), actor="ann")
    made.parallel = 3
    configure(made, actor="ann")
    changed = Entry.objects.get(action="endpoint.changed")
    assert (changed.before, changed.after) == ({"parallel": 25}, {"parallel": 3})
    assert changed.details == {"secret_kept": True}
    assert "s3cret" not in str(list(Entry.objects.values()))


def test_another_tenant_has_its_own_names(globex: Tenant) -> None:
    from evalsite.tenants.scope import tenant

    configure(Endpoint(name="main", base_url=URL, is_default=True))
    with tenant(globex.pk):
        configure(Endpoint(name="main", base_url=URL, is_default=True))
        assert Endpoint.objects.count() == 1
