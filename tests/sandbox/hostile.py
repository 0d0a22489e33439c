"""Programs that try to leave something behind, and programs that look for what is not theirs."""

from __future__ import annotations

HOSTILE = {
    "loop that ignores its limit": "import signal\nsignal.signal(24, 1)\nwhile True: pass",
    "sleeper in a session of its own": "import os, time\nos.setsid()\ntime.sleep(99)",
    "flood of prints": "while True: print('x' * 9999)",
    "flood of results": "import os\nwhile True: os.write(3, b'x' * 9999)",
    "forks": "import os\nfor i in range(300):\n  try: os.fork()\n  except OSError: pass",
    "memory": "x = []\nwhile True: x.append(bytearray(10 << 20))",
    "files": "for i in range(400): open(f'{i}', 'wb').write(b'x' * 200000)",
    "deep folders": "import os\nfor i in range(3000): os.mkdir('deep'); os.chdir('deep')",
    "suicide": "import os\nos.kill(os.getpid(), 9)",
    "murder": "import os\nos.kill(-1, 9)",
    "threads": "import threading, time\n"
    "for i in range(300): threading.Thread(target=time.sleep, args=(9,)).start()",
    "silence": "import os, time\nos.closerange(0, 64)\ntime.sleep(99)",
    "crash": "import ctypes\nctypes.string_at(0)",
    "links": "import os\nos.symlink('/', 'root')\nos.symlink('/etc/passwd', 'result')",
    "locked folder": "import os\nos.makedirs('a/b')\nos.fchmod(os.open('a', 0), 0)",
}

# Each sends to the channel what it finds; `HOME` stands for the path of a secret.
LEAKS = {
    "environment": "import os; os.write(3, repr(os.environ).encode())",
    "environment of C": "import ctypes, os\n"
    "e = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\n"
    "i = 0\n"
    "while e[i]: os.write(3, e[i]); i += 1",
    "getenv": "import ctypes, os\nget = ctypes.CDLL(None).getenv\n"
    "get.restype = ctypes.c_char_p; os.write(3, get(b'EVALSITE_CANARY'))",
    "own environment file": "import os; os.write(3, open('/proc/self/environ', 'rb').read())",
    "parent's environment": "import os\n"
    "os.write(3, open(f'/proc/{os.getppid()}/environ', 'rb').read())",
    "anybody's environment": "import glob, os\n"
    "for p in glob.glob('/proc/[0-9]*/environ'):\n"
    "  try: os.write(3, open(p, 'rb').read())\n"
    "  except OSError: pass",
    "own arguments": "import os, sys; os.write(3, repr(sys.orig_argv).encode())",
    "parent's arguments": "import os\n"
    "os.write(3, open(f'/proc/{os.getppid()}/cmdline', 'rb').read())",
    "anybody's arguments": "import glob, os\n"
    "for p in glob.glob('/proc/[0-9]*/cmdline'): os.write(3, open(p, 'rb').read())",
    "descriptors": "import os\nfor d in range(4, 256):\n"
    "  try: os.write(3, os.pread(d, 999, 0))\n  except OSError: pass",
    "home": "import os; os.write(3, open(HOME, 'rb').read())",
    "objects": "import gc, os, sys\n"
    "os.write(3, repr([o for o in gc.get_objects() if type(o) is list]).encode()[:200000])",
    "parent's memory": "import os, re\np = os.getppid()\n"
    "for line in open(f'/proc/{p}/maps'):\n"
    "  if '[stack]' in line:\n"
    "    a, b = (int(x, 16) for x in line.split()[0].split('-'))\n"
    "    m = os.open(f'/proc/{p}/mem', os.O_RDONLY)\n"
    "    os.write(3, os.pread(m, b - a, a))",
}
