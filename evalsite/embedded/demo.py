"""What the demo keeps and waits for: its accounts' password, and the mail about the regression."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Final, NamedTuple

from evalsite.errors import EvalsiteError

SAMPLES: Final = Path(__file__).with_name("samples")
_RULE: Final = b"\n" + b"-" * 79


class MailMissing(EvalsiteError):
    """The mail that a regression calls for did not come."""

    code = "demo_mail_missing"
    hint = "the worker's log is in the data folder under log/; is the subscription muted?"


class Mail(NamedTuple):
    """A mail as a person reads it, and the file that it lies in."""

    path: Path
    to: str
    subject: str
    text: str


def files_in(folder: Path) -> set[Path]:
    """Answer the mail files that are there."""
    return set(folder.glob("*.log"))


def wait_for_mail(
    folder: Path, *, known: set[Path], push: Callable[[], object], seconds: float = 15
) -> Mail:
    """Answer the newest mail that was not known; `push` is called to have it delivered.

    Raises MailMissing.
    """
    deadline = time.monotonic() + seconds
    while not (new := [path for path in files_in(folder) - known if _is_whole(path)]):
        if time.monotonic() > deadline:
            raise MailMissing(f"no mail came to {folder} within {seconds:g} s")
        push()
        time.sleep(0.2)
    return _read(max(new, key=lambda path: path.stat().st_mtime_ns))


def quoted(text: str) -> Iterator[str]:
    """Answer a mail's lines as a quotation that fits into 100 columns."""
    for line in text.strip().splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        for part in textwrap.wrap(line, 97, subsequent_indent=indent, break_on_hyphens=False) or [
            ""
        ]:
            yield f"| {part}".rstrip()


def _is_whole(path: Path) -> bool:
    return _RULE in path.read_bytes()


def _read(path: Path) -> Mail:
    last = path.read_bytes().split(_RULE)[-2]
    message = message_from_bytes(last.lstrip(), policy=policy.default)
    part = message.get_body(("plain",))
    text = part.get_content() if part else ""
    return Mail(path, str(message["To"]), str(message["Subject"]), text)
