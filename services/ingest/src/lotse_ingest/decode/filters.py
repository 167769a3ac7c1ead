"""MQTT topic filters: what is one, what it matches, and which of them meet (MQTT 5, section 4.7). Pure."""

from itertools import zip_longest

LONGEST_BYTES = 65_535


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a topic filter (with `+` and `#`) matches a topic."""
    if topic.startswith("$") and topic_filter[:1] in ("+", "#"):
        return False
    filter_levels, levels = topic_filter.split("/"), topic.split("/")
    if filter_levels[-1] == "#":
        filter_levels.pop()
        levels = levels[: len(filter_levels)]
    return len(filter_levels) == len(levels) and all(
        wanted in ("+", level) for wanted, level in zip(filter_levels, levels, strict=True)
    )


def meet(one: str, other: str) -> bool:
    """Tell whether some topic matches both filters."""
    for level, other_level in zip_longest(one.split("/"), other.split("/")):
        if "#" in (level, other_level):
            return True
        if level != other_level and (None in (level, other_level) or "+" not in (level, other_level)):
            return False
    return True


def find_fault(topic_filter: str) -> str | None:
    """Say what is wrong with a topic filter, None if nothing is."""
    levels = topic_filter.split("/")
    if not topic_filter or "\0" in topic_filter or len(topic_filter.encode()) > LONGEST_BYTES:
        return f"a topic filter has 1 to {LONGEST_BYTES} bytes, none of them zero"
    if topic_filter.startswith("$"):
        return "topics that begin with $ belong to the broker; LOTSE_INGEST_SHARE_GROUP shares every subscription"
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in levels):
        return "+ and # stand for whole levels: city/+/flow, not city/x+/flow"
    if "#" in levels[:-1]:
        return "# stands at the end only"
    return None
