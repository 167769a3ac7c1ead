"""The named queries of `queries.sql`, and what they are run on."""

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from lotse_shared.database import load_queries

QUERIES = load_queries("lotse_routing")

Connection = asyncpg.Connection | PoolConnectionProxy
"""One opened for itself, or one lent by a pool."""
