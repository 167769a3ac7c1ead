"""A strategy is looked at before it is kept: its signs exist, and routing says whether its lines may stand on them."""

from typing import Any

from lotse_gateway.answers.references import Fault
from lotse_gateway.models.strategies import Strategy
from lotse_gateway.resources import Resources
from lotse_gateway.writes.orders import check_texts, size_of
from lotse_gateway.writes.registry import refuse

Json = dict[str, Any]


async def read_phases(resources: Resources, strategy: Strategy) -> list[Json]:
    """Give the phases as they are kept: times in UTC, lines as the signs write them.

    Raises
    ------
    InvalidInput
        Names every sign that is not in service, and every text that must not stand on its sign.
    Unavailable
        Routing is away.
    """
    signs = sorted({message.sign for phase in strategy.phases for message in phase.messages})
    sizes = {row["sign_id"]: size_of(row) for row in await resources.database.rows("sign_sizes", signs)}
    messages = [
        (f"body.phases.{i}.messages.{j}", message)
        for i, phase in enumerate(strategy.phases)
        for j, message in enumerate(phase.messages)
    ]
    unknown = "is not among the signs in service"
    refuse([Fault(f"{field}.sign", f"{m.sign!r} {unknown}") for field, m in messages if m.sign not in sizes])
    written, faults = await check_texts(resources, [(field, sizes[m.sign], m.lines) for field, m in messages])
    refuse(faults)
    lines = iter(written)
    return [
        {
            "name": phase.name,
            "starts_at": span[0].isoformat() if (span := strategy.span_of(phase)) else None,
            "ends_at": span[1].isoformat() if span else None,
            "messages": [{"sign": message.sign, "lines": next(lines)} for message in phase.messages],
        }
        for phase in strategy.phases
    ]
