"""Kernels that are kept on disk are those of the code that is there."""

import os
import subprocess
import sys
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


def _call(folder: Path) -> tuple[int, int]:
    """The kernel's answer, and whether it was kept from before."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "caller.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    answer, kept = map(int, done.stdout.split())
    return answer, kept


def test_a_kernel_is_compiled_anew_when_a_file_that_it_calls_has_changed(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "called.py").write_text(CALLED.format(most=50, step=1))
    assert _call(tmp_path) == (2, 0)
    assert _call(tmp_path) == (2, 1)
    (tmp_path / "called.py").write_text(CALLED.format(most=50, step=10))
    assert _call(tmp_path) == (11, 0)
    (tmp_path / "called.py").write_text(CALLED.format(most=5, step=10))
    assert _call(tmp_path) == (5, 0)
