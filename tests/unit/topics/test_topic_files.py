"""Topic files, the packs, and what is kept beside them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsbeam.encoder import model_identity
from newsbeam.errors import ConfigError
from newsbeam.settings import ModelSettings, TopicsSettings
from newsbeam.topics import configured_topics, load_topics
from newsbeam.topics.calibration import MAX_SHIFT, calibration_path, read_calibration
from newsbeam.topics.lint import lint_calibration, lint_examples, lint_topic
from newsbeam.topics.topic import SharedExample, find_topics, load_topic, shared_macros
from tests.unit.topics.topic_support import TOPIC, WordEncoder, folder_with

PACK = find_topics(["ai"], [])


def test_the_ai_pack_has_the_five_topics() -> None:
    assert {p.stem for p in PACK} == {
        *("ai-capex", "ai-copyright", "ai-regulation", "llama-monetization", "open-source-ai"),
    }


@pytest.mark.parametrize("path", PACK, ids=lambda p: p.stem)
def test_a_topic_of_the_pack_is_calibrated_as_it_is_now(path: Path) -> None:
    topic, bound = load_topic(path), read_calibration(path)
    assert bound is not None
    assert bound.topic_version == topic.version, f"calibrate {topic.name} again"
    for precision in ("fp32", "bf16"):
        assert bound.serves(model_identity(ModelSettings(precision=precision)))
    assert all(served.largest <= MAX_SHIFT for served in bound.also.values())
    assert bound.precision >= topic.precision


@pytest.mark.parametrize("path", PACK, ids=lambda p: p.stem)
def test_the_vectors_of_the_pack_are_stored(path: Path) -> None:
    class Refuses(WordEncoder):
        identity = model_identity(ModelSettings())

        def encode(self, texts):  # type: ignore[no-untyped-def]
            raise AssertionError(f"{path.stem}: the examples would be embedded at every start")

    load_topics(["ai"], []).prepare(Refuses())


@pytest.mark.parametrize("path", PACK, ids=lambda p: p.stem)
def test_lint_has_nothing_to_say_of_the_pack(path: Path) -> None:
    assert lint_topic(load_topic(path), shared_macros(path.parent)) == []


def test_a_topic_of_a_folder_replaces_that_of_the_pack(tmp_path: Path) -> None:
    mine = TOPIC.replace("wells", "ai-capex", 1)
    topics = load_topics(["ai"], [folder_with(tmp_path, ai_capex=mine)])
    assert topics["ai-capex"].topic.title == "Village wells"
    assert len(topics.names) == 5


@pytest.mark.parametrize(
    ("change", "where", "cure"),
    [
        (("title", "titel"), "titel", "did you mean `title`?"),
        (("PARAGRAPH", "NEAR"), "query", "NEAR/5"),
        (
            ('name = "wells"', 'name = "My Wells"'),
            "wells.toml: name",
            "lower-case words with hyphens",
        ),
        (('name = "wells"', ""), "name", "required"),
        (("[examples]", "precision = 2.0\n[examples]"), "wells.toml: precision", "between 0 and 1"),
        (("'''(", "'''$many ("), "query", "define it under [macros]"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(
    tmp_path: Path, change: tuple[str, str], where: str, cure: str
) -> None:
    folder = folder_with(tmp_path, wells=TOPIC.replace(*change, 1))
    with pytest.raises(ConfigError) as caught:
        load_topics([], [folder])
    assert where in str(caught.value)
    assert cure in str(caught.value)
    assert "wells.toml" in str(caught.value)


def test_an_unknown_pack_is_named() -> None:
    with pytest.raises(ConfigError, match="known: ai"):
        load_topics(["sports"], [])


def test_macros_are_shared_in_a_folder(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, wells=TOPIC.replace("water)", "water OR $pump)"))
    (folder / "_macros.toml").write_text("[macros]\npump = 'pump OR pumps'\n", encoding="utf-8")
    topic = load_topic(folder / "wells.toml")
    assert topic.macros == {"pump": "pump OR pumps"}


def test_the_version_changes_with_the_query_only_where_it_changes() -> None:
    one, two = load_topic(PACK[0]), load_topic(PACK[0])
    assert one.version == two.version
    assert one.version != load_topic(PACK[1]).version


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "not a calibration"),
        ({"x": 1}, "unknown key"),
        ({"threshold": 5}, "threshold must be between 0 and 1"),
        ({"threshold": float("nan")}, "threshold must be between 0 and 1"),
        ({"weights": {"bias": float("inf")}}, "weights must be finite"),
        ({"weights": {}}, "weights lack the bias"),
    ],
)
def test_a_damaged_calibration_is_refused_with_the_cure(
    tmp_path: Path, change: Any, why: str
) -> None:
    folder = folder_with(tmp_path, wells=TOPIC)
    file = folder / "wells.calibration.json"
    if not isinstance(change, str):
        good = json.loads(calibration_path(PACK[0]).read_text(encoding="utf-8"))
        change = json.dumps({**good, **change})
    file.write_text(change, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{why}.*; delete the file and calibrate again"):
        load_topics([], [folder])


def test_lint_tells_a_topic_that_was_edited_since_it_was_calibrated() -> None:
    topic, bound = load_topic(PACK[0]), read_calibration(PACK[0])
    assert lint_calibration(topic, bound) == []
    (said,) = lint_calibration(replace(topic, query="llama"), bound)
    assert (said.kind, said.source) == ("calibration", topic.name)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 1.*not JSON"),
        ("[]", "line 1.*must be"),
        ('{"text": "a well", "topics": ["wells"]}', "line 1.*must be"),
        ('{"text": "a well", "about": "wells"}', "line 1.*must be"),
        ('{"text": " ", "about": ["wells"]}', "line 1.*must be"),
    ],
)
def test_a_wrong_shared_example_is_named_with_its_line(tmp_path: Path, line: str, why: str) -> None:
    folder = folder_with(tmp_path, wells=TOPIC)
    (folder / "_examples.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError, match=why):
        load_topics([], [folder])


def test_the_topic_s_own_file_has_no_shared_examples(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, wells="shared = []\n" + TOPIC)
    with pytest.raises(ConfigError, match="shared examples are in"):
        load_topics([], [folder])


def test_vectors_are_kept_beside_the_topic(tmp_path: Path) -> None:
    folder, encoder = folder_with(tmp_path, wells=TOPIC), WordEncoder()
    load_topics([], [folder]).prepare(encoder)
    calls = encoder.calls
    load_topics([], [folder]).prepare(encoder)
    assert encoder.calls == calls
    (folder / "wells.vectors.npz").write_text("damaged", encoding="utf-8")
    load_topics([], [folder]).prepare(encoder)
    assert encoder.calls == calls + 1


def test_a_folder_of_the_settings_must_be_there_unless_it_is_the_default(tmp_path: Path) -> None:
    assert configured_topics(TopicsSettings(packs=()), str(tmp_path)).names == ()
    with pytest.raises(ConfigError, match=r"topics\.folders: there is no folder .*mine"):
        configured_topics(TopicsSettings(packs=(), folders=("mine",)), str(tmp_path))


@pytest.mark.parametrize(
    ("macros", "said"),
    [
        ("bore = 'hole OR '", ("$bore", "the query stops here")),
        ("bore = '$hole'\nhole = '$bore'", ("$bore", "uses itself: hole > bore > hole")),
        ("'bore hole' = 'pit'", ("$bore hole", "cannot be used")),
        ("'' = 'pit'", ("$", "cannot be used")),
        ("'b(' = 'pit'", ("$b(", "cannot be used")),
        ("'bore-hole' = 'pit'", ("$bore-hole", "never used")),
    ],
)
def test_lint_reads_macros_that_no_query_uses(
    tmp_path: Path, macros: str, said: tuple[str, str]
) -> None:
    folder = folder_with(tmp_path, wells=f"{TOPIC}\n[macros]\n{macros}\n")
    remarks = lint_topic(load_topic(folder / "wells.toml"))
    assert any(w.source == said[0] and said[1] in w.message for w in remarks)


def test_two_topics_of_one_name_are_told_by_their_files(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, wells=TOPIC, pits=TOPIC)
    with pytest.raises(ConfigError, match=r"pits\.toml: .* called wells, as that of .*wells\.toml"):
        load_topics([], [folder])


def test_lint_tells_examples_of_no_topic() -> None:
    examples = (SharedExample("A well", ("wells",)), SharedExample("A pit", ("wels",), ("pits",)))
    said = [(w.source, w.message[:17]) for w in lint_examples(examples, ["wells"])]
    assert said == [("wels", "1 of the examples"), ("pits", "1 of the examples")]


@pytest.mark.parametrize(
    "text", [b"macros = 5", b"macros = ['a']", b"[macros]\na = '\xff'", b"[macros"]
)
def test_wrong_shared_macros_are_told_with_their_file(tmp_path: Path, text: bytes) -> None:
    folder = folder_with(tmp_path, wells=TOPIC)
    (folder / "_macros.toml").write_bytes(text)
    with pytest.raises(ConfigError, match=r"_macros\.toml: "):
        load_topics([], [folder])


def test_files_of_other_programs_are_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, wells="\ufeff" + TOPIC)
    lines = [
        '{"text": "A well \\ud83d\u2028dug", "about": ["wells"]}',
        "",
        '{"text": "An ocean"}',
        "",
    ]
    (folder / "_examples.jsonl").write_text("\n".join(lines), encoding="utf-8-sig")
    assert [e.text for e in load_topic(folder / "wells.toml").shared] == [
        "A well ?\u2028dug",
        "An ocean",
    ]


def test_lint_tells_that_a_fact_is_no_filter_where_there_are_examples(tmp_path: Path) -> None:
    filtered = TOPIC.replace("'''(", "'''lang:es AND (", 1)
    alone = filtered[: filtered.index("[examples]")]
    folder = folder_with(tmp_path, wells=filtered, pits=alone.replace('wells"', 'pits"', 1))
    (said,) = lint_topic(load_topic(folder / "wells.toml"))
    assert said.source == "lang:es"
    assert "keeps nothing away" in said.message
    assert lint_topic(load_topic(folder / "pits.toml")) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('[examples]\nnot_about = ["A pit"]', ("examples.not_about", "not used")),
        ('[examples]\nabout = ["A well", " "]', ("examples.about", "empty")),
        ("context = 'water'", ("context", "without examples")),
        ("context = 'water'\nneeds_words = true", ("context", "with needs_words")),
    ],
)
def test_lint_tells_what_has_no_effect(tmp_path: Path, lines: str, said: tuple[str, str]) -> None:
    bare = f'name = "wells"\ndescription = "x"\nquery = "well"\n{lines}\n'
    folder = folder_with(tmp_path, wells=bare)
    (remark,) = lint_topic(load_topic(folder / "wells.toml"))
    assert remark.source == said[0]
    assert said[1] in remark.message
