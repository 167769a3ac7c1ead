"""Kernels that are kept on disk are those of the code that is there."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CALLED = """
from lotse_routing.core.jit import kernel

MOST = {most}

@kernel
def more(x):
    return x + {step}
"""
CALLER = """
from called import MOST, more
from lotse_routing.core.jit import kernel

@kernel
def most(x):
    return min(more(x), MOST)

print(most(1), sum(most.stats.cache_hits.values()))
"""
AS_ANYBODY = () if os.geteuid() else ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Root, too, writes only where it may."""


def _write_sources(folder: Path) -> None:
    (folder / "caller.py").write_text(CALLER)
    (folder / "called.py").write_text(CALLED.format(most=50, step=1))


def _call(folder: Path, account: Sequence[str] = ()) -> tuple[int, int]:
    """The kernel's answer, and whether it was kept from before."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*account, sys.executable, "caller.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    answer, kept = map(int, done.stdout.split())
    return answer, kept


def test_a_kernel_is_compiled_anew_when_a_file_that_it_calls_has_changed(tmp_path: Path) -> None:
    _write_sources(tmp_path)
    assert _call(tmp_path) == (2, 0)
    assert _call(tmp_path) == (2, 1)
    (tmp_path / "called.py").write_text(CALLED.format(most=50, step=10))
    assert _call(tmp_path) == (11, 0)
    (tmp_path / "called.py").write_text(CALLED.format(most=5, step=10))
    assert _call(tmp_path) == (5, 0)


def test_kernels_are_taken_from_a_folder_that_can_only_be_read(tmp_path: Path) -> None:
    _write_sources(tmp_path)
    assert _call(tmp_path) == (2, 0)
    kept = [tmp_path / "kept", *(tmp_path / "kept").iterdir()]
    for folder in kept:
        folder.chmod(0o555)
    assert _call(tmp_path, AS_ANYBODY) == (2, 1)
    for file in kept[1].iterdir():
        file.unlink()
    assert _call(tmp_path, AS_ANYBODY) == (2, 0)  # compiled, cannot be kept, works
    assert not list(kept[1].iterdir())
