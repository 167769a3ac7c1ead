"""The fast look at a payload never lets through what the closer look would find."""

from hypothesis import given
from hypothesis import strategies as st

from lotse_ingest import privacy

PIECES = [
    *("KL-AB 123", "KL AB 1", "KL-AB-1234", "MÜ-X 1", "kl-ab 12", "b-a 17h", "AB-123-CD", "AB12 CDE", "1234 BCD"),
    *("W-12345 A", "aa:bb:cc:dd:ee:ff", "AABB.CCDD.EEFF", "plate", "kfz_kennzeichen", "device mac", "BTAddress", "VIN"),
    *(
        "\N{REPLACEMENT CHARACTER}-AB 12",
        "ß-ab 12",
        "KL-17",
        "12",
        "2026-11-23T07:10:00Z",
        "seq",
        "detector_id",
        "KL",
        "AB",
    ),
    *(
        '"',
        "'",
        ":",
        "=",
        ";",
        ",",
        "|",
        "{",
        "}",
        "[",
        "]",
        "\t",
        "\r",
        "\n",
        " ",
        "\N{NO-BREAK SPACE}",
        "-",
        "_",
        "é",
    ),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join))
def test_what_the_closer_look_finds_the_fast_one_suspects(text: str) -> None:
    if privacy._look_closer(text) is not None:  # noqa: SLF001 - its two halves are compared
        assert privacy._may_be_personal(text)  # noqa: SLF001 - as above
