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

from newsbeam.encoder import Forward, Lengths

TOKENS = 128
"""Length of text that the layout of the weights is chosen for: about a headline and a lead."""


def load_minilm(folder: Path, precision: str, threads: int) -> tuple[Forward, Lengths, int]:
    """Load weights and tokenizer.

    Args:
        folder: a sentence-transformers model folder (``model.safetensors``, ``tokenizer.json`` …).
        precision: ``fp32`` or ``bf16``.
        threads: texts encoded at once; 0: one per core.

    Returns:
        A function, texts -> float32 (n, d), unit length; one that counts their tokens; and d.
    """
    import numpy as np
    import torch
    from safetensors.torch import load_file

    shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    limit = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    usual = torch.get_num_threads()
    torch.set_num_threads(1)  # where another process has the other core, two wait for each other
    weights = {
        name: w.to(kind) if w.is_floating_point() else w.clone()  # nothing keeps the file mapped
        for name, w in load_file(folder / "model.safetensors").items()
    }
    layers = [_layer(weights, i, shape) for i in range(shape["num_hidden_layers"])]
    torch.set_num_threads(usual)
    tokenizer = _load_tokenizer(folder, limit["max_seq_length"])
    dim = int(shape["hidden_size"])

    def tokens_of(text: str) -> list[int]:
        found: list[int] = tokenizer.encode(text.strip()).ids
        return found

    def encode_one(tokens: list[int]) -> Any:
        ids = torch.tensor([tokens])
        with torch.inference_mode():
            return _pool(_bert(weights, layers, shape, ids)).numpy()

    # torch keeps the number of its threads by thread: each worker of ours has to say it
    workers = ThreadPoolExecutor(
        threads or os.cpu_count() or 1, "encode", torch.set_num_threads, (1,)
    )

    def forward(texts: Sequence[str]) -> Any:
        # longest first: the last worker to finish then has little left.  Those of one length in
        # turn: its kernels are made once (a fourteenth of the time)
        tokens = [tokens_of(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: -len(tokens[i]))
        vectors = np.zeros((len(texts), dim), dtype=np.float32)
        for place, vector in zip(
            order, workers.map(encode_one, (tokens[i] for i in order)), strict=True
        ):
            vectors[place] = vector
        return vectors

    def lengths(texts: Sequence[str]) -> list[int]:
        return [len(one.ids) for one in tokenizer.encode_batch([t.strip() for t in texts])]

    return forward, lengths, dim


def _load_tokenizer(folder: Path, max_tokens: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


Linear = Callable[[Any], Any]
"""(1, tokens, in) -> (1, tokens, out)"""


def _linear(weight: Any, bias: Any, gelu: bool = False) -> Linear:
    """Return a layer ``gelu?(weight · x + bias)``.

    In bf16 the weights are laid out once as oneDNN multiplies them, and the activation is part of
    the multiplication: all texts together take a seventh less time (docs/benchmarks.md).  It is
    what torch's compiler does with a frozen model.

    Source: https://github.com/pytorch/pytorch/blob/main/torch/_inductor/fx_passes/mkldnn_fusion.py
    """
    import torch
    import torch.nn.functional as F  # noqa: N812 - torch's own convention

    if weight.dtype is torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported():
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, TOKENS)
        multiply, after = torch.ops.mkldnn._linear_pointwise, "gelu" if gelu else "none"
        return lambda x: multiply(x, packed, bias, after, [], "none" if gelu else "")
    if gelu:
        return lambda x: F.gelu(F.linear(x, weight, bias))
    return lambda x: F.linear(x, weight, bias)


def _layer(weights: dict[str, Any], number: int, shape: dict[str, Any]) -> Callable[[Any], Any]:
    """Return one layer of the encoder, (1, tokens, d) -> (1, tokens, d); it takes its weights."""
    import torch
    import torch.nn.functional as F  # noqa: N812 - torch's own convention

    heads, eps = shape["num_attention_heads"], shape["layer_norm_eps"]

    def take(name: str) -> tuple[Any, Any]:
        full = f"encoder.layer.{number}.{name}"
        return weights.pop(f"{full}.weight"), weights.pop(f"{full}.bias")

    parts = [take(f"attention.self.{part}") for part in ("query", "key", "value")]
    queries = _linear(torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts]))
    mix, mix_norm = _linear(*take("attention.output.dense")), take("attention.output.LayerNorm")
    widen = _linear(*take("intermediate.dense"), gelu=True)
    narrow, norm = _linear(*take("output.dense")), take("output.LayerNorm")

    def run(x: Any) -> Any:
        length, d = x.shape[1:]
        q, k, v = queries(x).view(1, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(1, length, d)
        x = F.layer_norm(x + mix(mixed), (d,), *mix_norm, eps)
        return F.layer_norm(x + narrow(widen(x)), (d,), *norm, eps)

    return run


def _bert(
    weights: dict[str, Any], layers: Sequence[Callable[[Any], Any]], shape: dict[str, Any], ids: Any
) -> Any:
    """Return the last hidden states, (1, tokens, d)."""
    import torch.nn.functional as F  # noqa: N812 - torch's own convention

    def of(name: str) -> Any:
        return weights[f"embeddings.{name}"]

    x = of("word_embeddings.weight")[ids] + of("position_embeddings.weight")[: ids.shape[1]]
    x = x + of("token_type_embeddings.weight")[0]
    norm = of("LayerNorm.weight"), of("LayerNorm.bias")
    x = F.layer_norm(x, x.shape[-1:], *norm, shape["layer_norm_eps"])
    for layer in layers:
        x = layer(x)
    return x


def _pool(hidden: Any) -> Any:
    """Return the mean over the tokens of one text, float32 (d,), unit length."""
    import torch.nn.functional as F  # noqa: N812 - torch's own convention

    return F.normalize(hidden[0].float().mean(0), dim=0)
