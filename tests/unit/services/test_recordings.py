"""Which format a recording is in, and how long it lasts: by its header, and never less than its bytes can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recordings import a_wav, a_webm, an_mp3
from tollgate.contracts.transcription import Transcript
from tollgate.contracts.upload import Upload
from tollgate.errors import BadRequest
from tollgate.services.recordings import Length, measure, named
from tollgate.services.subtitles import last_second, to_srt, to_vtt


def an_upload(name: str, content: bytes = b"x") -> Upload:
    return Upload(name, "application/octet-stream", content)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.MP3", b"x", ("a.MP3", "audio/mpeg")),
        ("folder/a.webm", b"x", ("a.webm", "audio/webm")),
        ("C:\\music\\a.flac", b"x", ("a.flac", "audio/flac")),
        ("blob", a_wav(0.1), ("blob.wav", "audio/wav")),
        ("", a_webm(), ("audio.webm", "audio/webm")),
        ("a.bin", b"fLaC", ("a.bin.flac", "audio/flac")),
        ("a.bin", b"OggS", ("a.bin.ogg", "audio/ogg")),
        ("a.bin", b"\0\0\0\x20ftypM4A ", ("a.bin.m4a", "audio/mp4")),
        ("a.bin", b"ID3\x04", ("a.bin.mp3", "audio/mpeg")),
        ("a.bin", an_mp3(0.1), ("a.bin.mp3", "audio/mpeg")),
    ],
)
def test_the_name_tells_the_format_and_else_the_first_bytes(
    name: str, content: bytes, expected: tuple[str, str]
) -> None:
    recording = named(an_upload(name, content))

    assert (recording.name, recording.media_type) == expected


def test_what_neither_name_nor_bytes_tell_is_refused() -> None:
    with pytest.raises(BadRequest, match="not known"):
        named(an_upload("notes.txt", b"Hello"))


@pytest.mark.parametrize(
    ("name", "content", "seconds"),
    [("a.wav", a_wav(2.4), 2.4), ("a.webm", a_webm(61_500), 61.5), ("a.mp3", an_mp3(10), 10.0)],
)
def test_a_header_tells_the_length(name: str, content: bytes, seconds: float) -> None:
    length = measure(an_upload(name, content))

    assert length.seconds == pytest.approx(seconds, abs=0.1)
    assert (length.is_read, length.most_seconds >= seconds) == (True, True)


def test_without_a_header_the_bytes_are_the_bound() -> None:
    assert measure(an_upload("a.webm", a_webm()))[2] is False
    assert measure(an_upload("a.mp3", bytes(2_500))) == Length(3, 3, is_read=False)


def test_a_header_that_says_too_little_is_not_believed_for_the_hold() -> None:
    length = measure(an_upload("a.webm", a_webm(1) + bytes(4_000_000)))

    assert length.most_seconds >= 100


@given(st.binary(max_size=500), st.sampled_from(["mp3", "wav", "webm", "ogg", "flac", "m4a"]))
def test_bytes_of_any_kind_have_a_length(content: bytes, extension: str) -> None:
    length = measure(an_upload(f"a.{extension}", content))

    assert 0 <= length.seconds <= length.most_seconds


_TIMES = st.floats(min_value=0, max_value=350_000)


@given(st.lists(st.tuples(_TIMES, _TIMES, st.text(max_size=20)), min_size=1, max_size=5))
def test_subtitles_end_when_their_last_segment_does(segments: list[tuple[float, float, str]]) -> None:
    body = {"segments": [{"start": start, "end": end, "text": text} for start, end, text in segments]}
    last = max(end for _, end, _ in segments)

    for write in (to_srt, to_vtt):
        written = write(Transcript(body))
        assert written is not None
        assert written.count("-->") == len(segments)
        assert last_second(Transcript(subtitles=written)) == pytest.approx(last, abs=0.001)


@pytest.mark.parametrize("body", [{}, {"segments": "x"}, {"segments": [1]}, {"segments": [{"start": None, "end": 1}]}])
def test_nothing_with_times_makes_no_subtitles(body: dict[str, object]) -> None:
    assert (to_srt(Transcript(body)), to_vtt(Transcript(body)), last_second(Transcript(body))) == (None, None, None)
