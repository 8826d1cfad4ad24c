"""The text of pages that carry it as data: an application's state in a script, no paragraph at all.

Asked only where the visible page says next to nothing.  The state of an application also has menus,
teasers and other articles in it; what is believed is the largest run of prose below an object that
bears the page's own headline.

Source: https://nextjs.org/docs/pages/building-your-application/rendering (``__NEXT_DATA__``).
"""

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from newsbeam.articles.dom.letters import letters

MIN_PROSE = 40
"""Letters of a string that may be a paragraph."""
MIN_TITLE = 6
"""Letters of a headline by which an object is known."""
MIN_TEXT = 250
"""Letters of all paragraphs together."""
MAX_VALUES = 200_000
"""Values that are looked at."""
MAX_SCRIPTS = 60

_SCRIPT = re.compile(r"<script\b([^>]{0,500})>", re.I)
_OPENS = re.compile(r"""^\s*(?:(?:(?:var|let|const)\s+)?[\w$.\[\]"']{1,80}\s*=\s*)?(?=[\[{])""")
_PARSED = re.compile(r"""=\s*JSON\.parse\(\s*(?=["'])""")
_TAG = re.compile(r"<[^<>]{1,400}>")
_BREAK = re.compile(r"</(?:p|div|li|h\d|blockquote)\s*>|<br\s*/?>", re.I)
_PROSE = re.compile(r"[.!?…。！？؟।][”\"'’»)\]]*\s*$")
_CODE = re.compile(r"[{}]|;\s*$|https?://\S+\s*$|^[\w-]+(?:[/_.][\w-]+)+$|\bfunction\b|^\s*[.#@]\w")


def paragraphs_of_state(raw: str, titles: Iterable[str | None]) -> list[str]:
    """Return the paragraphs of the page's article as its scripts carry them; empty where none do.

    Args:
        raw: the page's source.
        titles: what the page and its feed call it: the article's own object bears one of them.
    """
    wanted = {key for title in titles if len(key := letters(title or "")) >= MIN_TITLE}
    if not wanted:
        return []
    best: list[str] = []
    for data in _states(raw):
        for found in _below_headline(data, wanted):
            if _size(found) > _size(best):
                best = found
    return best if _size(best) >= MIN_TEXT else []


def _states(raw: str) -> Iterator[Any]:
    """Yield the JSON values of a page's scripts."""
    decoder = json.JSONDecoder(strict=False)
    for count, found in enumerate(_SCRIPT.finditer(raw)):
        if count >= MAX_SCRIPTS:
            return
        end = raw.find("</script", found.end())
        text = raw[found.end() : end if end >= 0 else len(raw)]
        if len(text) < MIN_TEXT or "ld+json" in found[1]:
            continue
        try:
            if opens := _OPENS.match(text):
                yield decoder.raw_decode(text, opens.end())[0]
            elif parsed := _PARSED.search(text[:400]):
                inner, _ = decoder.raw_decode(text, parsed.end())
                yield decoder.decode(inner)
        except (ValueError, RecursionError, TypeError):
            continue


def _below_headline(data: Any, wanted: set[str]) -> Iterator[list[str]]:
    """Yield the prose below each object that bears the headline, the innermost objects last."""
    stack, looked = [data], 0
    while stack and looked < MAX_VALUES:
        value = stack.pop()
        looked += 1
        if isinstance(value, dict):
            if any(isinstance(v, str) and _bears(v, wanted) for v in _own(value)):
                yield _prose(value)
            stack.extend(v for v in value.values() if isinstance(v, dict | list))
        elif isinstance(value, list):
            stack.extend(v for v in value if isinstance(v, dict | list))


def _bears(text: str, wanted: set[str]) -> bool:
    """Say whether a text is one of the headlines, or one without the outlet's name."""
    if len(text) > 400:
        return False
    key = letters(text)
    return key in wanted or (len(key) >= 2 * MIN_TITLE and any(key in whole for whole in wanted))


def _own(value: dict[str, Any]) -> Iterator[Any]:
    """Yield an object's values, and those of small objects in it."""
    for inner in value.values():
        if isinstance(inner, dict) and len(inner) <= 8:
            yield from inner.values()
        else:
            yield inner


def _prose(data: Any) -> list[str]:
    """Return the largest run of paragraphs that stand at one kind of place."""
    runs: dict[tuple[str, ...], list[str]] = defaultdict(list)
    stack: list[tuple[Any, tuple[str, ...]]] = [(data, ())]
    looked = 0
    while stack and looked < MAX_VALUES:
        value, place = stack.pop()
        looked += 1
        if isinstance(value, str):
            runs[place].extend(_paragraphs(value))
        elif isinstance(value, dict) and _is_paragraph(value):
            runs[(*place, "")].extend(_paragraphs("".join(_leaves(value))))
        elif isinstance(value, dict):
            stack.extend((v, (*place, str(k))) for k, v in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend((v, (*place, "*")) for v in reversed(value))
    found = max(runs.values(), key=_size, default=[])
    return list(dict.fromkeys(found))


def _is_paragraph(value: dict[str, Any]) -> bool:
    """Say whether an object is an editor's paragraph: inline nodes, some of them bold or links."""
    kind = value.get("type") or value.get("nodeType") or value.get("_type")
    inner = value.get("content") or value.get("children")
    return isinstance(kind, str) and kind in ("paragraph", "block", "p") and isinstance(inner, list)


def _leaves(node: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a paragraph's inline nodes, in order."""
    stack: list[Any] = [node]
    while stack:
        value = stack.pop()
        if not isinstance(value, dict):
            continue
        text = value.get("text", value.get("value"))
        if isinstance(text, str):
            yield text
        inner = value.get("content") or value.get("children")
        if isinstance(inner, list):
            stack.extend(reversed(inner[:1000]))


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a string: several of markup, one of prose, none of anything else."""
    if len(text) < MIN_PROSE / 3:
        return []
    if "<" in text:
        text = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))
    found = []
    for line in text.split("\n"):
        plain = " ".join(line.split())
        wide = sum(c > "\u2e80" for c in plain[:200])
        long = len(plain) >= (MIN_PROSE / 2.5 if wide > 10 else MIN_PROSE)
        if long and _PROSE.search(plain) and not _CODE.search(plain):
            found.append(plain)
    return found


def _size(texts: list[str]) -> int:
    return sum(len(text) + (sum(c > "\u2e80" for c in text) * 3) // 2 for text in texts)
