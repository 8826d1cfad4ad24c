"""The settings as text: ``newsbeam.toml`` with every key, and ``docs/settings.md``.

Both are made from ``newsbeam/settings.py``: types and defaults from the dataclasses, meanings from
the docstrings below the fields.  So they cannot drift; a test compares ``docs/settings.md``.
"""

import ast
import inspect
import json
import textwrap
import types
import typing
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any

from newsbeam import settings

HEADER = """\
# Settings of newsbeam.  Every key is shown with its default; take the # away to change one.
# Relative paths start at the folder of this file.  Secrets are not settings: they come from the
# environment ({secrets}).
# The same list with more room: docs/settings.md
"""

NOT_KEYS = {"home"}
"""Fields of Settings that are no keys of the file."""


@dataclass(frozen=True)
class Key:
    """One key of the settings file."""

    name: str
    kind: str
    """Its type in plain words."""
    default: str | None
    """As TOML; None where there is none."""
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table of the settings file, or a kind of table that may occur several times."""

    header: str
    """``[fetch]``, ``[alerts.channels.NAME]``, ``[[alerts.rules]]``."""
    meaning: str
    keys: tuple[Key, ...]
    several: bool
    """The operator adds as many as needed; by default there is none."""


def tables() -> list[Table]:
    """Return all tables in the order of the settings."""
    return list(_tables(settings.Settings, "", several=False))


def settings_toml() -> str:
    """Return a settings file in which every key is commented out with its default."""
    parts = [HEADER.format(secrets=", ".join(settings.SECRETS))]
    for table in tables():
        mark = "# " if table.several else ""
        lines = ["", *_comment(table.meaning), f"{mark}{table.header}"]
        for key in table.keys:
            lines += [*_comment(key.meaning), f"# {key.name} = {_shown(key)}"]
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def settings_markdown() -> str:
    """Return the reference page of the settings."""
    parts = [
        "# Settings\n\n"
        "One file, `newsbeam.toml`; `newsbeam init` writes it with every key and its default.\n"
        "Unknown keys and wrong types are errors that name file, key and cure (exit code 2).\n"
        "Relative paths start at the folder of the file.  This page is made from\n"
        "`newsbeam/settings.py` (`python -m pipelines.starter.settings_text > docs/settings.md`).\n"
        "\nSecrets are not settings; they come from the environment: "
        + ", ".join(f"`{name}`" for name in settings.SECRETS)
        + ".\n"
    ]
    for table in tables():
        parts.append(f"\n## `{table.header}`\n\n{table.meaning}\n")
        if table.several:
            parts.append("\nAs many as you need; there is none by default.\n")
        if table.keys:
            parts.append("\n| key | type | default | meaning |\n|---|---|---|---|\n")
        for key in table.keys:
            default = "required" if key.default is None else f"`{key.default}`"
            meaning = key.meaning.replace("``", "`").replace("|", "\\|")
            parts.append(f"| `{key.name}` | {key.kind} | {default} | {meaning} |\n")
    return "".join(parts)


def _tables(cls: type, prefix: str, *, several: bool) -> Iterator[Table]:
    hints, said = typing.get_type_hints(cls), _meanings(cls)
    nested: list[tuple[str, type, bool]] = []
    keys = []
    for item in fields(cls):
        if item.name in NOT_KEYS and cls is settings.Settings:
            continue
        inner, header = _inner(hints[item.name], f"{prefix}{item.name}")
        if inner is not None:
            nested.append((header, inner, several or not is_dataclass(hints[item.name])))
            continue
        kind = _words(hints[item.name])
        keys.append(Key(item.name, kind, _default(item), said.get(item.name, "")))
    if cls is not settings.Settings:
        yield Table(_bracket(prefix), _clean(cls.__doc__ or ""), tuple(keys), several)
    for header, inner, many in nested:
        yield from _tables(inner, f"{header}.", several=many)


def _bracket(prefix: str) -> str:
    name = prefix.removesuffix(".")
    return f"[[{name.removesuffix('[]')}]]" if name.endswith("[]") else f"[{name}]"


def _inner(hint: Any, name: str) -> tuple[type | None, str]:
    """Return the dataclass that a field holds, one or several times, and its table's name."""
    if is_dataclass(hint):
        return typing.cast(type, hint), name
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is dict and is_dataclass(args[1]):
        return typing.cast(type, args[1]), f"{name}.NAME"
    if origin is tuple and args and is_dataclass(args[0]):
        return typing.cast(type, args[0]), f"{name}[]"
    return None, name


def _meanings(cls: type) -> dict[str, str]:
    """Return the docstrings below the fields of a dataclass."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - getsource of a class
    said: dict[str, str] = {}
    for node, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            said[node.target.id] = _clean(str(after.value.value))
    return said


def _clean(text: str) -> str:
    return " ".join(text.split())


def _words(hint: Any) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _words(next(a for a in args if a is not type(None)))
    if origin is typing.Literal:
        return " or ".join(f"`{json.dumps(a)}`" for a in args)
    if origin is tuple:
        return f"list of {_words(args[0])}"
    if origin is dict:
        return f"table of {_words(args[1])}"
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}[hint]


def _default(item: Field[Any]) -> str | None:
    if item.default is not MISSING:
        return _toml(item.default)
    if item.default_factory is not MISSING:
        return _toml(item.default_factory())
    return None


def _toml(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return f"[{', '.join(str(_toml(v)) for v in value)}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return json.dumps(value, ensure_ascii=False)


def _shown(key: Key) -> str:
    if key.default is None:
        return '""   # required' if key.kind == "text" else "   # required"
    return key.default or '""   # not set' if key.kind == "text" else key.default or "   # not set"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text.replace("``", "`"), 96)]


if __name__ == "__main__":
    print(settings_markdown(), end="")  # noqa: T201 - this is its purpose
