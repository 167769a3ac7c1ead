"""What Lotse knows of links, measured on the recording of Open Data Aarhus: estimates and congestion onsets."""
