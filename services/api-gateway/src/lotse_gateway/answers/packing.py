"""Large answers, packed: a city's links are a few hundred kilobytes then instead of many thousand."""

import asyncio
import gzip

from starlette.requests import Request
from starlette.responses import Response

from lotse_gateway.answers.media import JSON

VARY = {"Vary": "Accept-Encoding"}
FAST, SMALL = 1, 6
"""For what changes by the second, and for what is packed once and kept."""


async def pack(body: bytes, level: int) -> bytes:
    """Pack a body, beside the event loop. The same body gives the same bytes, so that ETags agree."""
    return await asyncio.to_thread(gzip.compress, body, level, mtime=0)


async def answer_packed(request: Request, packed: bytes, **headers: str) -> Response:
    """Answer with JSON that was packed; unpacked, if the client does not take that."""
    if takes_gzip(request):
        return Response(packed, media_type=JSON, headers={**VARY, "Content-Encoding": "gzip", **headers})
    return Response(await asyncio.to_thread(gzip.decompress, packed), media_type=JSON, headers={**VARY, **headers})


def takes_gzip(request: Request) -> bool:
    """Tell whether the client says that it takes gzip (RFC 9110, 12.5.3)."""
    wishes = (part.strip().lower().replace(" ", "") for part in request.headers.get("accept-encoding", "").split(","))
    return any(wish.partition(";")[0] == "gzip" and not wish.endswith((";q=0", ";q=0.0")) for wish in wishes)
