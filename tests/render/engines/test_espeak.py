"""The offline voice speaks, tells when, and says what is missing."""

import time
import wave
from pathlib import Path

import pytest

from services.render.engines.espeak import EspeakVoice
from services.render.engines.voice import Utterance
from services.render.stages.errors import StageFailed

SKY = "The sky is blue, and that is one of the oldest questions of the world."


async def test_speech_has_anchors_in_order_inside_each_sentence(tmp_path: Path) -> None:
    recording = await EspeakVoice().speak([Utterance(SKY, "en", 300), Utterance("Why?", "en", 0)], "", tmp_path)
    first, second = recording.spoken
    assert first.start_ms == 400
    assert first.end_ms + 300 <= second.start_ms + 1
    assert [anchor.at_ms for anchor in first.anchors] == sorted(anchor.at_ms for anchor in first.anchors)
    assert all(first.start_ms <= anchor.at_ms <= first.end_ms for anchor in first.anchors)
    assert {SKY[anchor.character] for anchor in first.anchors} <= set("Tsibatooqw")


async def test_a_recording_is_mono_of_16_bit_and_a_whole_number_of_tenths(tmp_path: Path) -> None:
    recording = await EspeakVoice().speak([Utterance("Hi.", "en", 0)], "", tmp_path)
    with wave.open(str(recording.wav)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getnframes() * 1000 % (file.getframerate() * 100) == 0
        assert file.getnframes() / file.getframerate() >= 4


async def test_the_same_words_are_the_same_samples(tmp_path: Path) -> None:
    takes: set[bytes] = set()
    began = time.monotonic()
    while time.monotonic() - began < 1.2:  # the library would like to seed its chance with the second of the day
        recording = await EspeakVoice().speak([Utterance(SKY, "en", 200)], "", tmp_path)
        takes.add(recording.wav.read_bytes())
    assert len(takes) == 1


@pytest.mark.parametrize("language", ["de", "cmn", "ru", "ar", "xx", "en-gb", "no", ""])
async def test_every_language_is_spoken_by_some_voice(tmp_path: Path, language: str) -> None:
    recording = await EspeakVoice().speak([Utterance("Kilimandscharo 2026", language, 0)], "; rm -rf", tmp_path)
    assert recording.spoken[0].end_ms - recording.spoken[0].start_ms > 300


async def test_a_missing_library_is_named(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match="install the package espeakng-loader again") as failure:
        await EspeakVoice(tmp_path).speak([Utterance(SKY, "en", 0)], "", tmp_path)
    assert (failure.value.code, failure.value.retryable) == ("speech.engine_missing", False)
