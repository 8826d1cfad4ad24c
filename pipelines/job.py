"""A job: what every stage needs to know, small enough to travel to any worker."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from newsbeam.records import record_id
from newsbeam.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the graph."""

    kind: str
    """run, backfill, watch or demo."""
    now: datetime
    """Start of the run, aware UTC; every row that the run writes carries it."""
    settings: Settings
    part: int = 0
    """Which part of a run that is committed in parts (:mod:`pipelines.parts`)."""
    run_id: str = field(init=False)
    """Stable id: the same start with the same configuration is the same run."""

    def __post_init__(self) -> None:
        if self.now.utcoffset() != UTC.utcoffset(None):
            raise ValueError(f"a job's time is aware and in UTC, not {self.now!r}")
        which = (str(self.part),) if self.part else ()
        run_id = record_id("run", self.kind, self.now.isoformat(), self.settings.hash(), *which)
        object.__setattr__(self, "run_id", run_id)  # once: the hash takes milliseconds

    @property
    def folder(self) -> Path:
        """Where the run stages its files; on a cluster every worker must see it."""
        return self.settings.path(self.settings.store.staging).absolute() / self.run_id
