"""docs/ingest.md tells what is true: its examples are decoded, its settings are those of the demo."""

import json
import re
from pathlib import Path

import pytest

from lotse_ingest.decode import Dialects
from lotse_ingest.decode.delimited_settings import DelimitedSettings
from lotse_ingest.decode.fiware import FiwareSettings
from lotse_ingest.messages import Refusal
from lotse_ingest.settings import IngestSettings
from lotse_shared.reading import Reading
from lotse_standalone import town

PAGE = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^Topic `([^`]+)`\n\n```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SETTINGS = json.loads(re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0])


def dialects() -> Dialects:
    settings = IngestSettings(dialects=SETTINGS)
    return Dialects(settings.dialects, settings.max_payload_bytes)


@pytest.mark.parametrize(("topic", "payload"), EXAMPLES)
def test_every_example_of_the_page_is_decoded_whole(topic: str, payload: str) -> None:
    readings = dialects().decode(topic, payload.encode())
    assert readings
    assert all(isinstance(reading, Reading) for reading in readings), readings


def test_every_dialect_has_an_example_and_those_of_fiware_mean_the_same() -> None:
    topics = [topic for topic, _ in EXAMPLES]
    assert {topic.split("/")[0] for topic in topics} == {"lotse", "fiware", "berlin"}
    fiware = [dialects().decode(topic, payload.encode()) for topic, payload in EXAMPLES if topic.startswith("fiware/")]
    assert fiware == [fiware[0]] * 3


def test_the_settings_of_the_page_are_those_of_the_demo() -> None:
    settings = json.loads((town.FOLDER / "settings.json").read_text(encoding="utf-8"))
    assert json.loads(settings["LOTSE_INGEST_DIALECTS"]) == SETTINGS


def test_every_setting_of_a_dialect_and_every_reason_code_is_on_the_page() -> None:
    names = {*FiwareSettings.model_fields, *DelimitedSettings.model_fields, *Refusal}
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []
