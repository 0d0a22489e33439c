"""What an interpreter runs first inside the sandbox: shut the doors, then become the program.

The launcher sends this file compiled, and calls `enter`. The interpreter has nothing but its
standard library; so it imports nothing of ours, and as little as it can: of modules that are read
from disk only `resource`. Even `os`, `types` and `__future__` would take longer than all of it.
"""

import builtins
import posix
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

CHANNEL_FD = 3
READY = b"\x06"
_PROGRAM = "<program>"


def enter(
    *,
    source: "str | CodeType",
    files: dict[str, str],
    folder: str,
    channel: int,
    limits: dict[str, int],
    doors: str,
) -> None:
    """Become the program `source` in its folder, with its limits; `doors` is run before it."""
    _keep_only(channel)
    posix.chdir(folder)
    for name, text in files.items():
        _write(name, text)
    if doors:
        _run(doors, {})
    for name, most in limits.items():
        soft = most - 1 if name == "RLIMIT_CPU" else most
        resource.setrlimit(getattr(resource, name), (soft, most))
    sys.argv[:] = ["program"]
    sys.path.insert(0, folder)
    sys.excepthook = _tell
    posix.write(CHANNEL_FD, READY)
    _become(source)


def _keep_only(channel: int) -> None:
    """Keep the three standard streams and the channel; what else was inherited is closed."""
    if channel != CHANNEL_FD:
        posix.dup2(channel, CHANNEL_FD)
    posix.closerange(CHANNEL_FD + 1, 1 << 20)


def _write(name: str, text: str) -> None:
    folder = name.rpartition("/")[0]
    if folder:
        __import__("os").makedirs(folder, exist_ok=True)
    with open(name, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(text)


def _become(source: "str | CodeType") -> None:
    """Run a program as `__main__`, in a namespace that holds nothing of this file.

    Code of the worker's own has a namespace and builtins that nothing else can reach.
    """
    main = type(sys)("__main__")
    sys.modules["__main__"] = main
    if isinstance(source, str):
        _run(source, main.__dict__)
    else:
        exec(source, {"__name__": "driver", "__builtins__": dict(vars(builtins))})


def _run(source: str, names: dict[str, object]) -> None:
    names["__builtins__"] = builtins
    exec(compile(source, _PROGRAM, "exec", dont_inherit=True), names)


def _tell(_: type[BaseException], error: BaseException, *__: object) -> None:
    """Show an uncaught error as Python does, from the program's own lines on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != _PROGRAM:
        trace = trace.tb_next
    sys.__excepthook__(type(error), error.with_traceback(trace), trace)
