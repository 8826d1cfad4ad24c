"""Run a BERT sentence encoder (mean pooling, unit length) on torch alone.

The forward pass is the published one (post-layer-norm BERT, GELU by erf), written with
``torch.nn.functional``: no model classes, so nothing but torch and tokenizers is imported.

Each text is encoded by itself, without padding, on one thread; several texts at once in threads.
So a vector does not depend on what else is encoded with it, nor on the number of cores: batch and
live give the same bits, in bf16 too (texts padded into batches differ by 2e-3 there).  It is also
faster on a CPU: what one layer hands to the next stays in the cache (docs/benchmarks.md).

Source: https://arxiv.org/abs/1810.04805 (BERT);
https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (pooling, 256 tokens).
"""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


def load_minilm(
    folder: Path, precision: str, threads: int
) -> tuple[Callable[[Sequence[str]], Any], int]:
    """Load weights and tokenizer.

    Args:
        folder: a sentence-transformers model folder (``model.safetensors``, ``tokenizer.json`` …).
        precision: ``fp32`` or ``bf16``.
        threads: texts encoded at once; 0: one per core.

    Returns:
        A function, texts -> float32 (n, d), unit length; and d.
    """
    import numpy as np
    import torch
    from safetensors.torch import load_file

    shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    limit = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    weights = {
        name: w.to(kind) if w.is_floating_point() else w.clone()  # nothing keeps the file mapped
        for name, w in load_file(folder / "model.safetensors").items()
    }
    tokenizer = _load_tokenizer(folder, limit["max_seq_length"])
    dim = int(shape["hidden_size"])

    def encode_one(text: str) -> Any:
        ids = torch.tensor([tokenizer.encode(text.strip()).ids])
        with torch.inference_mode():
            return _pool(_bert(weights, shape, ids)).numpy()

    # torch keeps the number of its threads by thread: each worker of ours has to say it
    workers = ThreadPoolExecutor(
        threads or os.cpu_count() or 1, "encode", torch.set_num_threads, (1,)
    )

    def forward(texts: Sequence[str]) -> Any:
        # longest first: the last worker to finish then has little left
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        vectors = np.zeros((len(texts), dim), dtype=np.float32)
        for place, vector in zip(
            order, workers.map(encode_one, (texts[i] for i in order)), strict=True
        ):
            vectors[place] = vector
        return vectors

    return forward, dim


def _load_tokenizer(folder: Path, max_tokens: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def _bert(weights: dict[str, Any], shape: dict[str, Any], ids: Any) -> Any:
    """Return the last hidden states, (1, tokens, d)."""
    import torch.nn.functional as F  # noqa: N812 - torch's own convention

    heads, eps = shape["num_attention_heads"], shape["layer_norm_eps"]

    def linear(x: Any, name: str) -> Any:
        return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x: Any, name: str) -> Any:
        return F.layer_norm(
            x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], eps
        )

    n, length = ids.shape
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][:length]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(shape["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        q, k, v = (
            linear(x, f"{layer}.attention.self.{part}").view(n, length, heads, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(q, k, v)
        mixed = mixed.transpose(1, 2).reshape(n, length, -1)
        attended = linear(mixed, f"{layer}.attention.output.dense")
        x = norm(x + attended, f"{layer}.attention.output.LayerNorm")
        wide = F.gelu(linear(x, f"{layer}.intermediate.dense"))
        x = norm(x + linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    return x


def _pool(hidden: Any) -> Any:
    """Return the mean over the tokens of one text, float32 (d,), unit length."""
    import torch.nn.functional as F  # noqa: N812 - torch's own convention

    return F.normalize(hidden[0].float().mean(0), dim=0)
