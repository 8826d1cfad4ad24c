"""Digest times and quiet hours, summer time included."""

from datetime import UTC, datetime

from newsbeam.alerts.schedule import next_digest, quiet_until


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_next_digest_is_the_first_time_after_now() -> None:
    times = ("08:00", "17:00")
    assert next_digest(at("2026-01-10T06:59"), times, "Europe/Berlin") == at("2026-01-10T07:00")
    assert next_digest(at("2026-01-10T07:00"), times, "Europe/Berlin") == at("2026-01-10T16:00")
    assert next_digest(at("2026-01-10T20:00"), times, "Europe/Berlin") == at("2026-01-11T07:00")


def test_a_digest_keeps_its_clock_time_over_the_change_to_summer_time() -> None:
    assert next_digest(at("2026-03-28T12:00"), ("08:00",), "Europe/Berlin") == at(
        "2026-03-29T06:00"
    )


def test_quiet_hours_go_over_midnight() -> None:
    span, zone = "22:00-07:00", "Europe/Berlin"
    assert quiet_until(at("2026-01-10T21:30"), span, zone) == at("2026-01-11T06:00")
    assert quiet_until(at("2026-01-11T05:59"), span, zone) == at("2026-01-11T06:00")
    assert quiet_until(at("2026-01-11T06:00"), span, zone) is None
    assert quiet_until(at("2026-01-11T12:00"), span, zone) is None


def test_quiet_hours_within_a_day() -> None:
    assert quiet_until(at("2026-01-10T12:30"), "12:00-13:00", "UTC") == at("2026-01-10T13:00")
    assert quiet_until(at("2026-01-10T11:59"), "12:00-13:00", "UTC") is None
    assert quiet_until(at("2026-01-10T12:30"), "", "UTC") is None


def test_the_night_of_the_change_to_summer_time_is_an_hour_shorter() -> None:
    assert quiet_until(at("2026-03-28T23:00"), "22:00-07:00", "Europe/Berlin") == at(
        "2026-03-29T05:00"
    )
