# ruff: noqa: E501 - walls are written as they stand
"""Measure what an outlet's other pages add to the verdict.

``NEWSBEAM_DATA=… python tests/benchmarks/bench_outlets.py``

Gain: walls in words that no list knows, each at four addresses, judged page by page and then with
the outlet's memory.  Harm: the feed texts of five real days, as if they were pages; whatever is
judged there repeats, word for word, under unlike headlines.
"""

import gzip
import html
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from newsbeam.articles.outlets import MAX_CHARS, Seen, Sighting, judge_among, remember
from newsbeam.articles.read import read_page
from newsbeam.records import Entry, Page
from newsbeam.urls import outlet_of

DATA = Path(os.environ.get("NEWSBEAM_DATA", Path(__file__).parents[3] / "shared" / "data"))
NOW = datetime(2026, 3, 3, tzinfo=UTC)
WALLS = {
    "fi": "Palvelu avautuu hetken kuluttua. Tarkistamme ensin, että yhteytesi on kunnossa ja että"
    " olet saapunut oikeaan paikkaan.\nJos mitään ei tapahdu, ota yhteyttä asiakaspalveluumme, joka"
    " vastaa arkisin kello yhdeksästä viiteen ja lauantaisin kymmenestä kahteen.",
    "hu": "Kérjük, várjon egy pillanatot, amíg előkészítjük az oldalt az Ön számára. Ez általában"
    " csak néhány másodpercet vesz igénybe.\nHa az oldal nem jelenik meg, forduljon"
    " ügyfélszolgálatunkhoz, amely minden hétköznap reggel nyolctól este hatig elérhető.",
    "cs": "Stránku pro vás právě připravujeme, vydržte prosím okamžik. Obvykle to netrvá déle než"
    " několik vteřin.\nPokud se nic nestane, napište naší redakci, která odpovídá každý všední den od"
    " osmi do šestnácti hodin a o víkendu dopoledne.",
    "ro": "Pregătim pagina pentru dumneavoastră, vă rugăm să așteptați câteva clipe. De obicei nu"
    " durează mai mult de câteva secunde.\nDacă nu se întâmplă nimic, scrieți redacției noastre, care"
    " răspunde în fiecare zi lucrătoare între orele opt și șaisprezece.",
    "en": "Welcome back. This part of the paper has moved to our new reader, which opens on phones and"
    " tablets with the key that came with your letter.\nShould the key be lost, the front desk in"
    " Market Street is happy to print another one on any weekday between nine and five o'clock.",
    "de": "Schön, dass Sie da sind. Dieser Teil der Zeitung ist in unsere neue Leseecke umgezogen, die"
    " Sie mit dem Schlüssel aus unserem Brief öffnen.\nIst der Schlüssel verlegt, druckt Ihnen die"
    " Geschäftsstelle am Markt gern einen neuen, an jedem Werktag von neun bis siebzehn Uhr.",
}
HEADLINES = ("Harbour opens in May", "Council votes on budget", "Library roof delayed", "Team wins")


def gain() -> None:
    """Print how many walls are recognised page by page, and with the outlet's memory."""
    alone = together = 0
    for language, text in WALLS.items():
        known: dict[str, Seen] = {}
        for number, headline in enumerate(HEADLINES):
            url = f"https://paper-{language}.example/news/{number}-story-of-the-day"
            body = "".join(f"<p>{line}</p>" for line in text.split("\n"))
            source = f"<html lang={language}><body><main>{body}</main></body></html>"
            entry = Entry(url, "f", url, url, title=headline)
            article = read_page(Page(entry, url, source.encode(), NOW), now=NOW)
            page = Sighting(article.id, headline, article.text)
            by_page = article.verdict in ("soft_404", "bot_wall", "consent_wall")
            alone += by_page
            together += by_page or judge_among(page, known) is not None
            remember(page, known)
    total = len(WALLS) * len(HEADLINES)
    print(
        f"walls recognised, of {total}: {alone} page by page, {together} with the outlet's memory"
    )


def _texts() -> Iterator[Sighting]:
    for path in sorted((DATA / "stream").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                text = re.sub(r"</p>|<br */?>", "\n", item.get("description") or "")
                text = html.unescape(re.sub(r"<[^>]+>", " ", text))
                yield Sighting(item["link"], item.get("title") or "", text)


def harm() -> None:
    """Print how many of the real texts are judged, by outlet."""
    known: dict[str, dict[str, Seen]] = defaultdict(dict)
    judged: Counter[str] = Counter()
    total = 0
    for page in _texts():
        if not 0 < len(page.text) <= MAX_CHARS:
            continue
        total += 1
        outlet = outlet_of(page.article_id)
        judged[outlet] += judge_among(page, known[outlet]) is not None
        remember(page, known[outlet])
    print(f"real feed texts judged: {judged.total()} of {total}")
    for outlet, count in judged.most_common(4):
        print(f"  {outlet:24} {count}")


def main() -> None:
    """Run both parts."""
    gain()
    if (DATA / "stream").is_dir():
        harm()
    else:
        print(f"skipped: no measuring data at {DATA} (set NEWSBEAM_DATA)")


if __name__ == "__main__":
    main()
