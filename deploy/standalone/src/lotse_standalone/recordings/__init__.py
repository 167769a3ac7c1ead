"""Signs and destinations for recordings that bring streets and sensors, but no signs.

aarhus.json
    A few origin/destination pairs for the 449 links of Open Data Aarhus: five approaches to the ring roads whose
    usual way is slow in the morning peak and free an hour later. Links are named by REPORT_ID, junctions by point.
"""

from pathlib import Path

AARHUS_SIGNS = Path(__file__).parent / "aarhus.json"
