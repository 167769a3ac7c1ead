"""Mean absolute errors of guesses, over all rounds: km/h, by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.aarhus.guesses import guesses, truths_kmh
from evaluation.aarhus.recording import Floats
from evaluation.aarhus.rounds import Round


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute errors by the name of the guess, and how many speeds were compared."""

    mae_kmh: Mapping[str, float]
    compared: int

    def gain_pct(self, ours: str, other: str) -> float:
        """Tell by how much one error is below another one."""
        return 100 * (1 - self.mae_kmh[ours] / self.mae_kmh[other])


def errors(tried: Iterable[Round]) -> Errors:
    """Replay every round, and compare with what the hidden detectors measure in each step."""
    found = defaultdict[str, list[Floats]](list)
    for each in tried:
        for now, guessed in guesses(each):
            truth_kmh = truths_kmh(each.recording, each.hidden, now)
            is_known = np.isfinite(truth_kmh)
            for name, speeds_kmh in guessed.items():
                found[name].append(np.abs(speeds_kmh - truth_kmh)[is_known])
    pooled = {name: np.concatenate(parts) for name, parts in found.items()}
    return Errors({name: float(all_.mean()) for name, all_ in pooled.items()}, len(next(iter(pooled.values()))))
