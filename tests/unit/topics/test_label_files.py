"""Label files that are no label files are one clear error, with the line."""

import gzip
from pathlib import Path

import pytest

from newsbeam.errors import ConfigError
from newsbeam.topics.labelled import read_labels

GOOD = '{"id": "a", "title": "Zoë", "topics": {"ships": true}, "language": 3}\n'


def test_files_are_read_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_bytes(GOOD.encode())
    packed.write_bytes(gzip.compress(GOOD.encode()))
    rows = read_labels([plain, packed])
    assert [(r.id, r.title, r.language) for r in rows] == [
        ("a/a", "Zoë", None),
        ("b/a", "Zoë", None),
    ]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("cut.jsonl.gz", gzip.compress(GOOD.encode())[:-12], "cannot be read: "),
        ("bad.jsonl.gz", b"no gzip", "cannot be read: Not a gzipped file"),
        ("latin.jsonl", GOOD.encode("latin-1"), "cannot be read: 'utf-8' codec"),
        ("deep.jsonl", b"[" * 100_000, "not JSON: maximum recursion"),
        ("list.jsonl", b"[]", '"topics" must be'),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, body: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(ConfigError) as caught:
        read_labels([path])
    assert caught.value.where.startswith(str(path))
    assert said in caught.value.message


def test_a_missing_file_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_labels([tmp_path / "none"])
    assert str(caught.value) == f"{tmp_path / 'none'}: cannot be read: No such file or directory"
