"""The ledger: in readings, received = stored + duplicate + quarantined + rejected. Pure counting."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lotse_ingest.batch import Item, Key
from lotse_ingest.dead_letters import DeadLetter
from lotse_ingest.messages import Outcome, Watermark

Account = tuple[datetime, str | None]
"""Hour of receipt (UTC) and detector, None where it could not be read."""


@dataclass(slots=True)
class Counts:
    """Readings of one account by what became of them."""

    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    rejected: int = 0

    @property
    def received(self) -> int:
        """All of them."""
        return self.stored + self.duplicate + self.quarantined + self.rejected

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        setattr(self, outcome, getattr(self, outcome) + 1)


def tell_outcomes(items: Iterable[Item], new_keys: Iterable[Key], new_digests: Iterable[bytes]) -> list[Outcome | None]:
    """Tell what became of each item, None for what is no reading.

    Parameters
    ----------
    items
        Items of one batch, in the order received.
    new_keys
        Readings that the table did not have before this batch.
    new_digests
        Dead letters that the table did not have before this batch.
    """
    keys, digests = set(new_keys), set(new_digests)
    return [_outcome(item, keys, digests) for item in items]


def _outcome(item: Item, keys: set[Key], digests: set[bytes]) -> Outcome | None:
    if isinstance(item, Watermark):
        return None
    if isinstance(item, DeadLetter):
        if not item.is_reading:
            return None
        outcome: Outcome = item.kind if item.digest in digests else "duplicate"
        digests.discard(item.digest)
        return outcome
    if item.key not in keys:
        return "duplicate"
    keys.remove(item.key)
    return "stored"


def add_up(items: Iterable[Item], outcomes: Iterable[Outcome | None]) -> Mapping[Account, Counts]:
    """Sum outcomes by account, sorted: writers that lock rows in one order do not deadlock."""
    accounts: dict[Account, Counts] = {}
    for item, outcome in zip(items, outcomes, strict=True):
        if outcome is not None and not isinstance(item, Watermark):
            detector_id = item.detector_id if isinstance(item, DeadLetter) else item.key[0]
            hour = item.received_at.replace(minute=0, second=0, microsecond=0)
            accounts.setdefault((hour, detector_id), Counts()).add(outcome)
    return dict(sorted(accounts.items(), key=lambda entry: (entry[0][0], entry[0][1] or "")))
