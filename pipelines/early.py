"""Readers and model load in processes of their own, as soon as it is sure that they are needed."""

from newsbeam.encoder_process import dismiss_encoders, remote_encoder
from newsbeam.settings import RunSettings, Settings
from pipelines import readers


def start(settings: Settings) -> None:
    """Let readers and model load in the background, unless they do or have."""
    readers.warm(settings.extract)
    remote_encoder(settings.model).warm()


def start_where_all_is_new(settings: Settings) -> None:
    """Let them load before anything else where there is no store: what a run finds is then new."""
    embedded = settings.run.runner == RunSettings().runner
    if embedded and not settings.path(settings.store.path).exists():
        start(settings)


def dismiss() -> None:
    """End the processes, but for the parsers in memory; they start anew when they are needed."""
    readers.rest()
    dismiss_encoders()
