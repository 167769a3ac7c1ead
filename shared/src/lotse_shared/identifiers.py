"""Identifiers of Lotse's nouns, and the one rule they obey on the wire."""

from typing import Annotated

from pydantic import StringConstraints

IDENTIFIER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"
"""1 to 64 characters that are safe in an MQTT topic, a URL path and a log line."""

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN)]
"""An id of a detector, sign, destination, corridor, roadwork, junction or link, as pydantic checks it at the edge."""
