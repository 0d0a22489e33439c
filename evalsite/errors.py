"""The one base of every error that a person or a program is told about."""

from __future__ import annotations


class EvalsiteError(Exception):
    """Something went wrong that has a stable code, a cause and a fix.

    Subclasses sit beside the verb that raises them, set `code` and `hint`, and are listed in
    docs/errors.md. `exit_code` is what a command ends with, `http_status` what the API answers.
    """

    code = "evalsite_error"
    hint = ""
    exit_code = 1
    http_status = 409

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.hint = self.hint if hint is None else hint

    def __str__(self) -> str:
        fix = f" ({self.hint})" if self.hint else ""
        return f"[{self.code}] {self.message}{fix}"


class UsageError(EvalsiteError):
    """The caller asked for something that cannot be done as asked."""

    code = "usage"
    exit_code = 2
    http_status = 422
