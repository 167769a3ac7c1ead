"""How often one client may ask: a token bucket each, of a bounded number of clients. No I/O; the time is handed in.

A bucket is one number, the moment at which it will be full again: taking a token moves it on, waiting lets it pass.
"""

import math
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

MOST_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in a window, and never more at once; they come back evenly.

    `name` is told to clients, who may have several.
    """

    name: str
    requests: float
    window_s: float

    @property
    def policy(self) -> str:
        """The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers)."""
        return f'"{self.name}";q={self.requests:.0f};w={self.window_s:.0f}'

    def __str__(self) -> str:
        """Give it in words."""
        return f"{self.requests:g} times in {self.window_s:g} s"


class Buckets:
    """The buckets of all clients under one quota.

    Parameters
    ----------
    quota
        What each of them may ask for.
    most
        So many buckets are kept. When there are more, those that will be full soonest are forgotten, as if they were;
        `forgotten` counts those that were not.
    """

    def __init__(self, quota: Quota, most: int = MOST_BUCKETS) -> None:
        self.quota = quota
        self.forgotten = 0
        self._most = most
        self._token_s = quota.window_s / quota.requests
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        """Give how many are kept."""
        return len(self._full_at)

    def take(self, client: str, now_s: float) -> float:
        """Take a token at a moment of a monotonic clock.

        Returns
        -------
        float
            Seconds until the bucket is full again, below or at the window; above it there was no token, nothing was
            taken, and so much longer has to be waited until there is one.
        """
        full_at = self._full_at.get(client, now_s)
        full_in_s = (full_at - now_s if full_at > now_s else 0.0) + self._token_s
        if full_in_s <= self.quota.window_s:
            if client not in self._full_at and len(self._full_at) >= self._most:
                self._forget(now_s)
            self._full_at[client] = now_s + full_in_s
        return full_in_s

    def is_refused(self, full_in_s: float) -> bool:
        """Tell whether what `take` gave means that there was no token."""
        return full_in_s > self.quota.window_s

    def headers(self, full_in_s: float) -> dict[str, str]:
        """Tell a client where it stands: `RateLimit`, `RateLimit-Policy`, and `Retry-After` where it was refused."""
        quota = self.quota
        left = max(0, math.floor((quota.window_s - full_in_s) / self._token_s + 1e-6))
        told = {
            "RateLimit-Policy": quota.policy,
            "RateLimit": f'"{quota.name}";r={left};t={math.ceil(min(full_in_s, quota.window_s))}',
        }
        if self.is_refused(full_in_s):
            told["Retry-After"] = str(max(1, math.ceil(full_in_s - quota.window_s)))
        return told

    def _forget(self, now_s: float) -> None:
        """Forget the buckets that are full, and at least a tenth of all: so it is seldom done."""
        by_end = sorted(self._full_at.items(), key=lambda each: each[1])
        full = sum(full_at <= now_s for _, full_at in by_end)
        gone = max(full, len(by_end) // 10 + 1)
        self.forgotten += gone - full
        self._full_at = dict(by_end[gone:])


def address_of(host: str) -> str:
    """Give what counts as one client of an address: of IPv6 the first 64 bits, since a client has all of the rest."""
    try:
        address = ip_address(host)
    except ValueError:  # a name, or a socket's path
        return host
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else host  # noqa: PLR2004 - IPv6
