"""Files of strangers: packed, damaged, or made to harm."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
import zipfile

import pytest

from evalsite.exchange.open_file import FileRefused, open_lines


def read(data: bytes, **limits: int) -> bytes:
    return open_lines(io.BytesIO(data), **limits).read()


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(FileRefused) as refused:
        read(data, **limits)
    assert refused.value.hint
    return refused.value.code


@pytest.mark.parametrize("data", [b"", b"a\nb", b"\x1f", b"x" * 200_000])
def test_plain_and_packed_files_read_the_same(data: bytes) -> None:
    assert read(data) == data
    assert read(gzip.compress(data)) == data


def test_gzip_files_stuck_together_are_one_file() -> None:
    assert read(gzip.compress(b"a\n") + gzip.compress(b"b\n")) == b"a\nb\n"


def test_a_bomb_is_cut_short_in_little_memory() -> None:
    bomb = gzip.compress(bytes(100_000_000))
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(FileRefused) as refused:
        lines = open_lines(io.BytesIO(bomb))
        while lines.read(65536):
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "gzip_bomb"
    assert (time.monotonic() - began < 2, peak < 8_000_000) == (True, True)


def test_a_small_file_may_be_repetitive() -> None:
    assert len(read(gzip.compress(b"a" * 500_000))) == 500_000


def test_a_file_beyond_the_limit_is_refused() -> None:
    assert refusal(b"x" * 200_000, max_bytes=100_000) == "file_too_large"


def test_a_damaged_gzip_is_refused() -> None:
    whole = gzip.compress(bytes(range(256)) * 100)
    assert refusal(whole[:-20]) == "gzip_damaged"
    assert refusal(whole[:60] + b"\x00" * 20 + whole[80:]) == "gzip_damaged"
    assert refusal(b"\x1f\x8b") == "gzip_damaged"


def test_archives_and_gzip_in_gzip_are_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../cases.jsonl", "{}")
    assert refusal(packed.getvalue()) == "archive_not_supported"
    assert refusal(gzip.compress(packed.getvalue())) == "archive_not_supported"
    assert refusal(gzip.compress(gzip.compress(b"{}"))) == "archive_not_supported"


def test_a_pipe_that_gives_little_at_a_time_is_read_whole() -> None:
    class Pipe(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 7))

    data = gzip.compress(b'{"a":1}\n' * 1000)
    assert open_lines(Pipe(data)).read() == b'{"a":1}\n' * 1000
