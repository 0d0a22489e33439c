"""POST by libcurl, many requests at once in one event loop, at half the cost of a client in Python.

No redirect is followed; no proxy, cookie or HTTP/2 is used. And nothing is sent twice: where a kept
connection turns out to be dead, libcurl would ask again unasked, and what one has perhaps paid for
would be paid for again. So it gets each body as something that it cannot rewind.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from pycurl import Curl

# What says that no connection came about: resolving, connecting, and the handshake of TLS.
_UNREACHED: Final = frozenset({6, 7, 35, 60, 77})
_TIMED_OUT: Final = 28
# libcurl sends a header as it is given.
_BREAKS: Final = re.compile(r"[\r\n\0]")
# So long a connection that nobody uses is worth keeping.
_KEPT_S: Final = 15


class TooLong(Exception):
    """The answer has more bytes than were wanted."""


class Unreached(ConnectionError):
    """No connection came about, so nothing was sent."""


class Answer(NamedTuple):
    """What came back; `head` holds its lines before the body."""

    status: int
    head: list[bytes]
    body: bytes

    def headers(self) -> Mapping[str, str]:
        """Read the headers, which are found in any case: few who ask want them."""
        from multidict import CIMultiDict

        # What comes before the last status was no answer yet, such as 100.
        last = max(n for n, line in enumerate(self.head) if line.startswith(b"HTTP/"))
        pairs = (line.decode("latin-1").partition(":") for line in self.head[last + 1 :])
        return CIMultiDict((name.strip(), value.strip()) for name, colon, value in pairs if colon)


class Poster:
    """Keeps the connections of one event loop. Whoever derives from it may bound where they go."""

    def __init__(self) -> None:
        import pycurl

        # Addresses that names stand for, as curl's option RESOLVE has them; others are looked up.
        self.pins: Sequence[str] = ()
        self.certificates = ssl.get_default_verify_paths()
        self._multi = pycurl.AsyncCurlMulti()
        self._idle: list[_Line] = []

    async def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str], timeout_s: float, most: int
    ) -> Answer:
        """Send a body, and answer what came back within so many seconds.

        Raises TimeoutError, Unreached, ConnectionError, TooLong for an answer of more than `most`
        bytes, ValueError for a header that holds the end of a line, and what `refusal` gives.
        """
        import pycurl

        line = self._idle.pop() if self._idle else _Line(self)
        line.take(body, most=most)
        try:
            await self._multi.perform(line.set_up(url, headers=headers, timeout_s=timeout_s))
        except pycurl.error as failed:
            line.close()
            raise line.refused or _trouble(*failed.args) from None
        # Only now: a line that failed, or that was left, is not used again.
        self._idle.append(line)
        return line.answer()

    def refusal(self, address: str, port: int) -> Exception | None:
        """Answer why an address may not be connected to; None where it may."""
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._multi.aclose()
        while self._idle:
            self._idle.pop().close()


class _Line:
    """One handle of libcurl, and its request of the moment."""

    def __init__(self, poster: Poster) -> None:
        self.refused: Exception | None = None
        self._poster = poster
        self._pins: Sequence[str] = ()
        self._headers: dict[str, str] | None = None
        self._head: list[bytes] = []
        self._curl = self._new()

    def take(self, body: bytes, *, most: int) -> None:
        """Take a request."""
        self.refused = None
        self._left = body
        self._most = most
        self._head.clear()
        self._body = bytearray()

    def set_up(self, url: str, *, headers: Mapping[str, str], timeout_s: float) -> Curl:
        """Answer the handle, ready to send what was taken."""
        import pycurl

        curl = self._curl
        curl.setopt(pycurl.URL, url)
        if headers != self._headers:
            told = [f"{name}: {value}" for name, value in headers.items()]
            if any(_BREAKS.search(line) for line in told):
                raise ValueError("a header holds the end of a line")
            curl.setopt(pycurl.HTTPHEADER, [*told, "Expect:"])
            self._headers = dict(headers)
        curl.setopt(pycurl.POSTFIELDSIZE_LARGE, len(self._left))
        curl.setopt(pycurl.TIMEOUT_MS, max(1, int(timeout_s * 1000)))
        if self._pins is not self._poster.pins:
            self._pins = self._poster.pins
            curl.setopt(pycurl.RESOLVE, list(self._pins))
        return curl

    def answer(self) -> Answer:
        """Answer what was heard."""
        import pycurl

        return Answer(self._curl.getinfo(pycurl.RESPONSE_CODE), [*self._head], bytes(self._body))

    def close(self) -> None:
        """Free the handle."""
        self._curl.close()

    def _new(self) -> Curl:
        import pycurl

        curl = pycurl.Curl()
        certificates = self._poster.certificates
        options: dict[int, Any] = {
            pycurl.NOSIGNAL: 1,
            pycurl.POST: 1,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.ACCEPT_ENCODING: "identity",
            pycurl.USERAGENT: "evalsite",  # its own would tell the versions of ten libraries
            pycurl.PROXY: "",
            pycurl.MAXAGE_CONN: _KEPT_S,
            pycurl.CAINFO: certificates.cafile,
            pycurl.CAPATH: certificates.capath,
            pycurl.OPENSOCKETFUNCTION: self._open,
            pycurl.READFUNCTION: self._say,
            pycurl.HEADERFUNCTION: self._head.append,
            pycurl.WRITEFUNCTION: self._hear,
        }
        for option, value in options.items():
            if value is not None:
                curl.setopt(option, value)
        return curl

    def _open(self, _purpose: int, place: Any) -> socket.socket | int:
        import pycurl

        self.refused = self._poster.refusal(str(place.addr[0]), int(place.addr[1]))
        if self.refused is not None:
            return int(pycurl.SOCKET_BAD)
        return socket.socket(place.family, place.socktype, place.protocol)

    def _say(self, size: int) -> bytes:
        piece, self._left = self._left[:size], self._left[size:]
        return piece

    def _hear(self, piece: bytes) -> int:
        if len(self._body) + len(piece) > self._most:
            self.refused = TooLong()
            return 0
        self._body += piece
        return len(piece)


def _trouble(code: int, told: str) -> OSError:
    if code == _TIMED_OUT:
        return TimeoutError(told)
    return Unreached(told) if code in _UNREACHED else ConnectionError(told)
