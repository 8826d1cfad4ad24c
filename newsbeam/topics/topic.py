"""A topic: what a desk watches for, as a readable TOML file.

``<name>.toml`` is written by people; ``<name>.calibration.json`` beside it is written by
``newsbeam topics calibrate``; ``<name>.vectors.npz`` keeps the examples' vectors, so that a run
need not compute them.  The format is described in ``docs/topics.md``.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from newsbeam.errors import ConfigError, QueryError, reason_of
from newsbeam.settings import read_table
from newsbeam.topics.query.nodes import Fact, Node, Not, Or, Phrase, children
from newsbeam.topics.query.parser import Known, Query, parse_query

SHARED = "_examples.jsonl"
"""Examples that the topics of a folder share, a JSON object a line."""
PACKS = Path(__file__).parent / "packs"
"""Folder of the packs that come with newsbeam."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*$")


@dataclass(frozen=True)
class Examples:
    """Passages and headlines, written to show what the topic is and is not."""

    about: tuple[str, ...] = ()
    not_about: tuple[str, ...] = ()


@dataclass(frozen=True)
class SharedExample:
    """A passage or headline that all topics of a folder learn from."""

    text: str
    about: tuple[str, ...] = ()
    """Topics that it deals with; for the others it is a counter-example."""
    open: tuple[str, ...] = ()
    """Topics for which it is neither, as readers may differ."""


@dataclass(frozen=True)
class Topic:
    """One topic, as its file says it."""

    name: str
    """Lower-case words with hyphens; the file's name."""
    description: str
    """What the topic is, in a few sentences for a colleague; also read by the model."""
    title: str = ""
    query: str = ""
    """Boolean query: true of an article, a headline or a paragraph that deals with the topic."""
    wide: str = ""
    """Boolean query for the words of the topic; passages in which it is true are embedded.  Empty:
    any term of ``query``."""
    needs_words: bool = False
    """Whether no article without these words can be on the topic.  Else one whose headline and
    beginning read like the topic may do without."""
    context: str = ""
    """Boolean query for what an article without these words must speak of to be on the topic.
    Empty: nothing, but it must read the more like the topic."""
    precision: float = 0.8
    """Least share of right mentions; ``calibrate`` chooses the threshold for it."""
    macros: dict[str, str] = field(default_factory=dict)
    """name -> query, used as ``$name``."""
    examples: Examples = field(default_factory=Examples)
    shared: tuple[SharedExample, ...] = ()
    """The examples of its folder, where any is about the topic; not in the topic's own file."""

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"name must be lower-case words with hyphens; it is {self.name!r}")
        if not 0 < self.precision < 1:
            raise ValueError(f"precision must be between 0 and 1; it is {self.precision}")
        if not self.query and not self.examples.about:
            raise ValueError("a topic needs a query, or examples.about, or both")

    @cached_property
    def _known(self) -> Known:
        return {}

    @cached_property
    def parsed(self) -> Query | None:
        """The query; None where the topic has none."""
        return parse_query(self.query, self.macros, self._known) if self.query.strip() else None

    @cached_property
    def gate(self) -> Query | None:
        """The query for the words of the topic; None: it has none, and any article can be on it."""
        if self.wide.strip():
            return parse_query(self.wide, self.macros, self._known)
        if self.parsed is None:
            return None
        terms = tuple(_terms(self.parsed.root))
        return Query(self.query, Or(0, self.query, terms)) if terms else None

    @cached_property
    def surroundings(self) -> Query | None:
        """The query for the context; None where the topic has none."""
        return parse_query(self.context, self.macros, self._known) if self.context.strip() else None

    @property
    def has_meaning(self) -> bool:
        """Whether the topic has examples, so that passages are compared with them."""
        return bool(self.examples.about or self.shared)

    @cached_property
    def version(self) -> str:
        """12 hexadecimal digits that change with the definition."""
        known = asdict(replace(self, shared=()))
        # Without what is newer than a topic, its version is that of the times before.
        del known["shared"]
        if self.shared:
            known["shared"] = [(e.text, e.about, e.open) for e in self.shared]
        for key in ("needs_words", "context"):
            if not known[key]:
                del known[key]
        plain = json.dumps(known, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _terms(node: Node) -> list[Phrase]:
    match node:
        case Phrase():
            return [node]
        case Not() | Fact():
            return []
        case _:
            return [term for part in children(node) for term in _terms(part)]


def load_topic(path: Path) -> Topic:
    """Read one topic file.

    Raises:
        ConfigError: unreadable, an unknown key, a wrong value, or a wrong query (with its place).
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not valid TOML: {error}") from error
    if shared := shared_macros(path.parent):
        raw["macros"] = {**shared, **raw.get("macros", {})}
    if "shared" in raw:
        raise ConfigError(f"{path}: shared", f"unknown key; shared examples are in {SHARED}")
    topic = read_table(Topic, raw, str(path))
    examples = shared_examples(path.parent)
    if any(topic.name in example.about for example in examples):
        topic = replace(topic, shared=examples)
    for key, parsed in (("query", "parsed"), ("wide", "gate"), ("context", "surroundings")):
        try:
            getattr(topic, parsed)
        except QueryError as error:
            raise ConfigError(f"{path}: {key}", str(error)) from error
    return topic


def shared_macros(folder: Path) -> Mapping[str, str]:
    """Return the macros that all topics of a folder may use: those of its ``_macros.toml``.

    Raises:
        ConfigError: the file is wrong.
    """
    path = folder / "_macros.toml"
    if not path.exists():
        return {}
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not valid TOML: {error}") from error
    macros = raw.get("macros", {})
    table = macros if isinstance(macros, dict) else {"": None}
    if set(raw) - {"macros"} or not all(isinstance(v, str) for v in table.values()):
        raise ConfigError(str(path), "holds one table, [macros], of name = 'query'")
    return dict(macros)


def shared_examples(folder: Path) -> tuple[SharedExample, ...]:
    """Return the examples that all topics of a folder learn from: its ``_examples.jsonl``.

    Raises:
        ConfigError: the file is wrong (with the line's number).
    """
    path = folder / SHARED
    if not path.exists():
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error
    return _read_shared(text, str(path))


@lru_cache(maxsize=4)
def _read_shared(text: str, path: str) -> tuple[SharedExample, ...]:
    """Read them once for all topics of the folder."""
    lines = enumerate(text.split("\n"), 1)
    return tuple(_shared(line, f"{path}: line {number}") for number, line in lines if line.strip())


def _shared(line: str, where: str) -> SharedExample:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(where, f"not JSON: {error}") from error
    known = isinstance(raw, dict) and raw.keys() <= {"text", "about", "open"}
    text = raw.get("text") if known else None
    about, open_ = (raw.get("about", []), raw.get("open", [])) if known else ([], [])
    if not isinstance(text, str) or not text.strip() or not _names(about) or not _names(open_):
        raise ConfigError(where, 'must be {"text": "…", "about": [topics], "open": [topics]}')
    # lone halves of surrogate pairs are valid JSON and no valid text
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return SharedExample(whole, tuple(about), tuple(open_))


def _names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def of_pack(path: Path) -> bool:
    """Whether a topic's file comes with newsbeam."""
    return PACKS in path.parents


def find_topics(packs: Sequence[str], folders: Sequence[Path]) -> list[Path]:
    """Return the topic files of packs and folders; a folder's topic replaces a pack's.

    Raises:
        ConfigError: there is no such pack.
    """
    found: dict[str, Path] = {}
    for pack in packs:
        folder = PACKS / pack
        if not folder.is_dir():
            known = ", ".join(sorted(p.name for p in PACKS.iterdir() if p.is_dir()))
            raise ConfigError("topics.packs", f"there is no pack {pack!r}; known: {known}")
        found.update(_files(folder))
    for folder in folders:
        found.update(_files(Path(folder)))
    return list(found.values())


def _files(folder: Path) -> dict[str, Path]:
    return {p.stem: p for p in sorted(folder.glob("*.toml")) if not p.name.startswith("_")}
