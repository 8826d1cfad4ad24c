"""``newsbeam watch``."""

import os
from pathlib import Path

import click

from newsbeam.settings import SECRETS


@click.command()
@click.option("--once", is_flag=True, help="One cycle and its messages, then stop: for cron.")
@click.option(
    "--cycles",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Stop after so many cycles; 0: never.",
)
@click.option(
    "--listen", metavar="HOST:PORT", help="Metrics, health and feeds, instead of watch.listen."
)
@click.pass_obj
def watch(config: Path | None, once: bool, cycles: int, listen: str | None) -> None:
    """Poll feeds when they are due, store what is new, and alert, for good.

    SIGTERM or Ctrl-C stops at the end of the cycle, a second one at once.  SIGHUP reads the
    settings, feeds and topics again and keeps the old ones where the new are wrong.
    """
    from pipelines import logs
    from pipelines.watch import Supervisor

    secrets = {name: os.environ[name] for name in SECRETS if os.environ.get(name)}
    supervisor = Supervisor(config, secrets, cycles=1 if once else cycles, listen=listen)
    logs.configure(supervisor.settings.watch.log)
    supervisor.run()
