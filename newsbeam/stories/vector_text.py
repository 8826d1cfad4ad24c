"""What a story vector is made of: one rule for pipeline, command line and benchmarks."""

CHARS = 600
"""Beginning of the text that goes into the vector: some 140 tokens of the model's 256."""


def vector_text(title: str | None, text: str | None) -> str:
    """Return headline and lead of an article, as the model reads them; never empty."""
    return f"{title or ''}\n{(text or '')[:CHARS]}".strip() or "-"
