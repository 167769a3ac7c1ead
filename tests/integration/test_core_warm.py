"""After `lotse-routing warm`, nothing that routing does waits for a compiler."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, pkgutil, importlib, sys
sys.path.insert(0, {tests!r})
import lotse_routing.core as core
import lotse_routing.decide as decide
from lotse_routing.warm import warm_up

def compiled():
    names = [m.name for p in (core, decide) for m in pkgutil.iter_modules(p.__path__, p.__name__ + ".")]
    modules = [importlib.import_module(name) for name in names]
    kernels = {{k.py_func.__qualname__ + k.py_func.__module__: k for m in modules for k in vars(m).values()
                if hasattr(k, "py_func")}}
    return {{name: len(kernel.signatures) for name, kernel in kernels.items()}}

warm_up()
before = compiled()

from factories_decide import CENTRUM, SIGN, TOPOLOGY, a_closure, a_moment, a_snapshot, a_step
from lotse_routing.decide.quiet import Quiet
from lotse_routing.decide.registry import Registry
from lotse_routing.decide.signs import decide_signs
from lotse_routing.core.alternatives import Limits, list_alternatives
from lotse_routing.core.routes import Anchor, find_path, find_path_between, tree_over, tree_to_junction

graph = a_snapshot({{"B-C-0": 5.0}}).graph
tree = tree_to_junction(graph, "D")
assert tree.path_from(0) and find_path(graph, 0, 2) is not None
assert tree_over((TOPOLOGY.index["B-E-0"],), tree).path_from(0)
assert find_path_between(graph, Anchor(0, 0.5), [Anchor(2, 0.5), Anchor(3, 1.0)])
ends = [Anchor(link, 1.0) for link in TOPOLOGY.links_to["D"]]
assert len(list_alternatives(graph, Anchor(0, 0.0), ends, Limits(1.0, 9.0, 0.0), 3)) > 1
quiet, in_force = Quiet(), {{}}
for speed_kmh in (50.0, 5.0, 5.0):
    for closed in ((), (a_closure("C-D-0"),)):
        moment = a_moment(a_snapshot({{"B-C-0": speed_kmh}}, closed), Registry((SIGN,), {{"CENTRUM": CENTRUM}}, ()))
        in_force |= decide_signs(a_step(moment), in_force, quiet)[0]

import factories_relations as relations
knowledge = relations.a_knowledge(relations.ALONG_B)
for closed in ((), (relations.a_closure("b1-b2-0"),)):
    snapshot = relations.a_snapshot(relations.slowed({{"b2-b3-0": 5.0}}), closed)
    step = relations.a_step(snapshot, knowledge)
    in_force = decide_signs(step, {{}}, Quiet())[0]
    assert bool(in_force["S1"].detours) == bool(closed)
after = compiled()
print(json.dumps({{"kernels": len(before), "new": [n for n in after if after[n] > max(before[n], 0)]}}))
"""


def test_work_compiles_nothing_that_was_not_warmed() -> None:
    script = SCRIPT.format(tests=str(Path(__file__).parents[1]))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kernels"] >= 20
    assert told["new"] == []
