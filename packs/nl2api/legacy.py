"""The spelling of the framework before this one: its four fields, and ours."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

from packs.nl2api.schemas import Nl2ApiExpected, Nl2ApiInput
from packs.validate import content_hash, normalise

OLD_FIELDS: Final = (
    "nl_query",
    "expected_tool_calls",
    "expected_response",
    "expected_nl_response",
)
_NAMES: Final = ("name", "tool_name", "tool", "function_name")
_ARGUMENTS: Final = ("arguments", "parameters", "params", "args")


def from_old_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give `input` and `expected` of a record in the old spelling, to be validated.

    A field that is null is not judged; `expected_tool_calls: []` means that no call is right.
    """
    given: dict[str, Any] = {"query": record.get("nl_query")}
    if record.get("tools"):
        given["tools"] = record["tools"]
    expected: dict[str, Any] = {}
    calls = _unpacked(record.get("expected_tool_calls"))
    if calls is not None:
        expected["calls"] = [_call(call) for call in calls] if isinstance(calls, list) else calls
    if record.get("expected_response") is not None:
        expected["response"] = record["expected_response"]
    if record.get("expected_nl_response"):
        expected["answer"] = record["expected_nl_response"]
    return {"input": given, "expected": expected}


def _call(call: Any) -> Any:
    """Give a call in our spelling; what cannot be read is left for the schema to refuse."""
    if isinstance(call, dict) and isinstance(call.get("function"), dict):
        call = call["function"]
    if not isinstance(call, dict):
        return call
    names = [call[name] for name in _NAMES if name in call]
    arguments = [call[name] for name in _ARGUMENTS if call.get(name) is not None]
    made = {"name": names[0] if names else None}
    return {**made, "arguments": _unpacked(arguments[0])} if arguments else made


def _unpacked(value: Any) -> Any:
    """Give the value of a JSON text; what is none stays."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


class NL2APITestCase(BaseModel):
    """A case of nl2api: `input` and `expected`, or the old four fields.

    The old names are deprecated. They can still be read, and both spellings of one case have the
    same `content_hash`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    __test__ = False  # pytest: this is no test class

    key: str = ""
    input: Nl2ApiInput
    expected: Nl2ApiExpected

    @model_validator(mode="before")
    @classmethod
    def _from_old_fields(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or not value.keys() & set(OLD_FIELDS):
            return value
        if mixed := value.keys() & {"input", "expected"}:
            raise ValueError(f"either the old names or {', '.join(sorted(mixed))}, not both")
        warnings.warn(
            f"{', '.join(OLD_FIELDS)} are old names: write input and expected",
            DeprecationWarning,
            stacklevel=3,
        )
        others = {name: value[name] for name in value if name not in (*OLD_FIELDS, "tools")}
        return {**others, **from_old_fields(value)}

    @property
    def content_hash(self) -> str:
        """The SHA-256 of input and expected, as a stored case has it."""
        return content_hash(**self.case_fields())

    @property
    def nl_query(self) -> str:
        """The request, under its old name."""
        return self.input.query

    @property
    def expected_tool_calls(self) -> list[dict[str, Any]] | None:
        """The expected calls, under their old name; None where they are not judged."""
        calls: list[dict[str, Any]] | None = self.case_fields()["expected"].get("calls")
        return calls

    @property
    def expected_response(self) -> Any:
        """The expected response, under its old name."""
        return self.expected.response

    @property
    def expected_nl_response(self) -> str | None:
        """The expected answer in words, under its old name."""
        return self.expected.answer or None

    def case_fields(self) -> dict[str, Any]:
        """Give `input` and `expected` as plain JSON, as a case is stored."""
        whole = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return {
            "input": normalise(Nl2ApiInput, whole["input"], at="input"),
            "expected": normalise(Nl2ApiExpected, whole["expected"], at="expected"),
        }
