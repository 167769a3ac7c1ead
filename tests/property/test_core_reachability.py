"""What is reached, against networkx on the graph of drives."""

import networkx as nx
import numpy as np
import pytest
from factories_core import MONDAY_NOON, a_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Oracle
from test_core_paths import towns

from lotse_routing.core.access import Permits, Vehicle
from lotse_routing.core.reachability import find_reach
