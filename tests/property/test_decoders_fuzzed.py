"""Whatever stands in a file, a feed, a message or a setting: read, or refused with the one error that is documented.

Bytes of any kind, and valid documents that were bent. Other decoders have theirs beside what else holds for them: MQTT
packets (test_ingest_mqtt.py), dialects (test_ingest_properties.py), tables and GeoJSON of the registry
(test_gateway_exchange.py), cursors (test_gateway_paging.py), the public API (contract/test_gateway_schemathesis.py).
"""

import gzip
import json
import os
import ssl
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from unittest import mock
from zoneinfo import ZoneInfo

import osmium
import pytest
import trustme
from factories_network import a_network, both_ways, osm_xml, place, turn, unwatched
from factories_standalone import SIGN, an_answer, display_body
from hypothesis import example, given
from hypothesis import strategies as st

from lotse_gateway.answers.etags import matches, matches_strongly
from lotse_gateway.answers.language import choose_language
from lotse_gateway.exchange.features import read_features
from lotse_gateway.exchange.tables import read_csv
from lotse_gateway.loops.feed import read_ttl_s
from lotse_gateway.models.registry import Detector, DetectorView
from lotse_ingest.replay_http import _place
from lotse_ingest.settings import IngestSettings
from lotse_routing.commands.import_trips import TripRow
from lotse_routing.feeds.elements import UnreadableFeedError
from lotse_routing.feeds.ours import Street, as_told
from lotse_routing.feeds.read import FeedFormat, read_feed, sniff
from lotse_routing.feeds.write import write_datex2, write_wzdx
from lotse_routing.network.any_file import READ_ERRORS, import_any
from lotse_routing.network.graphs.exchange import export_graphml
from lotse_routing.network.link_files import LinkFiles
from lotse_routing.network.osm.barriers import read_barrier
from lotse_routing.network.osm.restrictions import Member, read_restriction
from lotse_routing.network.osm.tags import read_road
from lotse_routing.publish import _delays_min
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.roadwork import Roadwork
from lotse_shared.certificates import ends_at
from lotse_shared.problems import InvalidInput
from lotse_shared.recurrence import read_recurrence
from lotse_shared.request_id import begin_request
from lotse_shared.settings import DatabaseSettings, SettingsError
from lotse_shared.weekly_times import WeeklyTimes
from lotse_standalone import town
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.replay.odaa import read_segments
from lotse_standalone.replay.recording import COLUMNS, count_rows, read_slots
from lotse_standalone.signs.sign import Answer, Memory, hear

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)

SPLINTERS = tuple(
    text.encode("utf-8", "surrogatepass")
    for text in (
        *("", "\0", "\ufeff", "\r", '"', "'", ",", ";", ":", "<", ">", "&", "]]>", "\\ud800", "\ud800", "ü", "٣"),
        *("null", "true", "{}", "[]", "[" * 500, '{"a":' * 500, "-1", "0", "1e308", "-1e999", "NaN", "Infinity"),
        *("9" * 400, "0x10", "1_000", "180.1", "-90.000001", "999999999999999999999"),
        *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-03-29T02:30:00", "2026-02-30", "24:00", "25:99"),
        *("Mo-Su 00:00-24:00", "Mo-Fr 22:00-06:00; PH off", "&lol;", "<!DOCTYPE x>", "=1+1", "A" * 300),
    )
)


@st.composite
def bent(draw: st.DrawFn, document: bytes) -> bytes:
    """A valid document with pieces taken out, put in, doubled."""
    data = bytearray(document)
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        own = bytes(data[end : end + draw(st.integers(0, 200))])
        data[start:end] = draw(st.sampled_from(SPLINTERS) | st.binary(max_size=8) | st.just(own))
    return bytes(data)


def any_like(*documents: bytes) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=200) | st.one_of(*map(bent, documents))


@contextmanager
def files(**contents: bytes) -> Iterator[Path]:
    """A folder with these files, dots written as `_`."""
    with tempfile.TemporaryDirectory() as name:
        for file, content in contents.items():
            (Path(name) / file.replace("_DOT_", ".")).write_bytes(content)
        yield Path(name)


def _feeds() -> dict[FeedFormat, bytes]:
    line = ((7.76, 49.44), (7.77, 49.45))
    work = Roadwork("B1", "Bridge", "speed", 30.0, ("a", "b"), NOW, NOW.replace(month=4))
    told = as_told(work, {"a": Street("Main Street", line), "b": Street("", line)})
    return {
        FeedFormat.WZDX: json.dumps(write_wzdx(told, "A town", NOW)).encode(),
        FeedFormat.DATEX2: json.dumps(write_datex2(told, "A town", "de", "de", NOW)).encode(),
        FeedFormat.GEOJSON: (ROOT / "docs/roadworks-example.geojson").read_bytes(),
    }


FEEDS = _feeds()


@given(any_like(*FEEDS.values()), st.sampled_from([None, ZONE]))
def test_a_feed_is_read_or_refused(content: bytes, zone: ZoneInfo | None) -> None:
    with suppress(UnreadableFeedError):
        sniff(content)
    for kind in FeedFormat:
        with suppress(UnreadableFeedError):
            read_feed(content, kind, zone)


def test_the_feeds_that_are_bent_are_valid() -> None:
    for kind, content in FEEDS.items():
        assert sniff(content) is kind
        assert read_feed(content, kind, ZONE).found


def _osm() -> bytes:
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1)}
    tags = {"highway": "primary", "maxspeed": "50", "access:conditional": "no @ (Mo-Fr 07:00-09:00)", "lanes": "2"}
    ways = {1: ([1, 2], tags), 2: ([2, 3], tags), 3: ([3, 4], tags | {"maxheight": "3.5"}), 4: ([4, 1], tags)}
    relations = {9: turn("no_left_turn", 1, 2)}
    return osm_xml(nodes, ways, relations, {2: {"barrier": "bollard"}}).encode()


def _pbf(xml: bytes) -> bytes:
    with files(a_DOT_osm=xml) as folder:
        with osmium.SimpleWriter(str(folder / "a.osm.pbf")) as writer:
            for each in osmium.FileProcessor(folder / "a.osm"):
                writer.add(each)
        return (folder / "a.osm.pbf").read_bytes()


def _graphml() -> bytes:
    places = {"A": place(0, 0), "B": place(1, 0), "C": place(1, 1)}
    with files() as folder:
        export_graphml(a_network(places, both_ways([("A", "B"), ("B", "C"), ("C", "A")], places)), folder / "a.graphml")
        return (folder / "a.graphml").read_bytes()


OSM = _osm()
NETWORKS = {"a.osm": OSM, "a.osm.gz": gzip.compress(OSM), "a.osm.pbf": _pbf(OSM), "a.graphml": _graphml()}


@pytest.mark.filterwarnings("ignore:No key type for id")  # of networkx, which takes it for text then
@pytest.mark.parametrize("name", NETWORKS)
@given(data=st.data())
def test_a_file_of_streets_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = data.draw(any_like(NETWORKS[name]))
    with files(**{name.replace(".", "_DOT_"): content}) as folder, suppress(*READ_ERRORS):
        import_any(folder / name, "town", unwatched)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_files_of_streets_that_are_bent_are_valid(name: str) -> None:
    with files(**{name.replace(".", "_DOT_"): NETWORKS[name]}) as folder:
        network, _ = import_any(folder / name, "town", unwatched)
    assert list(network.links())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'lon="7.77"', b'lon="\xef\xbb\xbf7.77"'),
        (b'lat="49.44"', b'lat="490.44"'),
        (b'timestamp="1969', b'timestamp="soon'),
        (b'id="1"', b'id="99999999999999999999"'),
        (b'version="-1"', b'version="new"'),
        (b'ref="2"', b'ref=""'),
        (b"</osm>", b""),
    ],
)
def test_what_is_wrong_with_streets_is_told_in_one_line(before: bytes, after: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_bytes(OSM.replace(before, after))
    with pytest.raises(READ_ERRORS, match=r"a\.osm cannot be read: ") as refused:
        import_any(tmp_path / "a.osm", "town", unwatched)
    assert "\n" not in str(refused.value)


TABLES = {
    name: (town.FOLDER / f"{name}.csv").read_bytes()[:1500].rsplit(b"\n", 1)[0] for name in ("junctions", "links")
}
BANS = b"from_node,via_node,to_node,vehicles,during\nA,B,C,car;truck,Mo-Fr 07:00-09:00\n"


@given(any_like(TABLES["junctions"]), any_like(TABLES["links"]), any_like(BANS))
def test_a_folder_of_streets_is_read_or_refused(junctions: bytes, links: bytes, bans: bytes) -> None:
    named = {"junctions_DOT_csv": junctions, "links_DOT_csv": links, "banned_turns_DOT_csv": bans}
    with files(**named) as folder, suppress(*READ_ERRORS):
        import_any(folder, "town", unwatched)


@given(any_like(b"departs_at,links,vehicles,days\n07:30,a-b-0;b-c-0,3,Mo-Fr\n08:00,a-b-0;b-c-0,1,\n"))
def test_usual_trips_are_read_or_named(content: bytes) -> None:
    with files(trips_DOT_csv=content) as folder:
        read = LinkFiles(folder)
        for _, row in read.read("trips.csv", TripRow):
            assert row.links


RECORDING = (",".join(COLUMNS) + "\n2014-11-01T07:10:00,158324,12,43\n2014-11-01T07:15:00,158324,,x\n").encode()


@given(any_like(RECORDING), any_like(gzip.compress(RECORDING)), any_like(RECORDING))
def test_a_recording_is_played_or_refused(table: bytes, packed: bytes, links: bytes) -> None:
    with files(a_DOT_csv=table, b_DOT_csv_DOT_gz=packed, links_DOT_csv=links) as folder:
        for file in ("a.csv", "b.csv.gz"):
            with suppress(StandaloneError):
                for _ in read_slots([folder / file], ZONE):
                    pass
                count_rows([folder / file])
        with suppress(StandaloneError):
            read_segments(folder / "links.csv")


HOURS = st.text("MoTuWeThFrSaSuPHSH 0123456789:-;,@/+", max_size=40) | st.text(max_size=20)
TAG_VALUES = (
    st.sampled_from(["yes", "no", "primary", "50", "30 mph", "no @ (Mo-Fr 07:00-09:00)", "3.5", "-1", "2;3", "gate"])
    | st.text("0123456789.,;:@()-| mphktno ", max_size=20)
    | HOURS
)
TAG_KEYS = st.sampled_from(
    [
        *("highway", "access", "vehicle", "motor_vehicle", "hgv", "bus", "emergency", "oneway", "oneway:conditional"),
        *("maxspeed", "maxspeed:forward", "maxheight", "maxweight", "lanes", "lanes:backward", "barrier", "junction"),
        *("access:conditional", "hgv:conditional", "maxweight:hgv:conditional", "restriction", "restriction:hgv"),
        *("restriction:conditional", "except", "type", "turn:lanes", "driving_side", "name", "ref", "locked"),
    ]
)
TAGS = st.dictionaries(TAG_KEYS | st.text(max_size=12), TAG_VALUES, max_size=8)
MEMBERS = st.lists(
    st.builds(
        Member,
        st.sampled_from(["n", "w", "r", "node", "way"]),
        st.integers(-(2**63), 2**63),
        st.sampled_from(["from", "to", "via", ""]),
    ),
    max_size=5,
)


CERTIFICATE = ssl.PEM_cert_to_DER_cert(trustme.CA().issue_cert("broker.example").cert_chain_pems[0].bytes().decode())


@given(any_like(CERTIFICATE))
def test_a_certificate_is_read_or_refused(content: bytes) -> None:
    with suppress(ValueError):
        ends_at(content)


def test_the_certificate_that_is_bent_is_valid() -> None:
    assert ends_at(CERTIFICATE).tzinfo is UTC


@given(TAGS, MEMBERS)
def test_tags_of_any_kind_are_understood_or_left_out(tags: dict[str, str], members: list[Member]) -> None:
    read_road(tags)
    read_road({"highway": "primary"} | tags)
    read_barrier({"barrier": "gate"} | tags)
    read_restriction(1, {"type": "restriction"} | tags, members)


@given(HOURS, st.text(max_size=12) | st.sampled_from(["Europe/Berlin", "../etc/passwd", "/etc/passwd", "Europe"]))
def test_hours_are_read_or_refused(hours: str, zone: str) -> None:
    with suppress(ValueError):
        WeeklyTimes.parse(hours)
    with suppress(ValueError):
        read_recurrence(hours, zone)


SETTING = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["nan", "inf", "-1", "9" * 400, "[]", "{}", "null", '[{"dialect": "fiware"}]', '[{"filter": "#"}]', "[" * 2000]
)
DIALECTS = json.loads((town.FOLDER / "settings.json").read_text())["LOTSE_INGEST_DIALECTS"].encode()
NAMES = st.sampled_from(
    [
        *("LOTSE_INGEST_DIALECTS", "LOTSE_INGEST_SLOT", "LOTSE_INGEST_SHARE_GROUP", "LOTSE_INGEST_RETENTION_DAYS"),
        *("LOTSE_ROUTING_TIME_ZONE", "LOTSE_ROUTING_MINOR_STREET_CLASSES", "LOTSE_ROUTING_TTL_S"),
        *("LOTSE_DATABASE_DSN", "LOTSE_DATABASE_POOL_SIZE", "LOTSE_DATABASE_DSN_FILE"),
    ]
)


@given(st.dictionaries(NAMES, SETTING, max_size=4), bent(DIALECTS))
@example({"LOTSE_DATABASE_DSN_FILE": "/"}, b"[]")
def test_settings_are_taken_or_refused_in_one_line(given_settings: dict[str, str], dialects: bytes) -> None:
    text = dialects.replace(b"\0", b"").decode("utf-8", "ignore")
    for environment in (given_settings, {"LOTSE_INGEST_DIALECTS": text}):
        with mock.patch.dict(os.environ, environment):
            for make in (IngestSettings, RoutingSettings, DatabaseSettings):
                with suppress(SettingsError):
                    cast("Callable[[], Any]", make)()


@given(st.binary(max_size=80) | bent(b'W/"a", "b", *') | bent(b"de-DE, en;q=0.8, *;q=0"), st.text(max_size=40))
def test_headers_are_understood_or_ignored(raw: bytes, cursor: str) -> None:
    text = raw.decode("latin-1")
    matches(text, '"b"')
    matches_strongly(text, '"b"')
    choose_language(None, text)
    given_id = begin_request([(b"x-request-id", raw), (b"traceparent", raw)])
    assert 1 <= len(given_id) <= 64
    assert given_id.isascii()
    with suppress(InvalidInput):
        _place(cursor)


@given(
    any_like(display_body()),
    st.dictionaries(st.sampled_from(["date", "etag", "lotse-fresh-until", "retry-after"]), SETTING),
)
def test_a_sign_and_those_who_read_its_body_outlive_what_they_get(body: bytes, headers: dict[str, str]) -> None:
    for answer in (an_answer(200, body), Answer(200, headers, body), Answer(503, headers, body)):
        memory = hear(Memory(), SIGN, answer, 0.0)
        assert memory.pause_s > 0
    assert read_ttl_s(body) is None or isinstance(read_ttl_s(body), float)
    _delays_min(body)


def read_table(content: bytes) -> object:
    return list(read_csv(content.decode(), Detector, DetectorView))


HUGE = 2_000_000
BOMBS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "a feed of brackets": (b'{"features":' + b"[" * HUGE, lambda content: read_feed(content, FeedFormat.GEOJSON)),
    "a feed of many small things": (
        b'{"type":"FeatureCollection","features":[' + b"{}," * (HUGE // 3) + b"{}]}",
        lambda content: read_feed(content, FeedFormat.GEOJSON),
    ),
    "a table of one cell": (
        b"detector_id\n" + b"x" * HUGE,
        read_table,
    ),
    "a table of quotes": (b"detector_id\n" + b'"' * HUGE, read_table),
    "features of nothing": (
        b'{"type":"FeatureCollection","features":[' + b"1," * (HUGE // 2) + b"1]}",
        lambda content: list(read_features(json.loads(content), "detector_id", Detector, DetectorView)),
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_made_to_swell_takes_memory_in_proportion(name: str) -> None:
    content, read = BOMBS[name]
    tracemalloc.start()
    try:
        with suppress(UnreadableFeedError):
            read(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200 * len(content)


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))


@pytest.mark.parametrize(("name", "root"), [("a.osm", b"osm"), ("a.graphml", b"graphml")])
def test_entities_that_multiply_are_refused(name: str, root: bytes) -> None:
    """A kilobyte that would be a terabyte."""
    laughing = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">%s]><%s>&l11;</%s>' % (LAUGHS, root, root)
    with files(**{name.replace(".", "_DOT_"): laughing}) as folder, pytest.raises(READ_ERRORS):
        import_any(folder / name, "town", unwatched)


def test_no_file_reads_another_of_this_machine(tmp_path: Path) -> None:
    """An external entity in XML stays unread."""
    secret = tmp_path / "secret"
    secret.write_text("of this machine")
    for name, content in (("a.osm", OSM), ("a.graphml", NETWORKS["a.graphml"])):
        head, _, rest = content.partition(b"?>")
        outside = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://%s">]>' % str(secret).encode()
        asking = head + b"?>" + outside + rest.replace(b"primary", b"&e;")
        (tmp_path / name).write_bytes(asking)
        with suppress(*READ_ERRORS):
            network, _ = import_any(tmp_path / name, "town", unwatched)
            assert all("of this machine" not in str(link) for link in network.links())
