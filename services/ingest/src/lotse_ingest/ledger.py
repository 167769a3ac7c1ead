"""The ledger: in readings, received = stored + duplicate + quarantined + rejected. Pure counting."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lotse_ingest.batch import BatchReading, Item
from lotse_ingest.dead_letters import DeadLetter, Settled
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

    def add(self, outcome: Outcome, count: int) -> None:
        """Count so many more."""
        setattr(self, outcome, getattr(self, outcome) + count)


def tell_outcomes(
    items: Iterable[Item], resent: Iterable[BatchReading], new_digests: Iterable[bytes]
) -> list[Outcome | None]:
    """Tell what became of each item, None for what is no reading.

    Parameters
    ----------
    items
        Items of one batch, in the order received.
    resent
        Readings among them that were known before: to the table, or from earlier in the batch.
    new_digests
        Dead letters that the table did not have before this batch.
    """
    resent_ids, digests = {id(reading) for reading in resent}, set(new_digests)
    return [
        ("duplicate" if id(item) in resent_ids else "stored")
        if isinstance(item, BatchReading)
        else _outcome(item, digests)
        for item in items
    ]


def _outcome(item: DeadLetter | Watermark, digests: set[bytes]) -> Outcome | None:
    if isinstance(item, Watermark) or not item.is_reading:
        return None
    outcome: Outcome = item.kind if item.digest in digests else "duplicate"
    digests.discard(item.digest)
    return outcome


def add_up(items: Iterable[Item], outcomes: Iterable[Outcome | None]) -> Mapping[Account, Counts]:
    """Sum outcomes by account, sorted: writers that lock rows in one order do not deadlock."""
    accounts: dict[Account, Counts] = {}
    for hour, entries in _by_hour(items, outcomes).items():
        for (detector_id, outcome), count in Counter(entries).items():
            accounts.setdefault((hour, detector_id), Counts()).add(outcome, count)
    return _sorted(accounts)


def settle(accounts: Mapping[Account, Counts], settled: Iterable[Settled]) -> Mapping[Account, Counts]:
    """Add what is taken out of the accounts in which dead letters were counted, sorted as before."""
    changed = dict(accounts)
    for letter in settled:
        if letter.is_reading:
            account = letter.received_at.replace(minute=0, second=0, microsecond=0), letter.detector_id
            counts = changed.setdefault(account, Counts())
            counts.add(letter.kind, -1)
            if letter.becomes is not None:
                counts.add(letter.becomes, 1)
    return _sorted(changed)


def _sorted(accounts: Mapping[Account, Counts]) -> Mapping[Account, Counts]:
    return dict(sorted(accounts.items(), key=lambda entry: (entry[0][0], entry[0][1] or "")))


def _by_hour(
    items: Iterable[Item], outcomes: Iterable[Outcome | None]
) -> Mapping[datetime, Sequence[tuple[str | None, Outcome]]]:
    """Give detector and outcome of each reading, by hour. Messages read at once share the moment of their receipt."""
    hours: dict[datetime, list[tuple[str | None, Outcome]]] = {}
    received_at = None
    entries: list[tuple[str | None, Outcome]] = []
    for item, outcome in zip(items, outcomes, strict=True):
        if outcome is None or isinstance(item, Watermark):
            continue
        if item.message.received_at is not received_at:
            received_at = item.message.received_at
            entries = hours.setdefault(received_at.replace(minute=0, second=0, microsecond=0), [])
        detector_id = item.judged.reading.detector_id if isinstance(item, BatchReading) else item.detector_id
        entries.append((detector_id, outcome))
    return hours
