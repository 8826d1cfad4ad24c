"""The encoder in a process of its own: it loads while Beam does, and reading never waits for it.

torch takes 1.5 s of processor time to load.  In a thread of the process that feeds the readers it
holds the interpreter's lock for most of that, while the readers wait for their next page; in a
process of its own it takes a core that is idle then (docs/benchmarks.md).  Only texts and vectors
pass between the two; the vectors are the same bits as :func:`newsbeam.encoder.load_encoder`'s.

The bundled model is loaded once and runs in a helper per core, forked then, so all share its
weights.  In threads each of the hundred operations on a text would wait for the interpreter's lock,
a fourteenth of the time (docs/decisions/0005).
"""

import atexit
import contextlib
import gc
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from newsbeam.articles.worker import receive, send
from newsbeam.encoder import BUNDLED, Encoder, load_encoder, model_identity
from newsbeam.errors import NewsbeamError
from newsbeam.settings import ModelSettings

if TYPE_CHECKING:
    import numpy as np

ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Huge pages: the weights are walked through for each text.  Other systems ignore it."""

HELPERS = 8
"""At most, unless the settings say more: each holds some 20 MB of its own."""
PORTION = 8
"""Texts of one length that a helper is given at once, at most: a tenth of a second of work."""


class RemoteEncoder:
    """Gives texts their vectors, in another process; like :class:`newsbeam.encoder.Encoder`.

    The process starts with :meth:`warm` or with the first text, and ends with :meth:`close` or with
    this process, however that ends.  Safe in threads.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self.identity = model_identity(settings)
        self._settings = settings
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def warm(self, after: int | None = None) -> None:
        """Let the model load in the background; what goes wrong :meth:`encode` meets again.

        Args:
            after: the reading end of a pipe: the process begins when nobody can write to it.
        """
        if self._lock.acquire(blocking=False):  # else it is at work already
            try:
                self._open(after)
            except OSError:
                self._close()
            finally:
                self._lock.release()

    def encode(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Return float32 (n, d), L2-normalised; rows follow the texts.

        Raises:
            ConfigError: there is no such model here, or its weights are not the known ones.
            NewsbeamError: the process died.
        """
        with self._lock:
            answer: Any = None
            try:
                channel = self._open()
                send(channel, list(texts))
                answer = receive(channel)
            except (EOFError, OSError) as error:
                raise NewsbeamError(
                    f"the process that runs the model {self._settings.name} died: is there enough "
                    "memory? What it said is above"
                ) from error
            finally:
                # it has ended; or its answer would come too late, and be taken for the next one
                if answer is None or isinstance(answer, NewsbeamError):
                    self._close()
        if isinstance(answer, NewsbeamError):
            raise answer
        vectors: np.ndarray[Any, np.dtype[np.float32]] = answer
        return vectors

    def close(self) -> None:
        """End the process; the next text starts it anew."""
        with self._lock:
            self._close()

    def _open(self, after: int | None = None) -> socket.socket:
        if self._channel is None:
            mine, theirs = socket.socketpair()
            with theirs:
                # as the readers start (newsbeam.articles.pool): our packages, however we were run
                code = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
                code += f"sys.path[:] = {sys.path!r}; "
                given = f"{theirs.fileno()}, {after}"
                code += f"from newsbeam.encoder_process import main; main({given})"
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                    [sys.executable, "-c", code],
                    pass_fds=[theirs.fileno(), *([] if after is None else [after])],
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, **ENVIRONMENT},
                )
            self._channel = mine
            send(mine, self._settings)
        return self._channel

    def _close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.kill()  # it holds nothing that could be lost
            self._process.wait()
            self._process = None


_encoders: dict[ModelSettings, RemoteEncoder] = {}
_making = threading.Lock()


def remote_encoder(settings: ModelSettings) -> RemoteEncoder:
    """Return the encoder for the settings, one per process.  Safe in threads.

    Raises:
        ConfigError: there is no such model on this machine.
    """
    with _making:
        if settings not in _encoders:
            _encoders[settings] = RemoteEncoder(settings)
            atexit.register(_encoders[settings].close)
        return _encoders[settings]


def dismiss_encoders() -> None:
    """End the processes; they start anew when they are needed."""
    with _making:
        for one in _encoders.values():
            one.close()


def _lighten_torch() -> None:
    """Let torch leave out how operations behave without data, which takes 0.16 s to register.

    Compilers and exporters ask for that, and transformers while it loads; our own model never.
    """
    name = "torch._meta_registrations"
    sys.modules.setdefault(name, types.ModuleType(name))


def main(fd: int, after: int | None = None) -> None:
    """Serve the parent until it hangs up: settings first, then lists of texts.

    Args:
        fd: the socket to the parent.
        after: a pipe whose end is waited for before anything is loaded.
    """
    # ^C reaches the whole group, and systemd stops the whole service: the parent decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    gc.disable()  # it would look through torch again and again while that is imported: 0.1 s
    channel = socket.socket(fileno=fd)
    if after is not None:
        os.read(after, 1)
        os.close(after)
    try:
        settings: ModelSettings = receive(channel)
        helpers = 0
        if settings.name == BUNDLED:
            _lighten_torch()
            helpers = settings.threads or min(os.cpu_count() or 1, HELPERS)
        try:
            encoder = load_encoder(replace(settings, threads=1) if helpers else settings)
        except NewsbeamError as error:
            receive(channel)
            send(channel, error)
            return
        gc.freeze()  # what is loaded stays, and its memory is shared
        gc.enable()
        if helpers > 1:
            serve_together(channel, encoder, helpers)
        else:
            serve(channel, encoder)
    except (EOFError, OSError):  # the parent has gone
        return


def serve(channel: socket.socket, encoder: Encoder) -> None:
    """Answer lists of texts with their vectors until the other end hangs up (EOFError)."""
    while True:
        send(channel, encoder.encode(receive(channel)))


def serve_together(channel: socket.socket, encoder: Encoder, helpers: int) -> None:
    """Do as :func:`serve`, by helpers that this process forks: it must not have run the model.

    They end with this process, however that ends; where one of them dies EOFError is raised.
    """
    idle: list[socket.socket] = []
    for _ in range(helpers):
        mine, theirs = socket.socketpair()
        if os.fork() == 0:
            for other in (channel, mine, *idle):  # else they would not see us end, nor we them
                other.close()
            with contextlib.suppress(EOFError, OSError):
                serve(theirs, encoder)
            os._exit(0)
        theirs.close()
        idle.append(mine)
    while True:
        send(channel, _encode_together(receive(channel), encoder, idle))


def _encode_together(
    texts: Sequence[str], encoder: Encoder, helpers: Sequence[socket.socket]
) -> Any:
    import numpy as np

    vectors = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    portions = _portions(encoder.lengths(texts))
    idle, busy = list(helpers), dict[socket.socket, list[int]]()
    while portions or busy:
        while portions and idle:
            portion = portions.pop()
            send(idle[-1], [texts[i] for i in portion])
            busy[idle.pop()] = portion
        for helper in select.select(list(busy), [], [])[0]:
            vectors[busy.pop(helper)] = receive(helper)
            idle.append(helper)
    return vectors


def _portions(lengths: Sequence[int]) -> list[list[int]]:
    """Return the places of texts in portions of one length, the shortest first.

    Kernels for a length are then made by one helper, once; and the longest go out first, so that
    the last helper to finish has little left.
    """
    portions: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        last = portions[-1] if portions else []
        if not last or lengths[last[0]] != lengths[place] or len(last) == PORTION:
            portions.append(last := [])
        last.append(place)
    return portions
