"""How fast thousands of boolean queries are matched against one article.

Run: ``python tests/benchmarks/bench_queries.py``.  Articles of 800 words and queries are made from
a vocabulary with the frequencies of language (Zipf), seeded.  Prints medians of processor time
(the machine may be busy), and the ratio to evaluating every query in the same run, one after the
other with the evaluator that the candidates are given to; both must find the same.
"""

import platform
import random
import statistics
import sys
from pathlib import Path
from time import thread_time

sys.path.insert(0, str(Path(__file__).parents[2]))

from newsbeam.topics.query import Evaluation, QuerySet, parse_query
from newsbeam.topics.query.document import text_document

WORDS = 800
SYLLABLES = "ka lo mi ra te su no vi da pe gu fo li ba ze tu ro ne sha cor pol dex ami ost".split()  # noqa: SIM905
KINDS = ("term", "and", "or", "phrase", "near", "brand", "nested")


def vocabulary(rng: random.Random, size: int = 30_000) -> list[str]:
    """Return distinct words, the commonest first and shortest."""
    words: dict[str, None] = {}
    while len(words) < size:
        syllables = 1 + min(4, int(len(words) ** 0.25 / 3))
        words["".join(rng.choice(SYLLABLES) for _ in range(syllables + rng.randint(0, 2)))] = None
    return list(words)


class Language:
    """Draws words with the frequency 1 / (rank + 2.7)."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.words = vocabulary(self.rng)
        total, self.sums = 0.0, []
        for rank in range(len(self.words)):
            total += 1 / (rank + 2.7)
            self.sums.append(total)

    def text(self, n: int) -> list[str]:
        """Return running text."""
        return self.rng.choices(self.words, cum_weights=self.sums, k=n)

    def term(self) -> str:
        """Return a word of the subject: the rank of "court", "revenue", "chip" and rarer."""
        return self.words[int(300 * (len(self.words) / 300) ** self.rng.random())]

    def name(self) -> str:
        """Return a name, which is what most queries turn on: rarer than the first 3,000 words."""
        return self.words[int(3000 * (len(self.words) / 3000) ** self.rng.random())]

    def query(self) -> str:
        """Return a query of a kind that analysts write."""
        n, t, kind = self.name, self.term, self.rng.choice(KINDS)
        match kind:
            case "term":
                return n()
            case "and":
                return f"{n()} AND {t()} AND NOT {t()}"
            case "or":
                return f"({n()} OR {n()} OR {n()}) AND ({t()} OR {t()})"
            case "phrase":
                return f'"{t()} {n()}" OR "{n()} {t()}"'
            case "near":
                return f"({n()} OR {n()}) NEAR/8 ({t()} OR {t()}*)"
            case "brand":
                return f"title:{n()} OR ({n()} SENTENCE {t()}) OR count({n()})>=3"
            case _:
                return f"({n()} AND ({t()} OR {t()} NEAR/5 {t()})) NOT ({t()} OR {t()})"


def article(language: Language) -> tuple[str, str]:
    """Return a headline and a text of 800 words, in sentences and paragraphs."""
    paragraphs = []
    for _ in range(WORDS // 80):
        words = language.text(80)
        paragraphs.append(" ".join(w + ("." if i % 16 == 15 else "") for i, w in enumerate(words)))
    return " ".join(language.text(10)), "\n".join(paragraphs)


def measure(count: int, articles: list[tuple[str, str]], language: Language) -> dict[str, float]:
    """Return medians in milliseconds per article for so many queries."""
    queries = {str(i): parse_query(language.query()) for i in range(count)}
    several = QuerySet(queries)
    for title, text in articles[:3]:
        several.match(text_document(title, text))
    fast, whole, slow, slow_whole, found, tried = [], [], [], [], [], []
    for i, (title, text) in enumerate(articles):
        began = thread_time()
        document = text_document(title, text)
        cut = thread_time()
        names = several.match(document, Evaluation(document))
        done = thread_time()
        fast.append(done - cut)
        whole.append(done - began)
        found.append(len(names))
        tried.append(len(several.choose(document).maybe))
        if i % 10 == 0:
            began = thread_time()
            document = text_document(title, text)
            cut = thread_time()
            every = several.match_all(document)
            done = thread_time()
            slow.append(done - cut)
            slow_whole.append(done - began)
            if every != names:
                raise SystemExit("the presearcher and the full evaluation differ")
    return {
        "match": statistics.median(fast) * 1000,
        "with words": statistics.median(whole) * 1000,
        "every": statistics.median(slow) * 1000,
        "every with words": statistics.median(slow_whole) * 1000,
        "true": statistics.mean(found),
        "evaluated": statistics.mean(tried),
    }


def main() -> None:
    """Print the table."""
    language = Language(seed=7)
    articles = [article(language) for _ in range(60)]
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print("match: given the words; all in: from the text; every: evaluating all queries")
    print(f"{'':>8} {'match':>8} {'every':>8} {'':>6} {'all in':>8} {'every':>8}")
    print(
        f"{'queries':>8} {'ms':>8} {'ms':>8} {'ratio':>6} {'ms':>8} {'ms':>8} {'ratio':>6} ", end=""
    )
    print(f"{'evaluated':>9} {'true':>6}")
    medians = {}
    for count in (1_000, 10_000):
        row = measure(count, articles, language)
        medians[count] = row
        match, whole = row["match"], row["with words"]
        print(
            f"{count:>8} {match:>8.2f} {row['every']:>8.1f} {row['every'] / match:>6.0f} ", end=""
        )
        every = row["every with words"]
        print(f"{whole:>8.2f} {every:>8.1f} {every / whole:>6.0f} ", end="")
        print(f"{row['evaluated']:>9.0f} {row['true']:>6.0f}")
    growth = medians[10_000]["with words"] / medians[1_000]["with words"]
    print(f"from 1,000 to 10,000 queries the cost grows {growth:.1f} times")


if __name__ == "__main__":
    main()
