"""The encoder in a process of its own."""

import os
import select
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from newsbeam.encoder import bundled_folder, load_encoder
from newsbeam.encoder_process import RemoteEncoder
from newsbeam.errors import ConfigError, NewsbeamError
from newsbeam.minilm import load_minilm
from newsbeam.settings import ModelSettings

TEXTS = ["Harbour opens at dawn", "Ferries wait for the tide, says the port"]


@pytest.fixture
def encoder() -> Iterator[RemoteEncoder]:
    made = RemoteEncoder(ModelSettings())
    yield made
    made.close()


def children(of: int | str = "self") -> set[int]:
    own = Path(f"/proc/{of}/task").glob("*/children")
    return {int(pid) for file in own for pid in file.read_text().split()}


def handles(pids: set[int]) -> list[int]:
    """Return what tells that the processes have ended (Linux 5.3)."""
    return [os.pidfd_open(pid) for pid in pids]


def all_end(of: list[int]) -> bool:
    """Wait for the ends of processes, each for a minute at most."""
    ended = [bool(select.select([one], [], [], 60)[0]) for one in of]
    for one in of:
        os.close(one)
    return all(ended)


def test_the_vectors_are_the_same_bits_as_in_this_process(encoder: RemoteEncoder) -> None:
    here = load_encoder(ModelSettings())
    assert encoder.identity == here.identity
    for texts in (TEXTS, TEXTS[:1], []):
        assert np.array_equal(encoder.encode(texts), here.encode(texts))


def test_a_model_that_is_wrong_is_named_and_named_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "no-weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    encoder = RemoteEncoder(ModelSettings(name=str(folder)))
    for _ in range(2):
        with pytest.raises(ConfigError, match="no-weights"):
            encoder.encode(TEXTS)
    encoder.close()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux's /proc")
def test_a_process_that_died_is_told_and_replaced(encoder: RemoteEncoder) -> None:
    before = children()
    first = encoder.encode(TEXTS)
    (pid,) = children() - before
    os.kill(pid, signal.SIGTERM)  # as systemd stops a service: we decide
    assert np.array_equal(encoder.encode(TEXTS), first)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(NewsbeamError, match=r"runs the model all-MiniLM-L6-v2 died"):
        encoder.encode(TEXTS)
    assert np.array_equal(encoder.encode(TEXTS), first)
    encoder.close()
    assert children() <= before


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux's /proc")
def test_helpers_share_the_texts_and_end_with_the_process_that_forked_them() -> None:
    texts = [" ".join(["tide"] * (1 + n % 3)) for n in range(29)]
    settings = ModelSettings(threads=3)
    here, before = load_encoder(ModelSettings()).encode(texts), children()
    encoder = RemoteEncoder(settings)
    try:
        assert np.array_equal(encoder.encode(texts), here)
        (pid,) = children() - before
        helpers = children(pid)
        assert len(helpers) == 3
        watched = handles(helpers)
        os.kill(min(helpers), signal.SIGKILL)
        with pytest.raises(NewsbeamError, match="died"):
            encoder.encode(texts)
        assert all_end(watched)
        assert np.array_equal(encoder.encode(texts), here)
        (pid,) = children() - before
        watched = handles(children(pid))
        os.kill(pid, signal.SIGKILL)
        assert all_end(watched)
    finally:
        encoder.close()


def test_a_call_that_is_interrupted_leaves_no_answer_for_the_next(
    encoder: RemoteEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("newsbeam.encoder_process.receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            encoder.encode(TEXTS)
    assert len(encoder.encode(TEXTS[:1])) == 1


def test_the_model_waits_for_what_is_loaded_before(encoder: RemoteEncoder) -> None:
    loaded, told = os.pipe()
    encoder.warm(loaded)
    os.close(loaded)
    answer = ThreadPoolExecutor(1).submit(encoder.encode, TEXTS)
    process = encoder._process
    assert process is not None
    with pytest.raises(TimeoutError):
        answer.result(timeout=2.0)  # it loads in less; then it would have helpers
    assert children(process.pid) == set()
    os.close(told)
    assert answer.result(timeout=60).shape == (2, 384)


def test_loading_leaves_the_number_of_torch_threads_as_it_was() -> None:
    import torch

    usual = torch.get_num_threads()
    torch.set_num_threads(2)
    load_minilm(bundled_folder(), "fp32", 1)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(usual)
