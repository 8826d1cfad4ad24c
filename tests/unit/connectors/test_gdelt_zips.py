"""GDELT files whose zip cannot be unpacked."""

import io
import struct
import zipfile
from datetime import UTC, datetime

import pytest

from connectors.gdelt import parse_gdelt
from newsbeam.errors import ParseError
from newsbeam.records import Verdict

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def packed(flags: int = 0, method: int = 0) -> bytes:
    """Return a zip of one file that claims these flags and this method of compression."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("a.gkg.csv", "x\ty\n")
    data = bytearray(made.getvalue())
    for head, at in ((LOCAL, 6), (CENTRAL, 8)):
        struct.pack_into("<HH", data, data.find(head) + at, flags, method)
    return bytes(data)


@pytest.mark.parametrize(
    "body",
    [packed(method=97), packed(flags=1), packed()[:-30]],
    ids=["unknown compression", "password", "cut off"],
)
def test_a_zip_that_cannot_be_unpacked_is_damaged(body: bytes) -> None:
    with pytest.raises(ParseError, match="damaged zip") as caught:
        parse_gdelt("https://lists.example/a.gkg.csv.zip", body, now=NOW)
    assert caught.value.verdict == Verdict.DAMAGED
