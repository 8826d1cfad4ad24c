"""The reading process: started as ``python -m newsbeam.articles.worker FD``, forks the workers.

The nursery imports the parsers once and forks a worker whenever the parent asks (10 ms each).  It
is a fresh interpreter, so whatever threads the parent runs (torch, Beam) do not matter.  A worker
reads jobs from its socket and answers in order.  A watchdog in C ends the worker when one job
takes too long, whatever the parser is doing; an address space limit ends what eats memory.

Wire format: 4 bytes of length, then a pickle.  Both ends are ours and the pipe is private.
"""

import contextlib
import faulthandler
import gc
import os
import pickle
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

COLLECT_EVERY = 100
"""Pages between two collections of cyclic garbage, which take a millisecond each then."""
EXIT_TIMEOUT = 1
"""What ``faulthandler`` exits with."""
EXIT_MEMORY = 3
EXIT_TIRED = 4
"""The pages before left too little memory for the next one: it is no fault of that page."""
TIRED_SHARE = 1 / 3
"""Part of ``memory_mb`` that may stay in use between pages (181 real pages leave a tenth)."""

FIRST_PAGE = b"""<article>
<p>Every worker would otherwise make these things again, for its own first page.</p>
<p>A first page fills what is made on first use, and compiles the patterns of the libraries.</p>
<p>It is long enough that the first answer serves, and no second opinion has to be asked for.</p>
</article>"""


def send(channel: socket.socket, value: Any) -> None:
    """Write one value."""
    for part in packed(value):
        channel.sendall(part)


def packed(value: Any) -> tuple[bytes, bytes]:
    """Return a value as it is written, in two parts: a page need not be copied for four bytes."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return struct.pack("!I", len(data)), data


def receive(channel: socket.socket) -> Any:
    """Read one value; EOFError when the other end has gone."""
    (length,) = struct.unpack("!I", _exactly(channel, 4))
    return pickle.loads(_exactly(channel, length))  # noqa: S301 - a private socket, our own records


def _exactly(channel: socket.socket, length: int) -> bytearray:
    parts = bytearray(length)
    view = memoryview(parts)
    while view:
        count = channel.recv_into(view)
        if not count:
            raise EOFError("the other end has gone")
        view = view[count:]
    return parts


def main(fd: int, told: int | None = None) -> None:
    """Serve the parent: fork a worker for each socket that it sends, report those that end.

    Args:
        fd: the socket to the parent.
        told: the writing end of a pipe, closed when the parsers are loaded.
    """
    # ^C reaches the whole group, and systemd stops the whole service: the parent decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _warm_up()
    if told is not None:
        os.close(told)
    control = socket.socket(fileno=fd)
    control.setblocking(True)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    import selectors

    waiting = selectors.DefaultSelector()
    waiting.register(control, selectors.EVENT_READ)
    waiting.register(wake_read, selectors.EVENT_READ)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the parent was killed
        while True:
            for key, _ in waiting.select():
                if key.fileobj == wake_read:
                    os.read(wake_read, 512)
                    _report_ended(control)
                    continue
                message, fds, _, _ = socket.recv_fds(control, 64, 1)
                if not message:
                    return
                timeout_s, memory_mb = struct.unpack("!dI", message)
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    control.close()
                    os._exit(_work(socket.socket(fileno=fds[0]), timeout_s, memory_mb))
                os.close(fds[0])
                control.sendall(struct.pack("!ii", pid, -1))


def _warm_up() -> None:
    """Load, before the first fork, what all workers share: parsers and the language model.

    A first page compiles the library's paths and fills what is made on first use; it is long
    enough that no second opinion is asked for.  The words that those go by few pages need, but a
    worker should not have to make room for them beside a large page.
    """
    gc.disable()  # trees are counted, not cyclic; what little is cyclic is collected now and then
    import trafilatura  # noqa: F401 - slow to import, so not by the modules themselves

    from newsbeam.articles import read
    from newsbeam.articles.dom import body
    from newsbeam.articles.facts import language
    from newsbeam.records import Entry, Page

    language.detect("The first call loads the model, which the workers then share.")
    url = "https://newsbeam.example/first"
    now = datetime.now(UTC)
    read.read_page(Page(Entry("", "", "", url), url, FIRST_PAGE, now), now=now)
    body.read_words()
    gc.freeze()


def _report_ended(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        control.sendall(struct.pack("!ii", pid, os.waitstatus_to_exitcode(status) & 0xFF))


def _work(channel: socket.socket, timeout_s: float, memory_mb: int) -> int:
    """Answer jobs until the parent hangs up; return the process's exit status."""
    most = _limit_memory(memory_mb)
    # no thread takes jobs off the wire: each chunk would wait 5 ms for the interpreter's lock
    with open(os.devnull, "w") as silence:
        while True:
            try:
                number, job, now = receive(channel)
            except (EOFError, OSError):
                return 0
            except MemoryError:
                return EXIT_MEMORY
            if timeout_s > 0:
                faulthandler.dump_traceback_later(timeout_s, exit=True, file=silence)
            try:
                answer = run(job, now)
            except MemoryError:
                return EXIT_MEMORY
            faulthandler.cancel_dump_traceback_later()
            if number % COLLECT_EVERY == 0:
                gc.collect()
            try:
                send(channel, (number, answer))
            except OSError:
                return 0  # the parent has gone
            del job, answer
            if most and _used() > most:
                return EXIT_TIRED


def _limit_memory(memory_mb: int) -> int:
    """Let the process grow by so much from here; macOS knows no such limit.

    Returns:
        Bytes above which no further page should be begun; 0: there is no limit.
    """
    if memory_mb <= 0 or not sys.platform.startswith("linux"):
        return 0
    used, room = _used(), memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
    return used + int(room * TIRED_SHARE)


def _used() -> int:
    """Return the bytes of address space that the process has taken."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def run(job: Any, now: datetime) -> Any:
    """Read one page or entry; what is wrong with it comes back as an ExtractError value.

    What is neither is a task, a function without arguments; its errors end the process.
    """
    if callable(job):
        return job()
    from newsbeam.articles import read
    from newsbeam.errors import ExtractError
    from newsbeam.records import Entry

    action: Callable[..., Any] = read.read_entry if isinstance(job, Entry) else read.read_page
    try:
        return action(job, now=now)
    except ExtractError as error:
        return error
    except MemoryError:
        raise
    except Exception as error:
        return ExtractError(job.url or "", f"{type(error).__name__}: {error}"[:300])


if __name__ == "__main__":
    main(int(sys.argv[1]))
