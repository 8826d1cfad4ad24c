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


def test_odd_signs_of_other_programs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id": 1, "title": "A \\ud83d", "topics": {"ships": null}}\n' * 2
    )
    with pytest.raises(ConfigError):  # a mark in the middle is no JSON
        read_labels([path])
    path.write_bytes(path.read_bytes().splitlines()[0])
    (row,) = read_labels([path])
    assert row.title == "A ?"


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("cut.jsonl.gz", gzip.compress(GOOD.encode(), mtime=0)[:-12], "cannot be read: "),
        ("bad.jsonl.gz", b"no gzip", "cannot be read: Not a gzipped file"),
        ("latin.jsonl", GOOD.encode("latin-1"), "cannot be read: 'utf-8' codec"),
        ("deep.jsonl", b"[" * 100_000, "not JSON: maximum recursion"),
        ("list.jsonl", b"[]", '"topics" must be'),
        ("one.jsonl", b'{"title": "A", "topics": {"ships": 1}}', '"topics" must be'),
        ("typed.jsonl", b'{"title": ["A"], "topics": {}}', "title must be text; it is ['A']"),
        ("typed.jsonl", b'{"title": "A", "text": 5, "topics": {}}', "text must be text; it is 5"),
        ("bare.jsonl", b'{"titel": "A", "topics": {"ships": true}}', "neither title nor text"),
        (
            "two.jsonl",
            b'{"id": 1, "title": "A", "topics": {"ships": true}}\n\n'
            b'{"id": 1, "title": "A", "topics": {"ships": false}}\n',
            "answers ships otherwise than line 1",
        ),
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
