"""The dashboard's server reads its options as Streamlit does."""

import socket

import pytest

from dashboards.serve import _option
from newsbeam.errors import NewsbeamError
from pipelines.cli.dashboard import check_free


def test_a_place_where_nobody_can_listen_is_said_before_streamlit_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NewsbeamError, match=f"cannot listen on 127.0.0.1:{port}: Address"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
    with pytest.raises(NewsbeamError, match="cannot listen on no such host:8501"):
        check_free("no such host", 8501)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--server.address=127.0.0.1", ("server_address", "127.0.0.1")),
        ("--server.port=8501", ("server_port", 8501)),
        ("--server.headless=true", ("server_headless", True)),
        ("--browser.gatherUsageStats=false", ("browser_gatherUsageStats", False)),
    ],
)
def test_options_keep_their_types(argument: str, expected: tuple[str, object]) -> None:
    assert _option(argument) == expected
