"""The log: one line an event, in the format that the settings say."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from lotse_shared.log import configure_logging, get_logger, is_debugging
from lotse_shared.settings import SettingsError


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("chosen", "stream", "written_as"),
    [
        ("auto", io.StringIO, "json"),
        ("auto", Terminal, "text"),
        ("json", Terminal, "json"),
        ("text", io.StringIO, "text"),
    ],
)
def test_the_format_is_as_set_or_as_fits_the_stream(
    chosen: str, stream: type[io.StringIO], written_as: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_LOG_FORMAT", chosen)
    written = stream()
    configure_logging("test", stream=written)
    with structlog.contextvars.bound_contextvars(request_id="r1", batch="b-1"):
        get_logger("x").info("stored", readings=3)
        logging.getLogger("another.library").warning("said %s", "so")
    lines = written.getvalue().splitlines()
    assert len(lines) == 2
    if written_as == "text":
        assert "stored" in lines[0]
        assert ("\x1b[" in lines[0]) == (stream is Terminal)
        return
    own, foreign = map(json.loads, lines)
    assert {name: own[name] for name in ("event", "level", "service", "request_id", "batch", "readings")} == {
        "event": "stored",
        "level": "info",
        "service": "test",
        "request_id": "r1",
        "batch": "b-1",
        "readings": 3,
    }
    assert (foreign["event"], foreign["request_id"]) == ("said so", "r1")


def test_the_level_is_as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_LOG_LEVEL", "WARNING")
    written = io.StringIO()
    configure_logging("test", stream=written)
    get_logger("x").info("quiet")
    get_logger("x").warning("loud")
    assert [json.loads(line)["event"] for line in written.getvalue().splitlines()] == ["loud"]
    assert not is_debugging()
    configure_logging("test", "DEBUG", written)
    assert is_debugging()


def test_a_format_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_LOG_FORMAT", "xml")
    with pytest.raises(SettingsError, match="LOTSE_LOG_FORMAT: "):
        configure_logging("test")
