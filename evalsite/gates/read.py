"""Read a gate's file, YAML or JSON, and refuse whatever is not exactly understood."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, ValidationError

from evalsite.cases.strict_json import JsonRefused, parse
from evalsite.errors import UsageError
from evalsite.gates.spec import GateSpec, Text

if TYPE_CHECKING:
    import yaml

MOST_BYTES: Final = 64 * 1024
_TOLD: Final = 5
# What a text raises that its tag does not fit: a date with month 13, `!!bool x`, a number so long.
_UNFIT: Final = (ValueError, LookupError, AttributeError)
_NAMES: Final = "is up to 100 letters, digits, hyphens and underscores"


class GateUnreadable(UsageError):
    """A gate's file cannot be opened, or is neither YAML nor JSON."""

    code = "gate_unreadable"
    hint = "docs/gates.md shows a whole file"


class GateInvalid(UsageError):
    """A gate's file says something that a gate cannot demand."""

    code = "gate_invalid"
    hint = "docs/gates.md lists the fields"


class GateFile(GateSpec):
    """A gate as its file has it: the spec, its name, and what it is for."""

    name: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}$")]
    suite: Text | None = None
    target: Text | None = None
    note: Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")] = ""

    def spec(self) -> GateSpec:
        """Answer what is demanded, without name and place."""
        return GateSpec.model_validate(self.model_dump(include=set(GateSpec.model_fields)))


def read_gate(path: Path) -> GateFile:
    """Answer the gate in a file; JSON if its name ends so, else YAML.

    Raises GateUnreadable or GateInvalid, naming the file, the place in it and the fix.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise GateUnreadable(f"{path}: {error.strerror}", hint="check the path") from None
    return parse_gate(data, name=str(path))


def parse_gate(data: bytes, *, name: str = "gate") -> GateFile:
    """Answer the gate in a text; `name` is the text's, for messages. Raises as `read_gate`."""
    if len(data) > MOST_BYTES:
        raise GateUnreadable(f"{name}: more than {MOST_BYTES // 1024} KiB is no gate")
    value = _parse_json(data, name) if name.endswith(".json") else _parse_yaml(data, name)
    if not isinstance(value, dict):
        raise GateInvalid(f"{name}: a gate is a mapping of fields, such as `name: release`")
    return gate_of(value, name=name)


def gate_of(value: Mapping[str, Any], *, name: str = "gate") -> GateFile:
    """Answer the gate that plain values say; raises GateInvalid, naming the place and the fix."""
    try:
        return GateFile.model_validate(value)
    except ValidationError as error:
        raise GateInvalid(f"{name}: {told(error)}") from None


def flaws(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """Answer each thing that is wrong: its place in the gate, and the cause."""
    return [(flaw["loc"], _cause(flaw)) for flaw in error.errors(include_url=False)]


def told(error: ValidationError) -> str:
    """Answer what is wrong, and where, in one line."""
    flaws = error.errors(include_url=False)
    lines = [f"{_place(flaw['loc'])}: {_cause(flaw)}" for flaw in flaws[:_TOLD]]
    more = [f"and {len(flaws) - _TOLD} more"] if len(flaws) > _TOLD else []
    return "; ".join([*lines, *more])


def _place(where: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
    return "".join(steps).lstrip(".") or "gate"


def _cause(flaw: Any) -> str:
    if flaw["type"] == "extra_forbidden":
        return "there is no such field"
    if flaw["type"] == "missing":
        return "is missing"
    if flaw["type"] == "string_pattern_mismatch":
        return _NAMES if flaw["loc"] == ("name",) else "is empty, or holds control characters"
    if flaw["type"] == "tuple_type":
        return "should be a list"
    cause = str(flaw["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if flaw["type"] == "string_type":
        return f"{cause}; put it into quotes"
    return cause


def _parse_json(data: bytes, name: str) -> Any:
    try:
        return parse(data)
    except JsonRefused as error:
        raise GateUnreadable(f"{name}: {error.message}", hint=error.hint) from None


def _parse_yaml(data: bytes, name: str) -> Any:
    import yaml

    try:
        return _load(data.decode())
    except UnicodeDecodeError:
        raise GateUnreadable(f"{name}: the text is not UTF-8") from None
    except (yaml.YAMLError, RecursionError) as error:
        told = " ".join(str(error).split()).replace(' in "<unicode string>",', " at")
        cause = told or "nested too deep"
        raise GateUnreadable(f"{name}: {cause}") from None
    except _UNFIT as error:
        cause = f"a value is not what its form says: {error}"
        raise GateUnreadable(f"{name}: {cause:.200}", hint="put it into quotes") from None


def _load(text: str) -> Any:
    """Load plain YAML; a field that stands twice is refused, where YAML would keep the last."""
    import yaml

    class Plain(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            fields = [self.construct_object(key, deep=True) for key, _ in node.value]
            twice = next((f for i, f in enumerate(fields) if f in fields[:i]), None)
            if twice is not None:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the field {twice!r} stands twice", node.start_mark
                )
            return super().construct_mapping(node, deep=deep)

    return Plain(text).get_single_data()
