"""How kernels are compiled: without the interpreter's lock, and kept on disk.

A kernel is compiled when it is first called with the types it is called with, and kept in NUMBA_CACHE_DIR, or beside
its source. `lotse-routing warm` compiles all of them once, so that no service waits for a compiler.

What is kept holds what it calls, too. numba would look at a kernel's own file alone, and keep running what another file
no longer says: here a kernel is out of date as soon as any file of its folder is another one.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from numba.core.caching import InTreeCacheLocator, UserProvidedCacheLocator, UserWideCacheLocator

F = TypeVar("F", bound=Callable[..., object])

Costs = npt.NDArray[np.int32]
"""Milliseconds."""
Indices = npt.NDArray[np.uint32]
"""Unsigned, so that kernels need not ask whether an index counts from the end: this halves the time of customizing."""
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@cache
def _digest(folder: Path) -> bytes:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).digest()


class _OfFolder:
    """Says of which sources a kept kernel is."""

    _py_file: str

    def get_source_stamp(self) -> bytes:
        """Give the digest of the folder; numba's name for it."""
        return _digest(Path(self._py_file).parent)


class GivenFolder(_OfFolder, UserProvidedCacheLocator):
    """Keeps kernels in NUMBA_CACHE_DIR."""


class BesideSource(_OfFolder, InTreeCacheLocator):
    """Keeps them in `__pycache__`."""


class OfUser(_OfFolder, UserWideCacheLocator):
    """Keeps them in the user's cache."""


LOCATORS = (GivenFolder, BesideSource, OfUser)
numba.config.CACHE_LOCATOR_CLASSES = ",".join(  # type: ignore[attr-defined] # a setting, NUMBA_CACHE_LOCATOR_CLASSES
    f"{locator.__module__}.{locator.__qualname__}" for locator in LOCATORS
)


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
