"""Importing on a suite's page: first see what would change, then say yes."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.tenant_rows import make_membership

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")


def signed_in(role: Role) -> Client:
    user = User.objects.create(username=role.value, is_staff=True)
    make_membership(user=user, role=role)
    client = Client()
    with nobody():
        client.force_login(user)
    return client


def case(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "input": {"question": "q"}, "expected": {"answer": 1}, **fields}


def page(suite: Suite, name: str = "import") -> str:
    return reverse(f"admin:cases_suite_{name}", args=[suite.pk])


def upload(client: Client, suite: Suite, lines: list[Any]) -> Any:
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    file = SimpleUploadedFile("c.jsonl", b"\n".join(texts))
    with nobody():
        return client.post(page(suite), {"file": file})


def carried(response: Any) -> dict[str, str]:
    text = response.content.decode()
    return dict(re.findall(r'<input type="hidden" name="(name|packed)" value="([^"]*)"', text))


@pytest.fixture
def curator(suite: Suite) -> Client:
    """A curator's browser."""
    return signed_in(Role.CURATOR)


def test_the_trial_shows_counts_and_bad_lines_and_changes_nothing(
    curator: Client, suite: Suite
) -> None:
    save_case(suite, case("a"))
    text = upload(curator, suite, [case("a"), case("b"), b"{", b"<script>"]).content.decode()
    assert "<td>1</td><td>0</td><td>1</td><td>2</td>" in text
    assert "<code>json_invalid</code>" in text
    assert TestCase.objects.count() == 1


def test_confirming_imports_the_good_cases(curator: Client, suite: Suite) -> None:
    form = carried(upload(curator, suite, [case("a"), b"{", case("b")]))
    with nobody():
        response = curator.post(page(suite), {**form, "note": "from the field", "confirmed": "1"})
    assert response.status_code == 302
    assert set(Revision.objects.values_list("case__key", "note")) == {
        ("a", "from the field"),
        ("b", "from the field"),
    }


def test_a_repetitive_file_is_no_bomb(curator: Client, suite: Suite) -> None:
    lines = [case(f"k{n:06}", category="x" * 100, subcategory="y" * 100) for n in range(3000)]
    form = carried(upload(curator, suite, lines))
    with nobody():
        curator.post(page(suite), {**form, "confirmed": "1"})
    assert TestCase.objects.count() == 3000


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04rest", "archive_not_supported"),
        (b"\x1f\x8bdamaged", "gzip_damaged"),
        (b"\n", "nothing_imported"),
        (random.Random(1).randbytes(2_000_000), "too large for a browser"),
    ],
    ids=["archive", "damaged", "empty", "large"],
)
def test_a_file_that_cannot_be_read_is_told_on_the_page(
    curator: Client, suite: Suite, data: bytes, told: str
) -> None:
    response = upload(curator, suite, [data])
    assert (response.status_code, told in response.content.decode()) == (200, True)


@pytest.mark.parametrize("packed", ["", "!!!", "AAAA"])
def test_a_page_that_lost_its_file_says_so(curator: Client, suite: Suite, packed: str) -> None:
    with nobody():
        response = curator.post(page(suite), {"name": "c", "packed": packed, "confirmed": "1"})
    assert b"upload it again" in response.content


def test_a_viewer_may_export_but_not_import(suite: Suite) -> None:
    save_case(suite, case("a"))
    viewer = signed_in(Role.VIEWER)
    with nobody():
        assert viewer.get(page(suite)).status_code == 403
        sent = b"".join(viewer.get(page(suite, "export")))
    assert json.loads(sent)["key"] == "a"


def test_another_tenants_suite_is_not_there(curator: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        foreign = create_suite(name="foreign", pack="exact")
    with nobody():
        codes = [curator.get(page(foreign, name)).status_code for name in ("import", "export")]
    assert codes == [404, 404]
