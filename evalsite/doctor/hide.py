"""Take secrets out of what is shown: servers may repeat in an error what they were sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings
from pydantic import SecretStr

from evalsite.env import load

_HIDDEN = "[hidden]"
# What is shorter would hide half of each sentence, and is found as weak.
_SHORTEST = 5


def hide(text: str) -> str:
    """Answer the text without any secret of this deployment."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def _secrets() -> set[str]:
    env = load()
    given = (getattr(env, name) for name in type(env).model_fields)
    values = (value for one in given for value in (one if isinstance(one, list) else [one]))
    secrets = (value.get_secret_value() for value in values if isinstance(value, SecretStr))
    return {word for word in _with_parts([*secrets, settings.SECRET_KEY]) if len(word) >= _SHORTEST}


def _with_parts(secrets: Iterable[str]) -> Iterator[str]:
    """Yield each secret, and of those that are URLs the password as written and as meant."""
    for secret in secrets:
        yield secret
        if "://" in secret and (password := urlsplit(secret).password):
            yield from (password, unquote(password))
