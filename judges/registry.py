"""Finding judges and packs by name: listed without an import, loaded only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, NamedTuple, TypeGuard, TypeVar

from judges import VERSION
from judges.guard import Crash, attempt
from judges.protocol import Judge, JudgeError, Lane, VerdictError

T = TypeVar("T")

BUILTIN_JUDGES = {
    "answerability": "judges.answerability:answerability",
    "correctness": "judges.correctness:correctness",
    "embedding": "judges.embedding:embedding",
    "exact": "judges.text:exact",
    "faithfulness": "judges.faithfulness:faithfulness",
    "fuzzy": "judges.text:fuzzy",
    "includes": "judges.text:includes",
    "json_diff": "judges.structure:json_diff",
    "jury": "judges.jury:jury",
    "levenshtein": "judges.text:levenshtein",
    "list_contains": "judges.structure:list_contains",
    "mock": "judges.mock:mock",
    "normalised": "judges.text:normalised",
    "numeric": "judges.numbers:numeric",
    "pairwise": "judges.pairwise:pairwise",
    "python_quality": "judges.code.quality:python_quality",
    "python_syntax": "judges.code.syntax:python_syntax",
    "python_tests": "judges.code.tests:python_tests",
    "regex": "judges.text:regex",
    "retrieval": "judges.retrieval:retrieval",
    "rubric": "judges.rubric:rubric",
    "token_f1": "judges.text:token_f1",
    "tool_calls": "judges.toolcalls:tool_calls",
    "tool_schema": "judges.toolschema:tool_schema",
    "valid_json": "judges.structure:valid_json",
}


class Loaded(NamedTuple, Generic[T]):
    """A judge or pack, with the name it was asked for and the version it has."""

    name: str
    value: T
    version: str
    lane: Lane
    pins: Mapping[str, str]
    wants_input: bool = False


class Registry(Generic[T]):
    """The built-in and installed plug-ins of one kind."""

    def __init__(
        self,
        *,
        kind: str,
        builtins: Mapping[str, str],
        fits: Callable[[object], TypeGuard[T]],
        error: type[VerdictError],
    ) -> None:
        self.kind = kind
        self.builtins = builtins
        self.fits = fits
        self.error = error

    def names(self) -> tuple[str, ...]:
        """List every name that can be asked for, importing none of them."""
        return tuple(sorted({*self.builtins, *(entry.name for entry in self._entries())}))

    def __contains__(self, name: str) -> bool:
        """Tell whether a name can be asked for; installed plug-ins are read only where needed."""
        return name in self.builtins or name in self.names()

    def problems(self) -> tuple[str, ...]:
        """List the names that more than one claims; a built-in keeps its own name."""
        claims = [*self.builtins, *(entry.name for entry in self._entries())]
        return tuple(sorted({name for name in claims if claims.count(name) > 1}))

    def load(self, name: str) -> Loaded[T]:
        """Import one by name.

        Raises the kind's error: `judge_unknown`, `judge_duplicate` or `judge_broken` (or pack_).
        """
        if path := self.builtins.get(name):
            module, _, attribute = path.partition(":")
            return self._checked(name, getattr(import_module(module), attribute), version=VERSION)
        entry = self._entry(name)
        value = attempt(entry.load)
        if isinstance(value, Crash):
            raise self._broken(name, value.reason)
        return self._checked(name, value, version=entry.dist.version if entry.dist else "")

    def _entries(self) -> tuple[EntryPoint, ...]:
        return tuple(entry_points(group=f"evalsite.{self.kind}s"))

    def _entry(self, name: str) -> EntryPoint:
        found = [entry for entry in self._entries() if entry.name == name]
        if len(found) == 1:
            return found[0]
        if found:
            owners = ", ".join(sorted(entry.value for entry in found))
            raise self.error(
                f"More than one {self.kind} is called {name!r}: {owners}",
                code=f"{self.kind}_duplicate",
                hint="Uninstall all but one of them, or rename their entry points.",
            )
        near = get_close_matches(name, self.names(), n=3, cutoff=0.5) or self.names()
        raise self.error(
            f"There is no {self.kind} called {name!r}",
            code=f"{self.kind}_unknown",
            hint=f"Did you mean: {', '.join(near)}?",
        )

    def _checked(self, name: str, value: object, *, version: str) -> Loaded[T]:
        if not self.fits(value):
            raise self._broken(name, f"it does not follow the protocol of a {self.kind}")
        known = str(getattr(value, "version", "") or version)
        return Loaded(name, value, known, getattr(value, "lane", "cpu"), pins={})

    def _broken(self, name: str, reason: str) -> VerdictError:
        return self.error(
            f"The {self.kind} {name!r} cannot be loaded: {reason}",
            code=f"{self.kind}_broken",
            hint="Repair or uninstall the package that brings it; the others are not affected.",
        )


def _is_judge(value: object) -> TypeGuard[Judge]:
    return callable(value)


JUDGES: Registry[Judge] = Registry(
    kind="judge", builtins=BUILTIN_JUDGES, fits=_is_judge, error=JudgeError
)
