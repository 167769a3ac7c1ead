"""What a run of `make test-faults` found: for people, and as figures."""

import subprocess
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from faults.cases.case import CaseRun
from faults.hostility import FEW, MANY, RARE, HostileRun
from faults.kills import KillRun
from faults.rig import Rig

LONGEST_RECOVERY_S = 10.0
LOWEST_GOOD_RATIO = 0.9


def figures(kills: KillRun, hostile: HostileRun, cases: Sequence[CaseRun]) -> dict[str, float]:
    """The figures by the names of the targets R1 to R3 and R7; the ratio is that with one message in ten hostile."""
    assert kills.account is not None
    sights = [kills.sight, *(case.sight for case in cases if case.sight is not None)]
    return {
        "R1_kills": sum(kills.kills.values()),
        "R1_lost": kills.account.lost + sum(case.account.lost for case in cases),
        "R1_duplicates": kills.account.twice + sum(case.account.twice for case in cases),
        "R2_recovery_s": max([recovery.took_s for recovery in kills.recoveries] + [case.took_s for case in cases]),
        "R3_unaccounted": hostile.unaccounted,
        "R3_good_ratio": round(hostile.good_ratio(FEW), 3),
        "R3_good_ratio_cpu": round(hostile.good_ratio_cpu(FEW), 3),
        "R3_good_ratio_one_in_50": round(hostile.good_ratio(RARE), 3),
        "R3_good_ratio_one_in_2": round(hostile.good_ratio(MANY), 3),
        "R7_looks_at_signs": sum(sight.looks for sight in sights),
        "R7_shown_past_fresh_until": sum(sight.past + sight.stale for sight in sights),
        "R7_out_of_order": sum(len(sight.disorder) for sight in sights),
    }


def shortfalls(kills: KillRun, hostile: HostileRun, cases: Sequence[CaseRun], *, is_quick: bool) -> list[str]:
    """What is not as demanded; empty if all is well. A quick run is too short to judge how fast anything is."""
    found = figures(kills, hostile, cases)
    demands = {
        "the account of the kills is not exact": kills.account is not None and kills.account.is_exact,
        "the account of the hostile messages is not exact": hostile.is_exact,
        "a sign showed what it should not have shown": kills.sight.is_right,
        "what the control room wrote is not there once": kills.is_written_once,
        **{f"not right: {case.name}": case.is_right for case in cases},
    }
    if not is_quick:
        demands |= {
            "a recovery took longer than 10 s": found["R2_recovery_s"] <= LONGEST_RECOVERY_S,
            "good throughput among hostile messages is below 0.9": found["R3_good_ratio"] >= LOWEST_GOOD_RATIO,
        }
    return [what for what, is_met in demands.items() if not is_met]


def table(found: dict[str, float]) -> Table:
    """The figures beside what was to be reached."""
    nothing = "R1_lost", "R1_duplicates", "R3_unaccounted", "R7_shown_past_fresh_until", "R7_out_of_order"
    reach = dict.fromkeys(nothing, "0")
    reach |= {"R2_recovery_s": f"<= {LONGEST_RECOVERY_S:g}", "R3_good_ratio": f">= {LOWEST_GOOD_RATIO:g}"}
    drawn = Table("figure", "found", "to reach")
    for name, value in found.items():
        drawn.add_row(name, f"{value:g}", reach.get(name, ""))
    return drawn


def case_table(cases: Sequence[CaseRun]) -> Table:
    """Fault by fault: how long, how soon all was well again, and whether everything was right."""
    drawn = Table("fault", "lasted", "backlog, readings", "recovered in", "signs blind for", "right")
    for case in cases:
        blind = "" if case.sight is None else f"{case.sight.longest_blind_s:.1f} s"
        right = "yes" if case.is_right else "NO"
        drawn.add_row(case.name, f"{case.lasted_s:.1f} s", f"{case.backlog}", f"{case.took_s:.1f} s", blind, right)
    return drawn


def summary(kills: KillRun, hostile: HostileRun, cases: Sequence[CaseRun]) -> str:
    """All accounts, in readings, in words."""
    lines = []
    accounts = [("kills", kills.account), ("hostile", hostile.account), *((case.name, case.account) for case in cases)]
    for name, account in accounts:
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
    written, sight = kills.written, kills.sight
    lines.append(
        f"closures opened {written.opened}, ended {written.ended}, found {kills.found['opened']} and"
        f" {kills.found['ended']}; {written.asked_again} requests were sent again"
    )
    lines.append(f"{sight.looks} looks at signs, {sum(sight.answers.values())} answers to them")
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


def runs(kills: KillRun, hostile: HostileRun, cases: Sequence[CaseRun]) -> list[dict[str, Any]]:
    """Everything else that is known, for whoever wants to look closer."""
    return [
        {"run": "kills"} | kills.as_json(),
        {"run": "hostile"} | hostile.as_json(),
        *(case.as_json() for case in cases),
    ]
