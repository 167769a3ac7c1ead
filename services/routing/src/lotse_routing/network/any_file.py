"""Reads a street network from a file or folder of any kind that is known."""

from pathlib import Path

from lotse_routing.network.graphs.exchange import SUFFIX, import_graphml
from lotse_routing.network.graphs.rows import GraphError
from lotse_routing.network.import_links import import_links
from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.link_files import BadRowsError
from lotse_routing.network.model import StreetNetwork
from lotse_routing.network.osm.file import OsmFileError, Watch
from lotse_routing.network.summary import ImportSummary

READ_ERRORS = (OsmFileError, BadRowsError, GraphError)
"""What is raised when a file is no street network."""


def import_any(path: Path, name: str, watch: Watch) -> tuple[StreetNetwork, ImportSummary]:
    """Read OpenStreetMap data, a folder of plain files, or GraphML, by what the path looks like.

    Raises
    ------
    OsmFileError, BadRowsError, GraphError
        It is no street network.
    """
    if path.is_dir():
        return import_links(path, name)
    if path.name.endswith(SUFFIX):
        return import_graphml(path, name)
    return import_osm(path, name, watch)
