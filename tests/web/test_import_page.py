"""Importing on a page: see first what would change, then say yes to exactly that."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evalsite.blobs.models import Blob
from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.web.looking import looker

PAGE = "/suites/capitals/import/"


def case(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "input": {"question": "q"}, "expected": {"answer": 1}, **fields}


def joined(lines: list[Any]) -> bytes:
    return b"\n".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
    )


@pytest.fixture
def suite(acme: Tenant) -> Suite:
    """An empty suite."""
    with tenant(acme.pk):
        return create_suite(name="capitals", pack="exact")


@pytest.fixture
def curator(acme: Tenant, suite: Suite) -> Client:
    """A curator's browser."""
    return looker(acme, role=Role.CURATOR)


def upload(client: Client, content: bytes, name: str = "c.jsonl", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(PAGE, {"file": file, **fields}, follow=True)


def carried(answer: Any) -> dict[str, str]:
    text = answer.content.decode()
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in hidden} | {"confirmed": "1"}


def counts(answer: Any) -> list[int]:
    return [int(n) for n in re.findall(r"<dd[^>]*>(\d+)</dd>", answer.content.decode())]


def keys(of: Tenant) -> set[str]:
    with tenant(of.pk):
        return set(TestCase.objects.values_list("key", flat=True))


def test_the_trial_shows_everything_and_changes_nothing(
    acme: Tenant, suite: Suite, curator: Client
) -> None:
    with tenant(acme.pk):
        save_case(suite, case("a"))
        save_case(suite, case("b", category="old"))
    lines = [case("a"), case("b", category="new"), case("c"), b"{", b"<script>", case("c")]
    answer = upload(curator, joined(lines))
    page = answer.content.decode()
    assert counts(answer) == [1, 1, 1, 3]
    assert '<del class="lines__removed">- old</del><ins class="lines__added">+ new</ins>' in page
    assert '<th scope="row">6</th><td><code>key_repeated</code></td>' in page
    assert "give each case a key of its own" in page
    assert keys(acme) == {"a", "b"}


def test_saying_yes_does_what_was_shown(acme: Tenant, curator: Client) -> None:
    form = carried(upload(curator, joined([case("a"), case("b")])))
    done = curator.post(PAGE, {**form, "note": "from the field"}, follow=True)
    assert b"2 cases added, 0 changed" in done.content
    assert "changed=0" in done.redirect_chain[0][0]
    with tenant(acme.pk):
        assert Revision.objects.filter(note="from the field").count() == 2


def test_bad_lines_are_left_out_only_where_the_button_says_so(
    acme: Tenant, curator: Client
) -> None:
    answer = upload(curator, joined([case("a"), b"{"]))
    assert b"Import 1 case, leave 1 bad line out" in answer.content
    form = carried(answer)
    strict = {name: text for name, text in form.items() if name != "skip_bad"}
    assert curator.post(PAGE, strict).status_code == 422
    assert keys(acme) == set()
    curator.post(PAGE, form)
    assert keys(acme) == {"a"}


def test_the_file_travels_once(acme: Tenant, curator: Client) -> None:
    content = joined([case(f"k{n}", category="x" * 90) for n in range(300)])
    answer = upload(curator, content)
    assert len(answer.content) < len(content)
    with tenant(acme.pk):
        assert Blob.objects.get().size == len(content)


def test_what_was_shown_is_done_to_what_was_seen(
    acme: Tenant, suite: Suite, curator: Client
) -> None:
    form = carried(upload(curator, joined([case("a")])))
    with tenant(acme.pk):
        save_case(suite, case("a", category="theirs"))
    answer = curator.post(PAGE, form, follow=True)
    assert b"was changed meanwhile" in answer.content
    assert counts(answer) == [0, 1, 0, 0]
    with tenant(acme.pk):
        assert TestCase.objects.get().category == "theirs"


def test_lines_can_be_pasted(acme: Tenant, curator: Client) -> None:
    answer = curator.post(PAGE, {"text": json.dumps(case("ü"))}, follow=True)
    curator.post(PAGE, carried(answer))
    assert keys(acme) == {"ü"}


@pytest.mark.parametrize(
    ("name", "format", "content"),
    [
        ("c.csv", "", b"key,input.question,expected.answer\na,q,1\n"),
        ("c.txt", "csv", b"key,input.question,expected.answer\na,q,1\n"),
        ("c.jsonl.gz", "", gzip.compress(joined([case("a")]))),
    ],
    ids=["name", "said", "gzip"],
)
def test_the_format_is_read_from_the_name_or_said(
    acme: Tenant, curator: Client, name: str, format: str, content: bytes
) -> None:
    curator.post(PAGE, carried(upload(curator, content, name, format=format)))
    assert keys(acme) == {"a"}


def test_a_format_of_the_pack_takes_its_second_file(acme: Tenant) -> None:
    with tenant(acme.pk):
        create_suite(name="calls", pack="nl2api")
    client, page = looker(acme, role=Role.CURATOR), reverse("import", args=["calls"])
    tool = {"name": "f", "description": "d", "parameters": {"type": "dict", "properties": {}}}
    asked = {"id": "simple_1", "question": [[{"role": "user", "content": "q"}]], "function": [tool]}
    right = {"id": "simple_1", "ground_truth": [{"f": {}}]}
    files = {
        "file": SimpleUploadedFile("q.json", json.dumps(asked).encode()),
        "companion": SimpleUploadedFile("a.json", json.dumps(right).encode()),
    }
    answer = client.post(page, {**files, "format": "bfcl"}, follow=True)
    assert counts(answer) == [1, 0, 0, 0]
    client.post(page, carried(answer))
    assert keys(acme) == {"simple_1"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04rest", "archive_not_supported"),
        (b"\x1f\x8bdamaged", "gzip_damaged"),
        (gzip.compress(b"x" * 200_000_000), "gzip_bomb"),
        (b"\n", "nothing_imported"),
        (b"{", "json_invalid"),
        (b"", "submitted file is empty"),
    ],
    ids=["archive", "damaged", "bomb", "blank", "bad", "empty"],
)
def test_a_file_that_cannot_be_taken_is_told(curator: Client, content: bytes, told: str) -> None:
    answer = upload(curator, content)
    assert (answer.status_code, told in answer.content.decode()) == (422, True)


def test_a_file_beyond_the_limit_is_told(curator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsite.exchange.staged_file.MOST_BYTES", 10)
    answer = upload(curator, joined([case("a")]))
    assert (answer.status_code, b"upload_too_large" in answer.content) == (422, True)


@pytest.mark.parametrize("fields", [{}, {"text": " "}, {"text": "{}", "format": "legacy"}], ids=str)
def test_nothing_or_a_format_that_does_not_fit_is_told(
    curator: Client, fields: dict[str, str]
) -> None:
    assert curator.post(PAGE, fields).status_code == 422


@pytest.mark.parametrize("token", ["0" * 64, "x", "../../etc"])
def test_a_file_that_is_not_kept_is_told(curator: Client, token: str) -> None:
    answer = curator.get(PAGE, {"file": token, "format": "jsonl"})
    assert (answer.status_code, b"upload it again" in answer.content) == (404, True)
    form = {"file": token, "format": "jsonl", "version": "0", "confirmed": "1"}
    assert curator.post(PAGE, form).status_code == 404


def test_nothing_in_a_file_is_markup(curator: Client) -> None:
    bad = "<img src=x>"
    lines = [case(bad, category=bad, input={"question": bad}), case("k", state=bad)]
    page = upload(curator, joined(lines), f"{bad}.jsonl").content.decode()
    assert bad not in page
    assert page.count("&lt;img src=x&gt;") >= 3


def test_what_comes_out_goes_in_again_as_it_was(
    acme: Tenant, suite: Suite, curator: Client
) -> None:
    with tenant(acme.pk):
        save_case(suite, case("a", tags=["t"], complexity=2))
        save_case(suite, case("a", tags=["u"]))
    sent = b"".join(looker(acme).get(reverse("export", args=["capitals"])))
    assert counts(upload(curator, sent)) == [0, 0, 1, 0]
    old = b"".join(curator.get(reverse("export", args=["capitals"]), {"version": "1"}))
    assert json.loads(old)["tags"] == ["t"]


def test_a_viewer_may_not_import(acme: Tenant, suite: Suite) -> None:
    viewer = looker(acme)
    assert [viewer.get(PAGE).status_code, viewer.post(PAGE, {}).status_code] == [403, 403]


def test_another_tenant_finds_neither_suite_nor_file(
    acme: Tenant, globex: Tenant, curator: Client
) -> None:
    form = carried(upload(curator, joined([case("a")])))
    other = looker(globex, role=Role.CURATOR)
    assert [other.get(PAGE).status_code, other.post(PAGE, form).status_code] == [404, 404]
    assert other.get(reverse("export", args=["capitals"])).status_code == 404
    with tenant(globex.pk):
        create_suite(name="capitals", pack="exact")
    assert other.post(PAGE, form).status_code == 404
