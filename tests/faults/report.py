"""What a run of `make test-faults` found: for people, and as figures."""

import subprocess
from typing import Any

from rich.table import Table

from faults.hostility import FEW, MANY, RARE, HostileRun
from faults.kills import KillRun
from faults.rig import Rig

LONGEST_RECOVERY_S = 10.0
LOWEST_GOOD_RATIO = 0.9


def figures(kills: KillRun, hostile: HostileRun) -> dict[str, float]:
    """The figures by the names of the targets R1 to R3; the ratio is that with one message in ten hostile."""
    assert kills.account is not None
    return {
        "R1_kills": sum(kills.kills.values()),
        "R1_lost": kills.account.lost,
        "R1_duplicates": kills.account.twice,
        "R2_recovery_s": max((recovery.took_s for recovery in kills.recoveries), default=0.0),
        "R3_unaccounted": hostile.unaccounted,
        "R3_good_ratio": round(hostile.good_ratio(FEW), 3),
        "R3_good_ratio_one_in_50": round(hostile.good_ratio(RARE), 3),
        "R3_good_ratio_one_in_2": round(hostile.good_ratio(MANY), 3),
    }


def shortfalls(kills: KillRun, hostile: HostileRun, *, is_quick: bool) -> list[str]:
    """What is not as demanded; empty if all is well. A quick run is too short to judge how fast anything is."""
    found = figures(kills, hostile)
    demands = {
        "the account of the kills is not exact": kills.account is not None and kills.account.is_exact,
        "the account of the hostile messages is not exact": hostile.is_exact,
    }
    if not is_quick:
        demands |= {
            "a recovery took longer than 10 s": found["R2_recovery_s"] <= LONGEST_RECOVERY_S,
            "good throughput among hostile messages is below 0.9": found["R3_good_ratio"] >= LOWEST_GOOD_RATIO,
        }
    return [what for what, is_met in demands.items() if not is_met]


def table(found: dict[str, float]) -> Table:
    """The figures beside what was to be reached."""
    reach = {"R1_lost": "0", "R1_duplicates": "0", "R3_unaccounted": "0"}
    reach |= {"R2_recovery_s": f"<= {LONGEST_RECOVERY_S:g}", "R3_good_ratio": f">= {LOWEST_GOOD_RATIO:g}"}
    drawn = Table("figure", "found", "to reach")
    for name, value in found.items():
        drawn.add_row(name, f"{value:g}", reach.get(name, ""))
    return drawn


def summary(kills: KillRun, hostile: HostileRun) -> str:
    """Both accounts, in readings, in words."""
    lines = []
    for name, account in (("kills", kills.account), ("hostile", hostile.account)):
        assert account is not None
        lines.append(
            f"{name}: {account.published} distinct published = {account.stored} stored + {account.quarantined}"
            f" quarantined + {account.rejected} rejected; {account.duplicate} duplicates came besides,"
            f" {account.lost} lost, {account.twice} twice, {account.other_values} with other values"
        )
        lines += account.examples
    lines.append(
        f"{kills.messages} messages in {kills.took_s:.0f} s; the publisher sent {kills.sent_again} again after a broken"
        f" connection, and {kills.unheard} because nobody was subscribed"
    )
    if kills.broker_lost:
        lines.append(
            f"the broker itself forgot {len(kills.broker_lost)} messages that it had acknowledged, up to"
            f" {max(kills.broker_lost):.1f} s before it was killed"
        )
    return "\n".join(lines) + "\n"


def versions(rig: Rig) -> dict[str, str]:
    """The servers that it ran on."""
    [row] = rig.ask("show server_version")
    help_text = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True, check=False).stdout
    return {"postgresql": str(row["server_version"]), "mosquitto": help_text.split("\n")[0].rpartition(" ")[2]}


def runs(kills: KillRun, hostile: HostileRun) -> list[dict[str, Any]]:
    """Everything else that is known, for whoever wants to look closer."""
    return [{"run": "kills"} | kills.as_json(), {"run": "hostile"} | hostile.as_json()]
