"""Privacy: what looks like a number plate or a MAC address is refused and kept nowhere. Pure.

Lotse measures streams, not people. Decoders take typed numbers and identifiers only, so that nothing personal can get
through a field they know. What is left to screen is what they do not know: unknown fields, dead letters, and the ids of
detectors that nobody registered. A field is personal by its name or by its whole value; within longer text only the two
forms that mean nothing else count: a MAC address, and a German plate as it is written ("KL-AB 123").

Detector ids look much like plates. A German plate without a blank therefore counts from three digits on ("KL-AB-123",
but not "KL-N-12"), and one letter group with a number ("KL-17", "AB-05", "TE001") never does.
"""

import re
from functools import lru_cache
from itertools import pairwise

from lotse_ingest.messages import DecodeError, Refusal

UNNAMED = "(a value)"
"""What is told instead of the name of a field that has none, or whose name is itself personal."""
WITHHELD = "(withheld)"
LONGEST_NAME = 64
LONGEST_TOPIC_KNOWN = 256
"""Longer ones are masked anew every time: a cache of thousands of them would be large."""

_NAMES = frozenset(
    {
        *("plate", "plates", "licenseplate", "licenceplate", "numberplate", "registrationplate", "lpn", "vin"),
        *("kennzeichen", "kfzkennzeichen", "nummernschild", "kenteken", "matricula", "immatriculation", "targa"),
        *("mac", "macs", "macaddr", "macaddress", "macadresse", "macid", "bssid", "bdaddr", "bdaddress", "btaddr"),
        *("btaddress", "bluetoothaddress", "imei", "imsi"),
    }
)
_NAME_WITHIN = re.compile(
    "|".join(name for name in sorted(_NAMES) if not any(other in name for other in _NAMES - {name})).encode()
)
"""Finds a text that holds any of them: "plate" is in "licenseplate", too."""
_UPPER, _LOWER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_TO_LOWER = bytes.maketrans(_UPPER, _LOWER)
_NO_LETTERS = bytes(set(range(256)) - set(_UPPER + _LOWER))
_WORD = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöü])|[A-ZÄÖÜ]?[a-zäöü]+")

_LETTER = "[A-ZÄÖÜ\N{REPLACEMENT CHARACTER}]"  # an umlaut in Latin-1 is no UTF-8
_DISTRICT = f"{_LETTER}{{1,3}}"
_GERMAN = (
    rf"{_DISTRICT}[- ][A-Z]{{1,2}} [1-9][0-9]{{0,3}}[EH]?"
    rf"|{_DISTRICT} [A-Z]{{1,2}}[- ]?[1-9][0-9]{{0,3}}[EH]?"
    rf"|{_DISTRICT}-[A-Z]{{1,2}}-?[1-9][0-9]{{2,3}}[EH]?"
)
_ABROAD = (
    r"[A-Z]{2}-[0-9]{3}-[A-Z]{2}|[A-Z]{2} [0-9]{3} [A-Z]{2}"  # France, Italy
    r"|[A-Z]{2}[0-9]{2} [A-Z]{3}"  # United Kingdom
    r"|[0-9]{4}[- ][B-DF-HJ-NP-TV-Z]{3}"  # Spain
    r"|[A-Z]{1,2}-[0-9]{3,5} ?[A-Z]{1,2}"  # Austria
)
_PLATE = re.compile(f"{_GERMAN}|{_ABROAD}")
_GERMAN_PLATE = re.compile(_GERMAN)
LONGEST_PLATE = 12

_HEX = "[0-9A-Fa-f]"
_MAC = (  # what may stand before is asked after the first character: ten times as fast as before it
    rf"{_HEX}(?<!{_HEX}{_HEX})(?<!{_HEX}[:.-]{_HEX})"
    rf"(?:{_HEX}([:-])(?:{_HEX}{{2}}\1){{4}}{_HEX}{{2}}|{_HEX}{{3}}\.{_HEX}{{4}}\.{_HEX}{{4}})"
    rf"(?!{_HEX}|[:.-]{_HEX})"
)
_WRITTEN_PLATE = rf"{_LETTER}(?<![\w-]{_LETTER}){_LETTER}{{0,2}}-[A-Z]{{1,2}} [1-9][0-9]{{0,3}}[EH]?(?![\w-]|:[0-9])"
_MAC_ADDRESS = re.compile(_MAC)
_ANYWHERE = re.compile(f"{_MAC}|{_WRITTEN_PLATE}")
_HEX_SHAPE = bytes.maketrans(b"123456789ABCDEFabcdef-", b"0" * 21 + b":")
_PLATE_SHAPE = bytes.maketrans(
    _UPPER + _LOWER + bytes(range(128, 256)) + b"123456789 ", b"A" * (2 * 26 + 128) + b"0" * 9 + b"-"
)
_PLATE_IN_SHAPE = re.compile(
    rb"-(?:(?<=A-)A{1,2}-?0"  # Germany
    rb"|(?<=AA-)000-AA|(?<=AA00-)AAA"  # France and Italy, United Kingdom
    rb"|(?<=0000-)AAA|(?<=A-)0{3,5}-?A)"  # Spain, Austria
)
"""What each plate holds once its digits are 0, its letters A, and its blanks hyphens. It begins with one character,
because Python's regular expressions skip fast to that."""

_SEPARATORS = r""""':=;,|{}\[\]\t\r\n"""
_RUN = re.compile(rf"""([^{_SEPARATORS}]+)(?:(:[0-9])|(["']?\s*[:=]))?""")
"""Text between separators, whether it goes on as a time ("MO-FR 16:00"), and whether it names what follows. Every
character is looked at a bounded number of times."""
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


@lru_cache(maxsize=4_096)
def is_personal_name(name: str) -> bool:
    """Tell whether a field's name, in any way of writing ("licensePlate", "kfz_kennzeichen"), says plate or MAC."""
    words = [word.lower() for word in _WORD.findall(name)]
    return any(word in _NAMES for word in (*words, *map("".join, pairwise(words))))


def is_personal_value(value: str) -> bool:
    """Tell whether a whole value is a number plate or holds a MAC address."""
    return _is_plate(value, _PLATE) or _ANYWHERE.search(value) is not None


def is_personal_identifier(identifier: str) -> bool:
    """Tell the same of a detector's id: there only MAC addresses and German plates count."""
    return _is_plate(identifier, _GERMAN_PLATE) or _MAC_ADDRESS.search(identifier) is not None


def screen(payload: bytes) -> str | None:
    """Give the name of the first field that looks personal, None if none does.

    Nothing is parsed, so that what is cut, broken or said twice is screened as well. In JSON a name is what stands
    before a colon; elsewhere (delimited lines) any value may be the name of a column. Time grows with the length only.
    """
    text = _plain(payload)
    return _look_closer(text) if _may_be_personal(text) else None


def _may_be_personal(text: str) -> bool:
    """Tell fast, for the flood of dead letters, whether to look closer at all: often in vain, never wrongly not.

    The exact regular expressions take ten times as long to find nothing.
    """
    if _may_hold_value(text):
        return True
    letters = text.encode(errors="replace").translate(_TO_LOWER, _NO_LETTERS)
    return _NAME_WITHIN.search(letters) is not None


def _may_hold_value(text: str) -> bool:
    upper = text if text.isascii() else text.upper()  # other letters may become more, or fewer, or some of ours
    raw = upper.encode(errors="replace")
    digits = raw.translate(_HEX_SHAPE)
    if b"00:00:00:00:00:00" in digits or b"0000.0000.0000" in digits:
        return True
    return _PLATE_IN_SHAPE.search(raw.translate(_PLATE_SHAPE)) is not None


def _look_closer(text: str) -> str | None:
    is_json = text.lstrip()[:1] in ("{", "[")
    embedded = _ANYWHERE.search(text)
    embedded_at = embedded.start() if embedded else len(text)
    field = UNNAMED
    for found in _RUN.finditer(text):
        run, is_name = found[1].strip(), found[3] is not None
        if embedded_at < found.end(1):
            return field
        if found[2] is None and _is_plate(run, _PLATE):
            return UNNAMED if is_name else field
        if (is_name or not is_json) and len(run) <= LONGEST_NAME and is_personal_name(run):
            return run
        if is_name and is_json:
            field = run[:LONGEST_NAME]
    return None


def refuse_personal(field: str) -> DecodeError:
    """Make the refusal of what holds a personal field: it names the field, and never the value.

    A name with digits is not told either: it could be a value itself, such as a plate written without a blank.
    """
    named = UNNAMED if any(character.isdigit() for character in field) else field
    reason = "looks like a number plate or a MAC address, which are never kept"
    return DecodeError(Refusal.PRIVACY, named, reason, "readings without personal data; nothing else of it was kept")


def find_personal(topic: str, payload: bytes) -> str | None:
    """Give the name of the first field that looks personal, `topic` if it is a level of that."""
    return "topic" if mask(topic) != topic else screen(payload)


def mask(topic: str) -> str:
    """Give a topic with every level withheld that looks personal."""
    return _mask(topic) if len(topic) <= LONGEST_TOPIC_KNOWN else _mask.__wrapped__(topic)


@lru_cache(maxsize=4_096)
def _mask(topic: str) -> str:
    if not _may_hold_value(topic):
        return topic
    return "/".join(WITHHELD if is_personal_identifier(level) else level for level in topic.split("/"))


def _is_plate(text: str, plate: re.Pattern[str]) -> bool:
    if len(text) > LONGEST_PLATE:
        return False
    return plate.fullmatch(text.upper() if text.islower() else text) is not None


def _plain(payload: bytes) -> str:
    """Give the payload as text: UTF-16 loses its zero bytes, JSON its escapes."""
    text = payload.translate(None, b"\0").decode(errors="replace")
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "\\" in text else text
