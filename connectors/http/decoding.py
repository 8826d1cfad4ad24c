"""Undo Content-Encoding piece by piece, with a limit on what comes out.

A bomb is stopped after the limit, never unpacked whole: each step gives at most
:data:`PIECE` bytes at a time.

Source: RFC 9110 §8.4 (encodings, several of them in the order applied), RFC 8878 (zstd).
"""

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

PIECE = 256 * 1024
MAX_NESTED = 3


class TooLargeError(Exception):
    """More came out than the limit allows."""


class DamagedError(Exception):
    """The bytes are not what Content-Encoding says, or an encoding that we do not know."""


class _Step(Protocol):
    def pieces(self, data: bytes) -> Iterator[bytes]: ...


class Decoder:
    """The whole chain of one answer.

    Args:
        encodings: the Content-Encoding header; None or ``identity`` for none.
        limit: most bytes out of any step.

    Raises:
        DamagedError: an unknown encoding, or too many of them.
    """

    def __init__(self, encodings: str | None, limit: int) -> None:
        names = [n.strip().lower() for n in (encodings or "").split(",")]
        names = [n for n in names if n not in {"", "identity", "none", "utf-8", "utf8"}]
        if len(names) > MAX_NESTED:
            raise DamagedError(f"{len(names)} content encodings, at most {MAX_NESTED} are undone")
        self._steps = [_step(name) for name in reversed(names)]
        self._left = [limit] * (len(self._steps) + 1)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes from the wire mean.

        Raises:
            TooLargeError: past the limit.
            DamagedError: undecodable.
        """
        yield from self._run(data, 0)

    def _run(self, data: bytes, at: int) -> Iterator[bytes]:
        self._left[at] -= len(data)
        if self._left[at] < 0:
            raise TooLargeError
        if at == len(self._steps):
            yield data
            return
        for piece in self._steps[at].pieces(data):
            yield from self._run(piece, at + 1)


def _step(name: str) -> _Step:
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Zlib(raw=name == "deflate")
    if name == "br":
        return _Brotli()
    if name == "zstd":
        return _Zstd()
    raise DamagedError(f"unknown content encoding {name[:20]!r}")


class _Zlib:
    """gzip (several members), zlib and raw deflate; what was never packed passes unchanged."""

    def __init__(self, raw: bool) -> None:
        self._raw = raw
        self._unpack: Any = None
        self._plain = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._unpack is None and not self._plain:
            self._begin(data)
        if self._plain:
            yield data
            return
        while data:
            try:
                piece = self._unpack.decompress(data, PIECE)
            except zlib.error as error:
                raise DamagedError(f"damaged gzip: {error}") from error
            if piece:
                yield piece
            data = self._unpack.unconsumed_tail
            if self._unpack.eof:
                data = self._unpack.unused_data.lstrip(b"\0")
                if data[:2] != b"\x1f\x8b":
                    return  # padding or rubbish after the end: gzip ignores it too
                self._unpack = zlib.decompressobj(47)

    def _begin(self, data: bytes) -> None:
        zlib_header = len(data) > 1 and data[0] & 15 == 8 and (data[0] * 256 + data[1]) % 31 == 0
        if data[:2] == b"\x1f\x8b" or zlib_header:
            self._unpack = zlib.decompressobj(47)
        elif self._raw:
            self._unpack = zlib.decompressobj(-15)
        elif data:
            self._plain = True


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._unpack = brotli.Decompressor()
        self._error = brotli.error

    def pieces(self, data: bytes) -> Iterator[bytes]:
        try:
            piece = self._unpack.process(data, output_buffer_limit=PIECE)
            while piece or not self._unpack.can_accept_more_data():
                if piece:
                    yield piece
                if self._unpack.can_accept_more_data():
                    return
                piece = self._unpack.process(b"", output_buffer_limit=PIECE)
        except self._error as error:
            raise DamagedError("damaged brotli") from error


class _Zstd:
    def __init__(self) -> None:
        from backports import zstd

        # an answer may ask for at most 8 MiB of window (RFC 9659): more is an attack on memory
        self._options = {int(zstd.DecompressionParameter.window_log_max): 23}
        self._zstd = zstd
        self._unpack = zstd.ZstdDecompressor(options=self._options)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        try:
            while True:
                if self._unpack.eof:
                    data = self._unpack.unused_data or data
                    if not data:
                        return
                    self._unpack = self._zstd.ZstdDecompressor(options=self._options)
                piece = self._unpack.decompress(data, PIECE)
                data = b""
                if piece:
                    yield piece
                if self._unpack.eof:
                    data = self._unpack.unused_data
                    if not data:
                        return
                elif self._unpack.needs_input:
                    return
        except self._zstd.ZstdError as error:
            raise DamagedError("damaged zstd") from error
