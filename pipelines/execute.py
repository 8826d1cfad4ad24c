"""Run the graph on the chosen Beam runner."""

import logging
from collections.abc import Sequence

from pipelines import quick_beam

beam = quick_beam.imported()
from apache_beam.metrics import MetricsFilter  # noqa: E402
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions  # noqa: E402

from newsbeam.errors import ConfigError, NewsbeamError  # noqa: E402
from newsbeam.records import Cursor, Entry, Feed  # noqa: E402
from newsbeam.settings import RunSettings  # noqa: E402
from pipelines.graph import build  # noqa: E402
from pipelines.job import Job  # noqa: E402
from pipelines.run import REFUSED  # noqa: E402
from pipelines.stages.items import Archive  # noqa: E402
from pipelines.stages.timing import NAMESPACE  # noqa: E402

PATIENCE_S = 7 * 86_400
"""Longest that a job may take; Beam's 300 s ended a job of ours on a busy machine."""
ANSWER_S = 60.0
"""Longest wait for a job service to answer at all."""

STAGES = ("poll", "fetch", "read", "extract", "embed", "match", "stage")


def execute(
    job: Job,
    *,
    feeds: Sequence[tuple[Feed, Cursor]] = (),
    entries: Sequence[Entry] = (),
    archives: Sequence[Archive] = (),
    most: int | None = None,
    known: str,
) -> dict[str, float]:
    """Run the graph to its end; return the seconds of work per stage.

    Raises:
        ConfigError: a runner that gives wrong results or that Beam does not know, or a job service
            that does not answer.
        NewsbeamError: what a stage raised on purpose (a model that is not the right one, …).
    """
    if job.settings.run.runner == RunSettings().runner:
        # what a stage raises reaches us; Beam's own traceback of it helps nobody
        logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    options = pipeline_options(job)
    try:
        pipeline = beam.Pipeline(options=options)
    except (ValueError, ImportError, AttributeError) as error:  # no such name, or no such class
        raise ConfigError("run.runner", str(error)) from error
    build(pipeline, job, feeds=feeds, entries=entries, archives=archives, most=most, known=known)
    _greet(pipeline.options.view_as(PortableOptions).job_endpoint)
    try:
        result = pipeline.run()
        result.wait_until_finish()
    except Exception as error:
        # Beam wraps what a stage raises; ours is what the operator must see
        if ours := _own_cause(error):
            raise ours from None
        raise
    counters = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]
    # portable runners may know attempted counts only
    spent = {
        c.key.metric.name.removeprefix("ms/"): (c.committed or c.attempted or 0) / 1000
        for c in counters
    }
    return {stage: round(spent[stage], 3) for stage in STAGES if stage in spent}


def _greet(endpoint: str | None) -> None:
    """Wait until a job service answers: Beam itself would wait as long as for the job.

    Raises:
        ConfigError: nothing that speaks gRPC answers there.
    """
    if not endpoint or endpoint == "embed":
        return
    import grpc

    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(ANSWER_S)
        except grpc.FutureTimeoutError as error:
            raise ConfigError(
                "run.options",
                f"no Beam job service answers at --job_endpoint={endpoint}: start it, or correct "
                "the address",
            ) from error


def _own_cause(error: BaseException | None) -> NewsbeamError | None:
    """Return our own error behind Beam's, best without the name of a step, which Beam adds."""
    found = None
    while error is not None:
        if isinstance(error, NewsbeamError):
            found = found or error
            if not getattr(error, "_tagged_with_step", False):
                return error
        error = error.__cause__ or error.__context__
    return found


def pipeline_options(job: Job) -> PipelineOptions:
    """Return Beam's options for the runner of the settings.

    Raises:
        ConfigError: the runner is known to give wrong results.
    """
    name = job.settings.run.runner
    if reason := REFUSED.get(name):
        raise ConfigError("run.runner", f"{name} is refused: {reason}")
    flags = [f"--runner={name}", f"--job_server_timeout={PATIENCE_S}", *job.settings.run.options]
    if name == RunSettings().runner:
        return quick_beam.quick_options(flags)
    return PipelineOptions(flags, save_main_session=False)
