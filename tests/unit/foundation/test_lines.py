"""JSON Lines: whatever a line holds is read or refused; what is written is JSON in UTF-8."""

import codecs
import gzip
import io
import json
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.errors import ConfigError
from newsbeam.records import Article
from pipelines.cli import cli
from pipelines.cli.lines import Lines, print_line, read_json
from pipelines.cli.stories_group import read_line as read_story
from pipelines.cli.topics_tag import read_line as read_tagged

ODD = [
    b"",
    b"nope",
    b"\xff\xfe{}",
    b"NaN",
    b'{"id": Infinity}',
    b'{"id": 1e400}',
    b'{"id": ' + b"9" * 5000 + b"}",
    b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
]

TWO = '{"id": "a", "title": "Füße"}\n{"id": "b", "title": "台風"}\n'


def refuse(name: str) -> NoReturn:
    raise AssertionError(name)


@pytest.mark.parametrize("line", ODD, ids=range(len(ODD)))
def test_what_is_no_json_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(line)
    assert isinstance(read_tagged(line)[1], str)
    answer = read_story(1, line.decode("utf-8", "replace"))
    assert isinstance(answer, dict)
    assert answer["id"] is None


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(st.characters(), max_size=40).map(json.dumps))
def test_what_can_be_read_can_be_written(line: bytes | str) -> None:
    try:
        value = read_json(line)
    except ValueError:
        return
    assert json.loads(written(value), parse_constant=refuse) == value


def written(value: Any) -> str:
    @click.command()
    def command() -> None:
        print_line(value)

    result = CliRunner().invoke(command, catch_exceptions=False)
    assert result.stdout_bytes.count(b"\n") == 1
    return result.stdout_bytes.decode("utf-8")


def test_odd_characters_are_read() -> None:
    line = b'\xef\xbb\xbf{"id": "\\ud800", "title": "caf\xe9 \\udfff", "text": "a \\ud83d b"}'
    id_, article = read_tagged(line)
    assert id_ == "\ud800"
    assert isinstance(article, Article)
    assert (article.title, article.text) == ("caf� ?", "a ? b")


def test_a_list_of_pages_answers_every_line(tmp_path: Path) -> None:
    lines = [b'{"path": "\\ud800", "url": "https://a.example/\\ud800"}', *filter(None, ODD)]
    (tmp_path / "list.jsonl").write_bytes(b"\n".join(lines))
    result = CliRunner().invoke(cli, ["inspect", "pages", str(tmp_path / "list.jsonl")])
    assert result.exit_code == 0, result.output
    answers = [json.loads(a, parse_constant=refuse) for a in result.stdout_bytes.splitlines()]
    assert len(answers) == len(lines)
    assert all(a["error"] for a in answers)


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(TWO.encode()),
        TWO.encode("utf-16"),
        codecs.BOM_UTF16_BE + TWO.encode("utf-16-be"),
        gzip.compress(TWO.encode("utf-16")),
        TWO.encode(),
    ],
    ids=["gzip", "utf-16", "utf-16-be", "gzip of utf-16", "plain"],
)
def test_packed_and_wide_files_are_read(packed: bytes) -> None:
    lines = Lines(io.BytesIO(packed), "in")
    assert b"".join(lines).decode() == TWO
    assert lines.replaced == []


def test_a_file_that_breaks_off_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^in\.gz: cannot be read: Compressed file ended"):
        list(Lines(io.BytesIO(gzip.compress(TWO.encode())[:-12]), "in.gz"))


def test_bytes_that_are_no_utf_8_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(io.BytesIO(b"a\ncaf\xe9\nb\n\xff\n"), "in")
    assert len(list(lines)) == 4
    lines.report()
    assert "in: 2 lines not in UTF-8, the first is line 2: " in capsys.readouterr().err


@pytest.mark.parametrize("line", ["[", "]", '{"id": 1},', "{"])
def test_a_list_over_several_lines_gets_its_cure(line: str) -> None:
    with pytest.raises(ValueError, match="; write one object a line, with no list around them"):
        read_json(line)


def test_a_line_that_cannot_be_tagged_is_given_by_its_number() -> None:
    result = CliRunner().invoke(cli, ["topics", "tag"], input='\n{"id": 1, "titel": "A"}\nno\n')
    assert result.exit_code == 0, result.output
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"id": 1, "error": "neither title nor text, but titel", "line": 2},
        {"id": None, "error": "not JSON: expecting value (character 1)", "line": 3},
    ]
