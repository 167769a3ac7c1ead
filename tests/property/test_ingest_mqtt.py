"""What holds for any stream of bytes from a broker."""

from itertools import pairwise

from factories_ingest import NOBODY, NOON
from factories_mqtt import PINGRESP, publish, suback
from hypothesis import given
from hypothesis import strategies as st

from lotse_ingest.messages import Received
from lotse_ingest.mqtt import Frames, MalformedError

publishes = st.builds(
    publish,
    topic=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    payload=st.binary(max_size=300),
    packet_id=st.integers(0, 65_535),
    properties=st.binary(max_size=200),
    flags=st.sampled_from([0, 1, 8, 9]),
)
others = st.just(PINGRESP) | st.integers(1, 65_535).map(suback)
streams = st.lists(publishes | others, max_size=12).map(b"".join)


def read(chunks: list[bytes]) -> list[Received | tuple[int, bytes]]:
    """All that is whole in a stream of chunks, in order."""
    frames, found = Frames(), []
    for chunk in chunks:
        frames.feed(chunk)
        found += read_whole(frames, limit=len(b"".join(chunks)) + 1)
    return found


def read_whole(frames: Frames, limit: int) -> list[Received | tuple[int, bytes]]:
    """What is whole now; every call must get on by a packet, so that there are at most `limit`."""
    found: list[Received | tuple[int, bytes]] = []
    for _ in range(limit):
        run, other = frames.next_run(NOON, NOBODY)
        found += run
        if other is None:
            return found
        found.append(other)
    message = "it does not end"
    raise AssertionError(message)


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Cut a stream in pieces, empty ones left out as a socket would."""
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:end] for start, end in pairwise(places)]


@given(streams, st.lists(st.integers(0, 5_000), max_size=20))
def test_any_split_into_chunks_gives_the_same_messages(stream: bytes, cuts: list[int]) -> None:
    assert read(split(stream, cuts)) == read([stream])


@given(st.lists(publishes, max_size=6))
def test_byte_by_byte_nothing_is_lost_and_nothing_comes_twice(packets: list[bytes]) -> None:
    stream = b"".join(packets)
    assert len(read([stream[at : at + 1] for at in range(len(stream))])) == len(packets)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=10))
def test_garbage_is_malformed_or_waits_for_more_and_never_hangs(chunks: list[bytes]) -> None:
    try:
        read(chunks)
    except MalformedError:
        return


@given(streams, st.data())
def test_a_bent_stream_never_does_more_than_end_the_connection(stream: bytes, data: st.DataObject) -> None:
    bent = bytearray(stream + PINGRESP)
    bent[data.draw(st.integers(0, len(bent) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read(split(bytes(bent), data.draw(st.lists(st.integers(0, 5_000), max_size=5))))
    except MalformedError:
        return


@given(streams, st.lists(st.integers(0, 5_000), max_size=20), st.integers(1, 200))
def test_a_truncated_stream_gives_a_beginning_of_the_whole(stream: bytes, cuts: list[int], missing: int) -> None:
    whole, beginning = read([stream]), read(split(stream[:-missing], cuts))
    assert whole[: len(beginning)] == beginning
