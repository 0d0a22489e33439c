"""Break the product while a process imports it: a defect is an edit of a module's source.

The files stay as they are, and so does their compiled form on disk. An edit whose old text is not
there, as often as it says, ends the process: a build that is not broken would prove nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from tests.crucible.broken.builds import Build
from tests.crucible.broken.edits import edited

# What an edited module tells about itself.
MARK = "__broken__"


def break_in(build: Build) -> None:
    """Have every module of the build imported in its broken form, from now on.

    Raises RuntimeError where one was imported before.
    """
    if early := build.modules() & sys.modules.keys():
        raise RuntimeError(f"imported before they could be broken: {sorted(early)}")
    sys.meta_path.insert(0, _Finder(build))


class _Finder(MetaPathFinder):
    """Finds the modules that the build edits; all others are found as ever."""

    def __init__(self, build: Build) -> None:
        self._build = build

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._build.modules():
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._build)
        return spec


class _Loader(SourceFileLoader):
    """Loads the edited source; the compiled form on disk is neither read nor written."""

    def __init__(self, fullname: str, path: str, build: Build) -> None:
        super().__init__(fullname, path)
        self._build = build

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        try:
            broken = edited(source, self._build.edits_of(fullname))
        except ValueError as missed:
            # No except of the product may take this for a module that is not installed.
            raise SystemExit(f"the broken build {self._build.name!r}: {missed}") from missed
        return self.source_to_code(broken.encode(), self.path)

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        setattr(module, MARK, self._build.name)
