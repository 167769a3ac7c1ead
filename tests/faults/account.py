"""The account: what was published against what the database holds."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from faults.messages import DeadKind, Key, Message, Values
from faults.rig import Rig

EXAMPLES = 5

READINGS = "select detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh, occupancy_pct from reading"
LETTERS = "select digest, kind, times_received from rejected_message"
FALSE_ACCOUNTS = """
    select * from ingest_ledger
    where received is distinct from stored + duplicate + quarantined + rejected
       or least(received, stored, duplicate, quarantined, rejected) < 0
"""
LEDGER = """
    select coalesce(sum(received), 0)::bigint as received, coalesce(sum(stored), 0)::bigint as stored,
           coalesce(sum(duplicate), 0)::bigint as duplicate, coalesce(sum(quarantined), 0)::bigint as quarantined,
           coalesce(sum(rejected), 0)::bigint as rejected
    from ingest_ledger
"""


@dataclass
class Expected:
    """What must be there once every message has been published."""

    rows: dict[Key, Values] = field(default_factory=dict)
    letters: dict[bytes, DeadKind] = field(default_factory=dict)

    @classmethod
    def of(cls, messages: Iterable[Message]) -> "Expected":
        expected = cls()
        for message in messages:
            expected.rows |= {row.key: row.values for row in message.rows}
            expected.letters |= {letter.digest: letter.kind for letter in message.letters}
        return expected

    def count(self, kind: DeadKind) -> int:
        return sum(one == kind for one in self.letters.values())

    @property
    def distinct(self) -> int:
        return len(self.rows) + len(self.letters)


@dataclass(frozen=True)
class Account:
    """Expected and found, in readings. `lost` were published and are nowhere, `twice` are more than once anywhere."""

    published: int
    stored: int
    quarantined: int
    rejected: int
    lost: int
    twice: int
    other_values: int
    unexpected: int
    corrections: int
    false_accounts: int
    received: int
    duplicate: int
    examples: list[str]

    @property
    def is_exact(self) -> bool:
        faults = self.lost + self.twice + self.other_values + self.unexpected + self.corrections + self.false_accounts
        return faults == 0 and self.published == self.stored + self.quarantined + self.rejected

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"is_exact": self.is_exact}


def settle(rig: Rig, expected: Expected) -> Account:
    """Compare the tables with what must be in them, key by key; the figures of `stored` etc. are the ledger's."""
    rows = rig.ask(READINGS)
    found: dict[Any, Any] = {(row["detector_id"], row["measured_at"]): tuple(row.values())[2:] for row in rows}
    letters: dict[Any, Any] = {row["digest"]: row["kind"] for row in rig.ask(LETTERS)}
    [ledger] = rig.ask(LEDGER)
    sums: dict[str, Any] = dict(ledger)
    in_tables = len(found) + len(letters)
    lost = [str(key) for key in expected.rows if key not in found]
    lost += [digest.hex() for digest in expected.letters if digest not in letters]
    other = [str(key) for key, values in expected.rows.items() if key in found and found[key] != values]
    other += [digest.hex() for digest, kind in expected.letters.items() if letters.get(digest, kind) != kind]
    unexpected = [str(key) for key in found.keys() - expected.rows.keys()]
    unexpected += [digest.hex() for digest in letters.keys() - expected.letters.keys()]
    [corrections] = rig.ask("select count(*)::int as n from reading_correction")
    examples = [
        f"{what}: {example}"
        for what, all_of_them in (("lost", lost), ("other values", other), ("unexpected", unexpected))
        for example in all_of_them[:EXAMPLES]
    ]
    counted = sums["stored"] + sums["quarantined"] + sums["rejected"]
    return Account(
        published=expected.distinct,
        stored=sums["stored"],
        quarantined=sums["quarantined"],
        rejected=sums["rejected"],
        lost=len(lost),
        twice=(len(rows) - len(found)) + max(0, counted - in_tables),
        other_values=len(other),
        unexpected=len(unexpected),
        corrections=int(str(corrections["n"])),
        false_accounts=len(rig.ask(FALSE_ACCOUNTS)),
        received=sums["received"],
        duplicate=sums["duplicate"],
        examples=examples,
    )
