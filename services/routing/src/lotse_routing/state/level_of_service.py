"""Level of service in town: the ratio of measured to free-flow speed, with hysteresis between the states."""

from lotse_routing.settings import EstimateSettings
from lotse_shared.level_of_service import LevelOfService

BEST_FIRST = (LevelOfService.FREE, LevelOfService.DENSE, LevelOfService.SLOW, LevelOfService.JAM)


def classify(ratio: float, settings: EstimateSettings) -> LevelOfService:
    """Tell the level of service of a speed ratio, without regard to what was before.

    Source: field.md 4 (town ratios 70 / 50 / 30 %; the MARZ figures are those of motorways).
    """
    borders = (settings.free_from_ratio, settings.dense_from_ratio, settings.slow_from_ratio)
    return BEST_FIRST[sum(ratio < border for border in borders)]


def level_of_service(ratio: float, previous: LevelOfService, settings: EstimateSettings) -> LevelOfService:
    """Tell the level of service of a speed ratio, given the one before: a border is crossed by a margin or not at all.

    A value that stays within `level_margin_ratio` of a border never changes the level, so it does not flicker.
    """
    plain = classify(ratio, settings)
    if previous is LevelOfService.UNKNOWN or plain is previous:
        return plain
    rank = BEST_FIRST.index
    if rank(plain) < rank(previous):
        demanding = classify(ratio - settings.level_margin_ratio, settings)
        return min(demanding, previous, key=rank)
    lenient = classify(ratio + settings.level_margin_ratio, settings)
    return max(lenient, previous, key=rank)
