"""Readers and model load in processes of their own, as soon as it is sure that they are needed."""

import os

from newsbeam.encoder_process import dismiss_encoders, remote_encoder
from newsbeam.settings import RunSettings, Settings
from pipelines import readers

CORES = 2
"""Up to so many, the model waits for the readers' parsers: this process takes one core meanwhile,
pages want to be read before they are embedded, and all three at once would make each other wait."""


def start(settings: Settings) -> None:
    """Let readers and model load in the background, unless they do or have.

    Raises:
        ConfigError: there is no such model on this machine.
    """
    model = remote_encoder(settings.model)
    if (os.cpu_count() or 1) > CORES:
        readers.warm(settings.extract)
        model.warm()
        return
    loaded, told = os.pipe()
    try:
        readers.warm(settings.extract, told)
    finally:
        os.close(told)
    try:
        model.warm(loaded)
    finally:
        os.close(loaded)


def start_where_all_is_new(settings: Settings) -> None:
    """Let them load before anything else where there is no store: what a run finds is then new."""
    embedded = settings.run.runner == RunSettings().runner
    if embedded and not settings.path(settings.store.path).exists():
        start(settings)


def dismiss() -> None:
    """End the processes, but for the parsers in memory; they start anew when they are needed."""
    readers.rest()
    dismiss_encoders()
