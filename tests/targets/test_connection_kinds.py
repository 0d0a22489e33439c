"""What a connection may say, and templates and paths that compute nothing."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.targets.connections.json_path import NothingThere, pick, pick_fields
from evalsite.targets.connections.kinds import ConnectionInvalid, read_connection
from evalsite.targets.connections.template import check_template, fill, fill_text

HTTP = {"kind": "http", "output": {"answer": "$.a"}}
INPUT = {"question": 'who "am" I?', "n": 3, "list": [{"x": 1}], "a b": None}


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "chat"},
        {"kind": "chat", "endpoint": "main", "model": "m", "system": "s", "parameters": {"t": 0}},
        {**HTTP, "path": "/ask/{{input.id}}", "body": {"q": ["{{ input.question }}"]}},
        {"kind": "mcp", "tools": ["a"], "rounds": 3},
        {"kind": "callable", "path": "package.module:function"},
    ],
)
def test_a_good_connection_is_read_and_written_back(value: dict[str, Any]) -> None:
    again = read_connection(value).model_dump(mode="json", exclude_unset=True)
    assert again == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, "kind"),
        ({"kind": "ftp"}, "kind"),
        ({"kind": "chat", "secret": "s"}, "secret"),
        ({"kind": "http"}, "output"),
        ({**HTTP, "output": {"answer": "a"}}, "begin with"),
        ({**HTTP, "output": {"answer": "$..a"}}, "no path"),
        ({**HTTP, "output": {"answer": "$[?(@.x)]"}}, "no path"),
        ({**HTTP, "path": "//evil.example.net/x?y"}, "query"),
        ({**HTTP, "path": "x"}, "begins with /"),
        ({**HTTP, "headers": {"Authorization": "Bearer s"}}, "secret"),
        ({**HTTP, "headers": {"X": "a\r\nY: b"}}, "header"),
        ({**HTTP, "body": {"q": "{{question}}"}}, "input"),
        ({**HTTP, "body": {"q": "{{input.__class__.x"}}, "without"),
        ({"kind": "callable", "path": "os.system"}, "pattern"),
    ],
)
def test_a_bad_connection_is_refused(value: dict[str, Any], told: str) -> None:
    with pytest.raises(ConnectionInvalid, match=told):
        read_connection(value)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{input.question}}", 'who "am" I?'),
        ("{{input}}", INPUT),
        ("{{ input.list[0].x }}", 1),
        ("n is {{input.n}}, l is {{input.list}}", 'n is 3, l is [{"x":1}]'),
        ({"a": ["{{input['a b']}}", 7]}, {"a": [None, 7]}),
        ({"{{input.n}}": True}, {"{{input.n}}": True}),
    ],
)
def test_places_are_filled(template: Any, filled: Any) -> None:
    assert fill(check_template(template), INPUT) == filled


def test_a_filled_place_is_not_filled_again() -> None:
    assert fill("{{input.a}}!", {"a": "{{input.b}}", "b": "x"}) == "{{input.b}}!"


def test_what_is_filled_in_can_be_quoted() -> None:
    assert fill_text("/{{input.n}}", {"n": "a/b"}, quote=lambda text: text.replace("/", "%2F")) == (
        "/a%2Fb"
    )


@pytest.mark.parametrize("path", ["$.b", "$.a[2]", "$.a.x", "$[0]"])
def test_what_is_not_there_is_told(path: str) -> None:
    with pytest.raises(NothingThere):
        pick({"a": [1, 2]}, path)


def test_a_field_may_be_absent_if_its_path_says_so() -> None:
    assert pick_fields({"a": 1}, {"x": "$.a?", "y": "$.b?"}) == {"x": 1}
