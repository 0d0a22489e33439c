"""What hostile programs try. Each says `open` on the channel if it worked, and each is harmless.

A program gets its victims in the dict T: see `victims` in conftest. Outside the sandbox, as a
control, it is run by plain Python; there it must work, or its silence inside proves nothing.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

# Numbers of system calls that the C library has no function for.
_X86 = platform.machine() == "x86_64"
_KEYCTL, _MEMFD_SECRET = (250, 447) if _X86 else (219, 447)
_X32_GETPID = 0x40000000 + 39

_BEFORE = """
import contextlib, ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def said(worked=True):
    if worked:
        os.write(3, b"open")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A hostile program; `needs_root` tells that it needs root to be sure to work outside."""

    text: str
    needs_root: bool = False
    has_control: bool = True

    def source(self, victims: dict[str, object]) -> str:
        """Give the whole program, aimed at these victims."""
        return f"{_BEFORE}\nT = {victims!r}\n{self.text}"


def _read(path: str) -> str:
    return f"said(bool(open({path}, 'rb').read()))"


def _write(path: str) -> str:
    return f"p = {path} + '/evalsite-attack'; open(p, 'w').close(); os.unlink(p); said()"


ATTACKS: dict[str, Attack] = {
    # the network
    "tcp": Attack(text="socket.create_connection(('127.0.0.1', T['tcp'])).close(); said()"),
    "tcp6": Attack(text="s = socket.socket(socket.AF_INET6); s.close(); said()"),
    "tcp listen": Attack(text="s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); said()"),
    "udp": Attack(
        text="s = socket.socket(type=socket.SOCK_DGRAM)\n"
        "s.sendto(b'x', ('127.0.0.1', T['tcp'])); said()"
    ),
    "unix socket by path": Attack(
        text="s = socket.socket(socket.AF_UNIX); s.connect(T['unix']); said()"
    ),
    "abstract unix socket": Attack(
        text="s = socket.socket(socket.AF_UNIX); s.connect('\\0' + T['abstract']); said()"
    ),
    "a pair of datagram sockets": Attack(
        text="s, _ = socket.socketpair(type=socket.SOCK_DGRAM); said()"
    ),
    "a pair of streams, connected anew": Attack(
        has_control=False,
        text="s, other = socket.socketpair(); other.close()\n"
        "with contextlib.suppress(OSError): s.shutdown(socket.SHUT_RDWR)\n"
        "s.connect(T['unix']); said()",
    ),
    "netlink": Attack(text="socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(); said()"),
    # files of others
    "passwd": Attack(text=_read("'/etc/passwd'")),
    "home secret": Attack(needs_root=True, text=_read("T['home']")),
    "app secret": Attack(text=_read("T['app']")),
    "list the machine": Attack(text="said(bool({'proc', 'boot'} & set(os.listdir('/'))))"),
    "write in the app": Attack(text=_write("T['folder']")),
    "write in /tmp": Attack(text=_write("'/tmp'")),
    "write in shared memory": Attack(text=_write("'/dev/shm'")),
    "hard link to a secret": Attack(
        text="os.link(T['app'], 'link'); said(open('link').read() != '')"
    ),
    "rename": Attack(
        text="os.rename(T['app'], T['app'] + '2'); os.rename(T['app'] + '2', T['app']); said()"
    ),
    "truncate": Attack(text="os.truncate(T['app'], 6); said()"),
    "change times": Attack(text="os.utime(T['app'], (1, 1)); said()"),
    "extended attribute": Attack(text="os.setxattr(T['app'], 'user.evalsite', b'x'); said()"),
    "watch a folder": Attack(
        text="w = libc.inotify_init()\nsaid(libc.inotify_add_watch(w, T['folder'].encode(), 2) > 0)"
    ),
    "change a mode": Attack(text="os.chmod(T['app'], 0o666); said()"),
    # other processes
    "environment of the parent": Attack(text=_read("f'/proc/{T[\"process\"]}/environ'")),
    "environment of any process": Attack(
        text="def can(p):\n"
        "  try: return bool(open(f'/proc/{p}/environ', 'rb').read())\n"
        "  except OSError: return False\n"
        "said(any(can(p) for p in range(1, T['process'] + 1) if p != os.getpid()))"
    ),
    "command lines": Attack(text=_read("f'/proc/{T[\"process\"]}/cmdline'")),
    "ptrace": Attack(
        needs_root=True,
        text="said(libc.ptrace(16, T['process'], 0, 0) == 0)\nlibc.ptrace(17, T['process'], 0, 0)",
    ),
    "process_vm_readv": Attack(
        needs_root=True,
        text="said(libc.process_vm_readv(T['process'], None, 0, None, 0, 0) == 0)",
    ),
    "memory file of a process": Attack(
        needs_root=True, text="os.open(f'/proc/{T[\"process\"]}/mem', os.O_RDWR); said()"
    ),
    "signal another": Attack(text="os.kill(T['process'], signal.SIGCONT); said()"),
    "limits of another": Attack(
        text="import resource\nresource.prlimit(T['process'], resource.RLIMIT_CORE); said()"
    ),
    "priority of another": Attack(text="os.setpriority(os.PRIO_PROCESS, T['process'], 19); said()"),
    "cores of another": Attack(
        text="os.sched_setaffinity(T['process'], os.sched_getaffinity(0)); said()"
    ),
    "pidfd of another": Attack(text="os.pidfd_open(T['process']); said()"),
    # too much
    "300 MB in one file": Attack(
        text="f = os.open('big', os.O_CREAT | os.O_WRONLY)\n"
        "os.posix_fallocate(f, 0, 300 << 20); time.sleep(T['pause']); said()"
    ),
    "320 MB in many files": Attack(
        text="for i in range(40):\n"
        "  os.posix_fallocate(os.open(f'{i}', os.O_CREAT | os.O_WRONLY), 0, 8 << 20)\n"
        "time.sleep(T['pause']); said()"
    ),
    "empty files": Attack(
        text="for i in range(T['many']): os.close(os.open(f'{i}', os.O_CREAT | os.O_WRONLY))\n"
        "time.sleep(T['pause']); said()"
    ),
    "400 forks": Attack(
        text="r, w = os.pipe()\nfor i in range(400):\n"
        "  if os.fork() == 0: os.close(w); os.read(r, 1); os._exit(0)\n"
        "said()"
    ),
    "1.5 GB in one process": Attack(text="import mmap; x = mmap.mmap(-1, 1500 << 20); said()"),
    "6 x 200 MB": Attack(
        text="import mmap\nr, w = os.pipe()\nfor i in range(6):\n"
        "  if os.fork() == 0:\n"
        "    os.close(w); x = mmap.mmap(-1, 200 << 20); os.read(r, 1); os._exit(0)\n"
        "said()"
    ),
    "memory outside the limit": Attack(text="os.memfd_create('x'); said()"),
    "shared memory segment": Attack(
        text="i = libc.shmget(0, 4096, 0o1600); said(i >= 0); libc.shmctl(i, 0, None)"
    ),
    "semaphores": Attack(text="i = libc.semget(0, 1, 0o1600); said(i >= 0); libc.semctl(i, 0, 0)"),
    "message queue": Attack(
        text="i = libc.msgget(0, 0o1600); said(i >= 0); libc.msgctl(i, 0, None)"
    ),
    "named message queue": Attack(
        text="said(libc.mq_open(b'/evalsite', os.O_CREAT | os.O_RDWR, 0o600, None) >= 0)\n"
        "libc.mq_unlink(b'/evalsite')"
    ),
    # the kernel
    "personality": Attack(text="said(libc.personality(0x0040000) >= 0)"),
    "user namespace": Attack(text="said(libc.unshare(0x10000000) == 0)"),
    "user namespace by clone": Attack(
        text="import ctypes as c\nstack = c.create_string_buffer(1 << 16)\n"
        "run = c.CFUNCTYPE(c.c_int, c.c_void_p)(lambda _: 0)\n"
        "top = c.c_void_p(c.addressof(stack) + (1 << 16))\n"
        "said(libc.clone(c.cast(run, c.c_void_p), top, 0x10000000 | 17, None) > 0)"
    ),
    "mount": Attack(
        needs_root=True,
        text="libc.unshare(0x00020000); said(libc.mount(b'none', b'/', None, 0x44000, None) == 0)",
    ),
    "io_uring": Attack(
        text="said(libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0"
        " or ctypes.get_errno() != 1)"
    ),
    "keyctl": Attack(text=f"said(libc.syscall({_KEYCTL}, 0, -3, 1) >= 0)"),
    "clone3": Attack(
        text="import struct\na = struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0)\n"
        "pid = libc.syscall(435, a, 64)\n"
        "os._exit(0) if pid == 0 else said(pid > 0)"
    ),
    "x32": Attack(text=f"libc.syscall({_X32_GETPID}); said()"),
    "child by vfork": Attack(
        text="import subprocess\nsubprocess.run([sys.executable, '-c', '']); said()"
    ),
    "thread that becomes a process": Attack(
        text="import threading\n"
        "t = threading.Thread(target=lambda: os.fork() or os._exit(0)); t.start(); t.join()\n"
        "try: os.waitpid(-1, 0); said()\n"
        "except ChildProcessError: pass"
    ),
    "typing into the terminal": Attack(
        has_control=False,
        text="import fcntl, termios\nfcntl.ioctl(1, 0x5412, b'x'); said()",
    ),
    "inherited descriptor": Attack(text="said(bool(os.pread(T['descriptor'], 9, 0)))"),
    "outliving the worker": Attack(text="said(libc.prctl(1, 0, 0, 0, 0) == 0)"),
}
