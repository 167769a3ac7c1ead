"""Compiled networks on disk, so that a start does not derive again what a network version always gives.

A file is named by the version of the network and by what compiles it, so it is never out of date: code that was changed
compiles anew. The oldest files go.
"""

import hashlib
import os
from dataclasses import fields
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import BadZipFile

import numpy as np

from lotse_routing.core import hierarchy, memory, order, states, topology, turns
from lotse_routing.core.hierarchy import Hierarchy
from lotse_routing.core.states import States
from lotse_routing.core.topology import Compiled, compile_network
from lotse_routing.network import geometry, model
from lotse_routing.network.model import StreetNetwork
from lotse_shared import vehicle
from lotse_shared.log import get_logger

COMPILERS: tuple[ModuleType, ...] = (geometry, hierarchy, memory, model, order, states, topology, turns, vehicle)
FILES_KEPT = 8

log = get_logger(__name__)


class CompiledNetworks:
    """Compiles networks, and keeps what was compiled in a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder).expanduser()

    def of(self, network: StreetNetwork) -> Compiled:
        """Give what a network compiles to. A folder that cannot be read or written costs time, nothing else."""
        path = self._folder / f"{network.version}-{_compiler_digest()}.npz"
        compiled = _read(path)
        if compiled is None:
            compiled = compile_network(network)
            self._keep(path, compiled)
        return compiled

    def _keep(self, path: Path, compiled: Compiled) -> None:
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                np.savez(file, allow_pickle=False, **_as_arrays(compiled))
            draft.replace(path)
            for old in sorted(self._folder.glob("*.npz"), key=lambda kept: kept.stat().st_mtime)[:-FILES_KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            log.warning("a compiled network cannot be kept: the next start compiles it again", error=str(error))


def _read(path: Path) -> Compiled | None:
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return _from_arrays({name: np.ascontiguousarray(arrays[name]) for name in arrays.files})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        log.warning("a compiled network cannot be read: compiling it again", file=str(path), error=str(error))
        return None


def _as_arrays(compiled: Compiled) -> dict[str, Any]:
    own = {name: getattr(compiled, name) for name in ("arc_angle_deg", "arc_is_choice")}
    state_arrays = {f"states.{field.name}": getattr(compiled.states, field.name) for field in fields(States)}
    return own | state_arrays | {f"hierarchy.{name}": a for name, a in compiled.hierarchy._asdict().items()}


def _from_arrays(arrays: dict[str, Any]) -> Compiled:
    return Compiled(
        states=States(**{field.name: arrays[f"states.{field.name}"] for field in fields(States)}),
        arc_angle_deg=arrays["arc_angle_deg"],
        arc_is_choice=arrays["arc_is_choice"],
        hierarchy=Hierarchy(**{name: arrays[f"hierarchy.{name}"] for name in Hierarchy._fields}),
    )


@cache
def _compiler_digest() -> str:
    """Digest of the source of all that compiles, 16 digits."""
    sources = (Path(module.__file__ or "").read_bytes() for module in COMPILERS)
    return hashlib.sha256(b"".join(sources)).hexdigest()[:16]
