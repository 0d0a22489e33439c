"""A password that nobody chose is made once, whole, for its owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evalsite.embedded.keep import keep_password


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "made" / "password"
    first = keep_password(file, n_bytes=32)
    assert (keep_password(file), len(first)) == (first, 43)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_many_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        given = set(pool.map(keep_password, [tmp_path / "password"] * 64))
    assert len(given) == 1
    assert given != {""}
