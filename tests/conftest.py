"""Real servers for every test that wants one: see fixtures/."""

import os
import tempfile

from hypothesis import settings

pytest_plugins = [
    "fixtures.absent",
    "fixtures.databases",
    "fixtures.brokers",
    "fixtures.gateways",
    "fixtures.browsers",
    "fixtures.scenarios",
]

os.environ["LOTSE_ROUTING_COMPILED_DIR"] = tempfile.mkdtemp(prefix="lotse-compiled-")
"""No test finds what another run compiled, nor leaves it where people keep theirs."""

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
"""No test fails because the machine is busy: what takes how long is measured in benchmarks."""
