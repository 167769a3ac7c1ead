"""Level of service: the four traffic states, plus unknown."""

from enum import StrEnum


class LevelOfService(StrEnum):
    """Traffic state of a link. Missing data means UNKNOWN, never FREE."""

    FREE = "free"
    DENSE = "dense"
    SLOW = "slow"
    JAM = "jam"
    UNKNOWN = "unknown"
