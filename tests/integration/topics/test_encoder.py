"""The shared encoder against sentence-transformers itself."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from newsbeam.encoder import (
    BUNDLED_SHA256,
    LazyEncoder,
    background,
    bundled_folder,
    is_bundled,
    load_encoder,
    model_identity,
)
from newsbeam.errors import ConfigError
from newsbeam.settings import ModelSettings

TEXTS = [
    "A short one",
    "",
    "Ünïcode “quotes” and 著作権法",
    "word " * 600,
    "Meta takes a cut of what cloud companies earn by hosting its Llama models.",
    "\n  spaces around  \n",
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_vectors_equal_those_of_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(bundled_folder()), device="cpu")
    expected = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    found = load_encoder(ModelSettings(precision="fp32")).encode(TEXTS)
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() < 1e-5
    rounded = load_encoder(ModelSettings(precision="bf16")).encode(TEXTS)
    assert (found * rounded).sum(axis=1).min() > 0.999


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_vector_is_the_same_to_the_bit_whatever_is_encoded_with_it(
    precision: Literal["fp32", "bf16"],
) -> None:
    together = load_encoder(ModelSettings(precision=precision, threads=2)).encode(TEXTS)
    alone = load_encoder(ModelSettings(precision=precision, threads=1))
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.array_equal(alone.encode([text])[0], vector)
    assert alone.encode([]).shape == (0, 384)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_of_another_model_what_all_texts_have_in_common_is_taken_off(tmp_path: Path) -> None:
    shutil.copytree(bundled_folder(), tmp_path / "other")
    settings = ModelSettings(name=str(tmp_path / "other"), precision="fp32")
    own, found = load_encoder(ModelSettings(precision="fp32")), load_encoder(settings)
    assert not is_bundled(found.identity)
    assert is_bundled(own.identity)
    assert "-centred/" in found.identity
    common = own.encode(background()).mean(axis=0)
    expected = own.encode(TEXTS) - common
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.abs(found.encode(TEXTS) - expected).max() < 1e-4
    assert np.linalg.norm(found.encode(background()).mean(axis=0)) < np.linalg.norm(common) / 2


def test_the_identity_is_known_without_loading() -> None:
    identity = LazyEncoder(ModelSettings(precision="fp32")).identity
    assert identity == f"all-MiniLM-L6-v2@{BUNDLED_SHA256[:12]}/fp32/torch"
    assert model_identity(ModelSettings(precision="bf16")) != identity


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr("newsbeam.encoder.bundled_folder", lambda: tmp_path)
    with pytest.raises(ConfigError, match="not the known weights"):
        load_encoder(ModelSettings(batch=7))


def test_an_unknown_model_is_named_with_the_cure() -> None:
    with pytest.raises(ConfigError, match=r"no model 'no-such-model'.*hf download"):
        model_identity(ModelSettings(name="no-such-model"))


def test_the_module_imports_nothing_heavy() -> None:
    code = (
        "import sys, newsbeam.encoder, newsbeam.topics, pipelines.cli.topics;"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'numpy'};"
        "bad = heavy & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


GROWTH = """
from newsbeam.encoder import load_encoder
from newsbeam.settings import ModelSettings
encoder = load_encoder(ModelSettings(precision="bf16"))
page = __import__("os").sysconf("SC_PAGE_SIZE")
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * page / 1e6
encoder.encode(["word " * n for n in range(3, 13)])
before = resident()
encoder.encode(["word " * n for n in range(13, 73)])
print(resident() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_texts_of_ever_new_lengths_do_not_take_ever_more_memory() -> None:
    done = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, check=True)
    assert float(done.stdout) < 60  # two megabytes a length, were each one's kernels kept
