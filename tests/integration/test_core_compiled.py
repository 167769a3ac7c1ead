"""What a network compiles to is kept on disk, and never trusted blindly."""

from pathlib import Path

import numpy as np
import pytest
from factories_core import a_graph
from factories_network import a_network, both_ways, place
from structlog.testing import capture_logs

from lotse_routing import compiled
from lotse_routing.compiled import CompiledNetworks
from lotse_routing.core.routes import find_path
from lotse_routing.core.topology import build_topology

PLACES = {"A": place(0, 0), "B": place(1, 0), "C": place(2, 0), "D": place(1, 1)}
TOWN = a_network(PLACES, both_ways([("A", "B"), ("B", "C"), ("B", "D"), ("D", "C")], PLACES), [("A-B-0", "B-C-0")])


def test_what_was_kept_answers_as_what_was_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_topology(TOWN, CompiledNetworks(str(tmp_path)).of(TOWN))
    monkeypatch.setattr(compiled, "compile_network", None)
    again = build_topology(TOWN, CompiledNetworks(str(tmp_path)).of(TOWN))
    for name, array in first.hierarchy._asdict().items():
        np.testing.assert_array_equal(array, getattr(again.hierarchy, name))
        assert array.dtype == getattr(again.hierarchy, name).dtype
    for start in range(len(first.links)):
        for end in range(len(first.links)):
            assert find_path(a_graph(first), start, end) == find_path(a_graph(again), start, end)


@pytest.mark.parametrize("content", [b"", b"PK no archive", b"\x93NUMPY"])
def test_a_damaged_file_is_told_and_made_anew(tmp_path: Path, content: bytes) -> None:
    CompiledNetworks(str(tmp_path)).of(TOWN)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(content)
    with capture_logs() as logs:
        CompiledNetworks(str(tmp_path)).of(TOWN)
    assert [log["event"] for log in logs] == ["a compiled network cannot be read: compiling it again"]
    assert len(file.read_bytes()) == len(whole)


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with capture_logs() as logs:
        assert CompiledNetworks(str(tmp_path / "file")).of(TOWN).hierarchy is not None
    assert [log["log_level"] for log in logs] == ["warning"]


def test_only_the_newest_files_are_kept(tmp_path: Path) -> None:
    for i in range(compiled.FILES_KEPT + 3):
        (tmp_path / f"{i}.npz").write_bytes(b"old")
    CompiledNetworks(str(tmp_path)).of(TOWN)
    assert len(list(tmp_path.iterdir())) == compiled.FILES_KEPT


def test_whatever_decides_what_a_network_compiles_to_names_the_file() -> None:
    """Else an older file would be taken for what newer code gives: hours and the compiler of kernels do not count."""
    used = {
        getattr(thing, "__module__", None) or "" for module in compiled.COMPILERS for thing in vars(module).values()
    }
    ours = {name for name in used if name.startswith("lotse_")}
    named = {module.__name__ for module in compiled.COMPILERS}
    assert ours - named == {"lotse_routing.core.jit", "lotse_shared.weekly_times"}
