"""MQTT topics of the native dialect."""

import pytest

from lotse_shared.topics import WATERMARK, Topic, UnknownTopicError, batch_topic, parse_topic, reading_topic


def test_what_is_built_is_parsed_again() -> None:
    assert parse_topic(reading_topic("KL-17")) == Topic("reading", "KL-17")
    assert parse_topic(batch_topic("S4")) == Topic("batch", "S4")
    assert parse_topic(WATERMARK) == Topic("watermark", "")


@pytest.mark.parametrize(
    "topic", ["", "lotse/v1", "lotse/v1/readings", "lotse/v1/readings/", "lotse/v1/readings/a/b", "readings/a", "x/a"]
)
def test_another_topic_is_refused_with_what_is_allowed(topic: str) -> None:
    with pytest.raises(UnknownTopicError, match="lotse/v1/readings/"):
        parse_topic(topic)
