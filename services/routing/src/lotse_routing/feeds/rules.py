"""The rules for what is wrong with feeds, by code; docs/roadwork-feeds.md explains each."""

from lotse_routing.feeds.found import Complaint

UNREADABLE = "F1"
OPEN_END = "F2"
ENDS_BEFORE_START = "F3"
WITHOUT_LENGTH = "F4"
WITHOUT_ZONE = "F5"
POINTS = "F6"
DIRECTION_UNSURE = "F7"
NO_ROADWORK = "F8"
TOO_MUCH = "F9"
NO_COORDINATES = "F10"
TWICE = "F11"
LOCAL_ACCESS = "F12"
SUSPENDED = "F13"

TO_CONFIRM = frozenset({WITHOUT_LENGTH, POINTS, DIRECTION_UNSURE, LOCAL_ACCESS})
"""What is kept under these rules is to be confirmed by a person, however well it matches."""


class LeftOutError(ValueError):
    """An element of a feed cannot be used."""

    def __init__(self, code: str, field: str, reason: str, allowed: str) -> None:
        super().__init__(f"{field}: {reason}; allowed: {allowed}")
        self.code, self.field, self.reason, self.allowed = code, field, reason, allowed


class Remarks:
    """Collects what is said of one element while it is read."""

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id
        self.complaints: list[Complaint] = []

    def add(self, code: str, field: str, reason: str, allowed: str) -> None:
        """Say something of an element that is kept."""
        self.complaints.append(Complaint(self.source_id, code, field, reason, allowed, is_left_out=False))

    def left_out(self, error: LeftOutError) -> None:
        """Say why the element is dropped."""
        self.complaints.append(Complaint(self.source_id, error.code, error.field, error.reason, error.allowed))

    @property
    def doubts(self) -> tuple[str, ...]:
        """Codes of what a person should confirm, each once, in the order said."""
        return tuple(dict.fromkeys(said.code for said in self.complaints if said.code in TO_CONFIRM))
