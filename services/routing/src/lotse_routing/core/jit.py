"""How kernels are compiled: without the interpreter's lock, and kept on disk.

A kernel is compiled when it is first called with the types it is called with, and kept in NUMBA_CACHE_DIR, or beside
its source. `lotse-routing warm` compiles all of them once, so that no service waits for a compiler.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

F = TypeVar("F", bound=Callable[..., object])

Costs = npt.NDArray[np.int32]
"""Milliseconds."""
Indices = npt.NDArray[np.uint32]
"""Unsigned, so that kernels need not ask whether an index counts from the end: this halves the time of customizing."""
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def kernel(function: F) -> F:
    """Compile a function of numbers and arrays; where nothing can be written, anew in every process."""
    try:
        return cast("F", numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no folder that it may write to
        return cast("F", numba.njit(nogil=True)(function))


def are_kept() -> bool:
    """Tell whether compiled kernels are kept for the next process."""

    def probe() -> None:
        """Do nothing."""

    try:
        numba.njit(cache=True)(probe)
    except RuntimeError:
        return False
    return True
