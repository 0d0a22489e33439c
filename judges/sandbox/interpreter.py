"""Which Python runs inside, and the folders it must be able to read there."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")
_SMALL_THINGS = ("/etc/ld.so.cache", "/usr/share/zoneinfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python of our own version: its program, its standard library, nothing installed."""

    executable: Path
    libraries: tuple[Path, ...]

    @property
    def readable(self) -> tuple[Path, ...]:
        """List what it reads: itself, its libraries, those of the system, time zones."""
        system = map(Path, (*_SYSTEM_LIBRARIES, *_SMALL_THINGS))
        own = (self.executable, *self.libraries)
        return tuple(dict.fromkeys((*own, *(path for path in system if path.exists()))))

    @property
    def installed(self) -> tuple[Path, ...]:
        """List the folders of installed packages, which stay hidden where folders can be."""
        names = ("site-packages", "dist-packages")
        places = (
            library / f"python{_VERSION}" / name for library in self.libraries for name in names
        )
        return tuple(place for place in places if place.is_dir())


def interpreters() -> Iterator[Interpreter]:
    """Yield the Python under this one (never its venv), then those of the system."""
    for prefix in dict.fromkeys((sys.base_prefix, "/usr/local", "/usr")):
        executable = Path(prefix, "bin", f"python{_VERSION}").resolve()
        both = (executable.parents[1] / "lib", executable.parents[1] / "lib64")
        libraries = tuple(library for library in both if os.access(library, os.R_OK))
        standard = any(os.access(library / f"python{_VERSION}", os.R_OK) for library in libraries)
        if standard and os.access(executable, os.R_OK | os.X_OK):
            yield Interpreter(executable=executable, libraries=libraries)


def closed_door(path: Path) -> Path | None:
    """Give the topmost folder above a path that a user without any rights cannot walk through."""
    doors = reversed(path.parents)
    return next((door for door in doors if not door.stat().st_mode & stat.S_IXOTH), None)


def is_readable_by_all(path: Path) -> bool:
    """Tell whether a user without any rights may read this very path, its parents left aside."""
    needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    return os.stat(path).st_mode & needed == needed
