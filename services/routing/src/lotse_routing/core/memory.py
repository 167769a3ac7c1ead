"""Banned sequences of links: what has to be remembered of a drive, and what may not come next.

What is remembered is always the longest beginning of any banned sequence that the last links are (Aho and Corasick,
Efficient string matching, CACM 18, 1975), so sequences may overlap.
"""

from collections.abc import Iterable, Iterator, Sequence

Driven = tuple[int, ...]
"""The last links driven, by index, as far as they have to be remembered: at least two, or none."""


class Memory:
    """Banned sequences of two or more links, by the numbers of their bans."""

    def __init__(self, sequences: Iterable[Sequence[int]]) -> None:
        self._numbers: dict[Driven, list[int]] = {}
        begun: set[Driven] = set()
        for number, sequence in enumerate(sequences):
            links = tuple(sequence)
            self._numbers.setdefault(links, []).append(number)
            begun.update(links[:end] for end in range(2, len(links)))
        self.begun = tuple(sorted(begun))
        self._begun = begun

    def after(self, driven: Sequence[int], link: int) -> Driven:
        """Tell what is remembered once another link was driven."""
        return next((part for part in _ends((*driven, link)) if part in self._begun), ())

    def banned_by(self, driven: Sequence[int], link: int) -> list[int]:
        """Give the numbers of the bans that driving on into a link would break."""
        return [number for part in _ends((*driven, link)) for number in self._numbers.get(part, ())]


def _ends(driven: Driven) -> Iterator[Driven]:
    """Give the ends of a sequence of at least two links, the longest first."""
    return (driven[start:] for start in range(len(driven) - 1))
