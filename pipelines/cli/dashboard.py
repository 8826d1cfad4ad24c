"""``newsbeam dashboard``: the publication in a browser."""

import os
import socket
import sys
from pathlib import Path

import click

from newsbeam.errors import ConfigError, NewsbeamError, reason_of
from newsbeam.settings import load_settings


@click.command()
@click.option("--address", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: 8501]")
@click.option("--open/--no-open", "browser", default=None, help="Open a browser window.")
@click.pass_obj
def dashboard(
    config: Path | None, address: str | None, port: int | None, browser: bool | None
) -> None:
    """Open the dashboard in a browser.

    It reads the published database and can never write it.  It listens on this machine only unless
    told otherwise: docs/analysts.md shows how to put it behind a proxy with sign-in.
    """
    import importlib.util

    if importlib.util.find_spec("streamlit") is None:
        raise ConfigError("dashboard", "Streamlit is missing: pip install 'newsbeam[dashboard]'")
    settings = load_settings(config)
    path = settings.path(settings.publish.path).resolve()
    if not path.exists():
        raise ConfigError(
            str(path), "nothing is published yet; `newsbeam run` or `newsbeam demo` fills it"
        )
    show = sys.stdout.isatty() if browser is None else browser
    address, port = address or settings.dashboard.address, port or settings.dashboard.port
    check_free(address, port)
    command = streamlit_command(address, port, headless=not show)
    environment = {
        **os.environ,
        "NEWSBEAM_PUBLICATION": str(path),
        "NEWSBEAM_DASHBOARD_DAYS": str(settings.dashboard.days),
        "NEWSBEAM_DASHBOARD_REFRESH_S": str(settings.dashboard.refresh_s),
    }
    if settings.dashboard.labels:
        environment["NEWSBEAM_LABELS_FOR"] = str(settings.path(settings.store.path).resolve())
    # in our place: whoever stops this process stops the server
    os.execve(command[0], command, environment)  # noqa: S606


def check_free(address: str, port: int) -> None:
    """Try to listen where the dashboard shall: Streamlit draws pages first, then fails unclearly.

    Raises:
        NewsbeamError: nobody can listen there.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(place)
            tried.listen()
    except (OSError, UnicodeError) as error:
        raise NewsbeamError(
            f"cannot listen on {address}:{port}: {reason_of(error)}; "
            "--address and --port name another place"
        ) from error


def streamlit_command(address: str, port: int, *, headless: bool) -> list[str]:
    """Return the command that serves the dashboard: local, quiet, nothing from outside."""
    import dashboards

    options = {
        "server.address": address,
        "server.port": str(port),
        "server.headless": str(headless).lower(),
        "server.fileWatcherType": "none",
        "server.enableXsrfProtection": "true",
        "browser.gatherUsageStats": "false",
        "browser.serverAddress": address,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "runner.fastReruns": "true",
    }
    start = Path(dashboards.__file__).parent / "serve.py"
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, str(start), *flags]
