from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.gates.read import (
    MOST_BYTES,
    GateFile,
    GateInvalid,
    GateUnreadable,
    parse_gate,
    read_gate,
)
from evalsite.gates.write import as_json, as_yaml

SMALL = "name: g\nprimary: {metric: pass_rate, margin: 0.05}\n"


def refused(text: str) -> str:
    with pytest.raises(GateInvalid) as caught:
        parse_gate(text.encode())
    return caught.value.message


def test_what_is_left_out_has_safe_defaults() -> None:
    gate = parse_gate(SMALL.encode())
    assert (gate.primary.claim, gate.alpha, gate.min_pairs) == ("non_inferiority", 0.05, 15)
    assert gate.demand_comparable
    assert gate.refuse_untrusted


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("colour: red", "colour: there is no such field"),
        ("alpha: 0.5", "alpha: should be less than or equal to 0.2"),
        ("alpha: '0.05'", "alpha: should be a valid number"),
        ("min_pairs: 5", "min_pairs: should be greater than or equal to 15"),
        (f"min_pairs: {'59:' * 999}1", "min_pairs: should be less than or equal to 1000000000"),
        ("guards: [{metric: nope, margin: 0}]", "guards[0].metric: 'nope' is none of pass_rate"),
        ("guards: 5", "guards: should be a list"),
        ("guards: [{metric: score}]", "guards[0]: give either margin or margin_percent"),
        ("guards: [{metric: score, margin: -1}]", "guards[0].margin: should be greater"),
        ("guards: [{metric: score, margin_percent: 5}]", "guards[0]: margin_percent is for lat"),
        ("guards: [{metric: score, margin: 5}]", "guards[0]: score is a share in 0..1"),
        ("guards: [{metric: cost_usd, margin: .inf}]", "guards[0].margin: should be a finite"),
        ("guards: [{metric: score, margin: 0}, {metric: score, margin: 0}]", "said twice: guard"),
        ("guards: [{metric: score, margin: 0, slice: {kind: x, value: y}}]", "slice.kind: should"),
        ("guards: [{metric: score, margin: 0, slice: {kind: tag, value: no}}]", "put it into quo"),
        ('note: "a\\0b"', "note: is empty, or holds control"),
        ('suite: "\\e[31m"', "suite: is empty, or holds control"),
        ("limits: [{metric: pass_rate}]", "limits[0]: give either at_least or at_most"),
        ("limits: [{metric: pass_rate, at_least: 80}]", "limits[0]: pass_rate is a share from 0"),
        ("limits: [{metric: latency_ms, at_most: 80}]", "'latency_ms' is none of pass_rate"),
        ("limits: [{metric: 'stage:', at_most: 1}]", "'stage:' is none of pass_rate"),
        ("refuse_untrusted: 1", "refuse_untrusted: should be a valid boolean"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_place(more: str, told: str) -> None:
    assert told in refused(SMALL + more)


@pytest.mark.parametrize(
    ("primary", "told"),
    [
        ("{metric: pass_rate}", "primary.margin: is missing"),
        ("{metric: pass_rate, margin: 0}", "primary: non_inferiority within a margin of 0 can"),
        ("{metric: score, margin: 0, claim: equivalence}", "can never be shown"),
        ("{metric: score, margin: 1}", "a margin of 1 demands nothing"),
        ("{metric: score, margin: true}", "primary.margin: should be a valid number"),
        ("{metric: score, margin: 0.1, claim: nicer}", "primary.claim: should be 'non_inf"),
    ],
)
def test_a_claim_that_cannot_be_weighed_is_refused(primary: str, told: str) -> None:
    assert told in refused(f"name: g\nprimary: {primary}")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "a\\n", "x" * 101])
def test_a_name_is_a_slug(name: str) -> None:
    assert "name: " in refused(f'name: "{name}"\nprimary: {{metric: score, margin: 0.1}}')


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"name: [",
        b"name: a\nname: b",
        b"primary: {margin: 1, margin: 2}",
        b"!!python/object/apply:os.getcwd []",
        b"[" * 1500,
        b"a: &a [*a]\nb: *c",
        b"--- 1\n--- 2",
        b"name: g\n" * MOST_BYTES,
        b"name: 2026-13-45",
        b"alpha: " + b"9" * 5000,
        b"alpha: !!bool perhaps",
        b"alpha: !!int ''",
        b"alpha: !!timestamp soon",
    ],
)
def test_what_is_no_plain_yaml_is_refused(data: bytes) -> None:
    with pytest.raises(GateUnreadable):
        parse_gate(data)


@pytest.mark.parametrize("data", [b"", b"- a", b"text", b"a: &a {b: *a}", b"{[1]: 2}", b"1: 2"])
def test_what_is_no_gate_is_refused(data: bytes) -> None:
    with pytest.raises((GateInvalid, GateUnreadable)):
        parse_gate(data)


@pytest.mark.parametrize("data", [b'{"name": "g",}', b'{"name": 1, "name": 2}', b"name: g"])
def test_json_is_read_as_json(data: bytes) -> None:
    with pytest.raises(GateUnreadable, match=r"gate\.json"):
        parse_gate(data, name="gate.json")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_text_breaks_the_reader(data: bytes) -> None:
    with suppress(GateInvalid, GateUnreadable):
        assert parse_gate(data).name


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(GateUnreadable, match="No such file"):
        read_gate(tmp_path / "gone.yaml")
    with pytest.raises(GateUnreadable, match="Is a directory"):
        read_gate(tmp_path)


def whole() -> GateFile:
    return GateFile.model_validate(
        {
            "name": "release",
            "suite": "sums",
            "note": "a: 'b' # ünï",
            "alpha": 0.1,
            "primary": {"metric": "stage:logic", "claim": "superiority", "margin": 0.0},
            "guards": [
                {"metric": "cost_usd", "margin_percent": 1e-05},
                {"metric": "score", "margin": 0.1, "slice": {"kind": "tag", "value": "no"}},
            ],
            "limits": [{"metric": "latency_p95", "at_most": 2000}],
        }
    )


def test_what_is_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    for name, text in (("g.yaml", as_yaml(whole())), ("g.json", as_json(whole()))):
        (tmp_path / name).write_text(text)
        assert read_gate(tmp_path / name) == whole()


def test_both_forms_say_the_same() -> None:
    fields = json.loads(as_json(whole()))
    assert list(fields)[:4] == ["name", "note", "suite", "primary"]
    assert as_yaml(whole()).startswith("name: release\nnote: ")
