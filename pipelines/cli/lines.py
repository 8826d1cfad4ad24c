"""JSON Lines in and out: what one line may hold, and how it is written (docs/formats.md)."""

import json
import math
from typing import Any, NoReturn

import click


def read_json(line: bytes | str) -> Any:
    """Return the value of a line.

    Bytes that are no UTF-8 become U+FFFD, a byte order mark is passed over.

    Raises:
        ValueError: it is not JSON (NaN and Infinity are not), or nested too deep.
    """
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def print_line(value: Any) -> None:
    """Print a value as one line of JSON in UTF-8."""
    # lone surrogates cannot be written as UTF-8: escape them, and only them
    text = json.dumps(value, ensure_ascii=False)
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def valid(text: str) -> str:
    """Replace lone halves of surrogate pairs: they are valid JSON and no valid text."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:20]} is too large")
    return number
