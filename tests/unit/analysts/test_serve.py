"""The dashboard's server reads its options as Streamlit does."""

import pytest

from dashboards.serve import _option


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
