"""JSON Lines in and out: what one line may hold, and how it is written (docs/formats.md)."""

import gzip
import json
import math
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from io import BufferedReader, TextIOWrapper
from typing import Any, BinaryIO, NoReturn

import click

from newsbeam.errors import ConfigError, reason_of

GZIP = b"\x1f\x8b"
MAX_DIGITS = 4000
"""Of a whole number: Python refuses to read more than 4,300."""


class Lines:
    """The lines of a stream, as they are; whatever it is packed or encoded in.

    gzip is unpacked, UTF-16 with a byte order mark becomes UTF-8.

    Args:
        stream: the bytes.
        name: of the file, for errors.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name = stream, name
        self.replaced: list[int] = []
        """Numbers of lines with bytes that are no UTF-8, which become U+FFFD."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield line by line.

        Raises:
            ConfigError: the stream breaks off or is damaged.
        """
        try:
            for number, line in enumerate(self._unpacked(), start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    self.replaced.append(number)
                yield line
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise ConfigError(self._name, f"cannot be read: {reason_of(error)}") from error

    def _unpacked(self) -> Iterable[bytes]:
        known = isinstance(self._stream, BufferedReader | gzip.GzipFile)
        stream: Any = self._stream if known else BufferedReader(self._stream)
        if stream.peek(2)[:2] == GZIP:
            stream = gzip.GzipFile(fileobj=stream)
        if stream.peek(2)[:2] in (BOM_UTF16_LE, BOM_UTF16_BE):
            return (line.encode() for line in TextIOWrapper(stream, "utf-16", newline="\n"))
        return stream  # type: ignore[no-any-return]

    def report(self) -> None:
        """Say on stderr what was read otherwise than it stands there."""
        if self.replaced:
            count = len(self.replaced)
            lines = f"line {self.replaced[0]}" if count == 1 else f"{count} lines"
            more = "" if count == 1 else f", the first is line {self.replaced[0]}"
            click.echo(
                f"{self._name}: {lines} not in UTF-8{more}: odd bytes are read as \ufffd; "
                "iconv converts the file",
                err=True,
            )


def read_json(line: bytes | str) -> Any:
    """Return the value of a line.

    Bytes that are no UTF-8 become U+FFFD, a byte order mark is passed over.

    Raises:
        ValueError: it is not JSON (NaN and Infinity are not), or nested too deep.
    """
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(_why_no_json(text, error)) from None


def _why_no_json(text: str, error: json.JSONDecodeError) -> str:
    why = f"{error.msg[:1].lower()}{error.msg[1:]} (character {error.pos + 1})"
    rest = text[error.pos :].strip()
    if text.strip() in ("[", "]", "{", "}") or (rest == "," and error.msg == "Extra data"):
        why += "; write one object a line, with no list around them and no comma between"
    return why


def print_line(value: Any) -> None:
    """Print a value as one line of JSON in UTF-8."""
    # lone surrogates cannot be written as UTF-8: escape them, and only them
    text = json.dumps(value, ensure_ascii=False)
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def no_text(raw: dict[str, Any]) -> str:
    """Say that an object has no text, and which keys it has: one of them may be misspelt."""
    others = ", ".join(
        repr(key)[1:-1] for key in list(raw)[:8] if key not in ("id", "text", "title")
    )
    return "neither title nor text" + (f", but {others}" if others else "")


def valid(text: str) -> str:
    """Replace lone halves of surrogate pairs: they are valid JSON and no valid text."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"the number {digits[:20]}… has {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:20]} is too large")
    return number
