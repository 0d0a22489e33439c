"""A mail server's URL that is none is refused without a word of its password."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evalsite.env import SettingsInvalid, load


@pytest.mark.parametrize("url", ["smtp://u:pa/ss@h:25", "smtp://u@h:pass", "smtp://[u:pass@h"])
def test_it_is_refused(url: str, knobs: Callable[..., None]) -> None:
    knobs(email_url=url)
    with pytest.raises(SettingsInvalid, match="EMAIL_URL") as caught:
        load()
    assert "pass" not in str(caught.value).replace("password", "")
    assert "pa/" not in str(caught.value)


def test_a_good_one_is_taken(knobs: Callable[..., None]) -> None:
    knobs(email_url="smtp://u:pa%2Fss@h:25")
    assert load().email_url is not None
