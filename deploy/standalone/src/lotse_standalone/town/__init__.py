"""The demo town Auenbrück, invented and drawn for Lotse: streets, detectors, signs, corridors and a morning's traffic.

It lies in the North Sea, where it can be mistaken for no real place.

junctions.csv, links.csv, banned_turns.csv
    The street network as ARCHITECTURE.md describes it. Ids of junctions begin with a letter for the street or quarter:
    R ring, L Lindenallee, F Frankfurter Straße, D Dresdner Straße, A the old town's wall, M Mühlstraße, ...
detectors.json, destinations.json, signs.json, corridors.json
    Lists of REST bodies for /v1/<noun>/bulk.
settings.json
    LOTSE_* values for the services that fit a morning of one minute.
scenario.json
    What happens in that morning (lotse_standalone.simulation.scenario).
landscape.json
    River, railway and quarters, for the map (lotse_standalone.town.draw).
"""

from pathlib import Path

FOLDER = Path(__file__).parent
