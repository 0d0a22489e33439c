"""URLs that lead, or might be taken to lead, to what only this machine can reach.

`{port}` is the listener's. What ordinary clients make of them differs; that is why they are tried.
"""

from __future__ import annotations

from typing import Final

_NUMBERS: Final = [
    *("http://127.0.0.1:{port}", "http://127.1:{port}", "http://127.0.1:{port}"),
    *("http://2130706433:{port}", "http://0x7f000001:{port}", "http://0X7F000001:{port}"),
    *("http://0x7f.0.0.1:{port}", "http://0x7f.0x0.0x0.0x1:{port}", "http://0x7f.1:{port}"),
    *("http://017700000001:{port}", "http://0177.0.0.1:{port}", "http://0177.0.0.01:{port}"),
    *("http://00000177.1:{port}", "http://127.000.000.001:{port}", "http://127.0x1:{port}"),
    *("http://0:{port}", "http://0.0.0.0:{port}", "http://0x0:{port}", "http://00000000:{port}"),
    *("http://127.127.127.127:{port}", "http://127.0.0.1.:{port}", "http://127.0.0.1..:{port}"),
]
_VERSION_6: Final = [
    *("http://[::1]:{port}", "http://[::]:{port}", "http://[0:0:0:0:0:0:0:1]:{port}"),
    *("http://[::ffff:127.0.0.1]:{port}", "http://[::ffff:7f00:1]:{port}"),
    *("http://[0:0:0:0:0:ffff:7f00:1]:{port}", "http://[::127.0.0.1]:{port}"),
    *("http://[::ffff:0:127.0.0.1]:{port}", "http://[64:ff9b::7f00:1]:{port}"),
    *("http://[64:ff9b:1::7f00:1]:{port}", "http://[2002:7f00:1::]:{port}"),
    *("http://[2001:0:7f00:1::]:{port}", "http://[fe80::1]:{port}", "http://[fe80::1%25lo]:{port}"),
    *("http://[::1%25lo]:{port}", "http://[::1%lo]:{port}", "http://[::1]]:{port}"),
]
_CLOUDS: Final = [
    *("http://169.254.169.254:{port}/latest/meta-data", "http://2852039166:{port}"),
    *("http://0xa9fea9fe:{port}", "http://[::ffff:a9fe:a9fe]:{port}"),
    *("http://[fd00:ec2::254]:{port}", "http://169.254.170.2:{port}/v2/credentials"),
]
_NAMES: Final = [
    *("http://localhost:{port}", "http://LOCALHOST:{port}", "http://localhost.:{port}"),
    *("http://a.localhost:{port}", "http://ip6-localhost:{port}", "http://loc\u00adalhost:{port}"),
    *("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}", "http://%6cocalhost:{port}"),
]
_LETTERS: Final = [
    *(
        "http://①②⑦.⓪.⓪.①:{port}",
        "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11:{port}",
        "http://127。0。0。1:{port}",
    ),
    *("http://127｡0｡0｡1:{port}", "http://%31%32%37.0.0.1:{port}", "http://127%2e0%2e0%2e1:{port}"),
    *("http://127.0.0.1\u200b:{port}", "http://127.0.0.1%00:{port}", "http://127.0.0.1\t:{port}"),
    *("http://127.0.0.1:{port} ", " http://127.0.0.1:{port}", "http://127.0.0.1:{port}\r\nX: y"),
    *("http://127.0.0.1:0{port}", "HTTP://127.0.0.1:{port}"),
]
_PARTS: Final = [
    *("http://user@127.0.0.1:{port}", "http://user:word@127.0.0.1:{port}"),
    *("http://api.example.org@127.0.0.1:{port}", "http://api.example.org%00@127.0.0.1:{port}"),
    *("http://127.0.0.1:{port}#@a.example.org", "http://a.example.org#@127.0.0.1:{port}"),
    *("http://127.0.0.1:{port}?@a.example.org", "http://127.0.0.1:{port}\\@a.example.org"),
    *("http://a.example.org\\@127.0.0.1:{port}", "http://@127.0.0.1:{port}"),
    *("http:127.0.0.1:{port}", "http:/127.0.0.1:{port}", "http:///127.0.0.1:{port}"),
    *("http:\\\\127.0.0.1:{port}", "//127.0.0.1:{port}", "127.0.0.1:{port}"),
]
_SCHEMES: Final = [
    *("gopher://127.0.0.1:{port}", "ftp://127.0.0.1:{port}", "ws://127.0.0.1:{port}"),
    *("dict://127.0.0.1:{port}", "unix://127.0.0.1:{port}", "jar:http://127.0.0.1:{port}!/"),
    *("file:///etc/passwd", "url:http://127.0.0.1:{port}"),
]
FORMS: Final = [*_NUMBERS, *_VERSION_6, *_CLOUDS, *_NAMES, *_LETTERS, *_PARTS, *_SCHEMES]
