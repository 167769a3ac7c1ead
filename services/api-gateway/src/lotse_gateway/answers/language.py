"""In which language texts are told: as asked for, else as the client prefers, else English. Pure."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "en"


def choose_language(asked: Language | None, accept_language: str | None) -> Language:
    """Choose between what was asked for and what the header `Accept-Language` prefers (RFC 9110, 12.5.4).

    A header that cannot be read, or names no language there is, chooses nothing.
    """
    if asked is not None:
        return asked
    wanted = sorted(_ranges(accept_language or ""), key=lambda found: -found[1])
    return next((language for name, _ in wanted for language in LANGUAGES if language == name), DEFAULT)


def _ranges(header: str) -> list[tuple[str, float]]:
    """Give the languages of a header, without their regions, with their weights above 0."""
    found: list[tuple[str, float]] = []
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if weight > 0:
            found.append((tag.strip().lower().partition("-")[0], weight))
    return found


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


def in_language(detour: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Give the record of a destination with its reason told in one language; of earlier versions, without a reason."""
    why = detour.get("why")
    if why is None:
        return {**detour, "why": None}
    words = why["words"]
    return {**detour, "why": {**why, "words": words.get(language, words[DEFAULT])}}


def view_decision(row: Any, language: Language) -> dict[str, Any]:  # noqa: ANN401 - a Record
    """Give the row of a decision as the API tells it, in one language."""
    detours = [in_language(detour, language) for detour in row["detours"]]
    return {**row, "sign": row["sign_id"], "detours": detours}
