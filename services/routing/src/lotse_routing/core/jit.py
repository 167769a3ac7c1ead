"""How kernels are compiled: without the interpreter's lock, and kept on disk.

A kernel is compiled when it is first called with the types it is called with, and kept in NUMBA_CACHE_DIR, or beside
its source. `lotse-routing warm` compiles all of them once, so that no service waits for a compiler.

What is kept holds what it calls, too. numba would look at a kernel's own file alone, and keep running what another file
no longer says: here a kernel is out of date as soon as any file of its folder is another one.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from numba.core.caching import FunctionCache, InTreeCacheLocator, UserProvidedCacheLocator, UserWideCacheLocator

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
    """Keeps kernels in NUMBA_CACHE_DIR, and takes those that lie where nobody can write: in a container's image."""

    _cache_path: str

    def ensure_cache_path(self) -> None:
        """Raise OSError if there is no such folder and none can be made; numba would also ask to write to it."""
        Path(self._cache_path).mkdir(parents=True, exist_ok=True)


class BesideSource(_OfFolder, InTreeCacheLocator):
    """Keeps them in `__pycache__`."""


class OfUser(_OfFolder, UserWideCacheLocator):
    """Keeps them in the user's cache."""


LOCATORS = (GivenFolder, BesideSource, OfUser)
numba.config.CACHE_LOCATOR_CLASSES = ",".join(  # type: ignore[attr-defined] # a setting, NUMBA_CACHE_LOCATOR_CLASSES
    f"{locator.__module__}.{locator.__qualname__}" for locator in LOCATORS
)


class Kept(FunctionCache):
    """Kernels on disk. One that cannot be written, to an image or a full disk, works for this process.

    Attributes
    ----------
    lost
        How many could not be written by this process.
    """

    lost = 0

    def save_overload(self, sig: object, data: object) -> None:
        """Write one down; numba's name for it."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call] # numba has no types
        except OSError:
            Kept.lost += 1


def kernel(function: F) -> F:
    """Compile a function of numbers and arrays; where nothing is kept, anew in every process."""
    compiled = numba.njit(nogil=True)(function)
    with suppress(RuntimeError):  # numba found no folder
        # What njit(cache=True) does, with a cache of numba's own.
        compiled._cache = Kept(function)  # type: ignore[attr-defined,no-untyped-call] # noqa: SLF001
    return cast("F", compiled)


def are_kept() -> bool:
    """Tell whether the kernels that this process has called need not be compiled by the next one."""
    if Kept.lost:
        return False

    def probe() -> None:
        """Do nothing."""

    try:
        numba.njit(cache=True)(probe)
    except RuntimeError:
        return False
    return True
