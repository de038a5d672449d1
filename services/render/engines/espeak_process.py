"""Speak with espeak-ng in a process of its own.

    python -I -S espeak_process.py < request.json      (this file is run, never imported)

The request: {"library", "data", "wav", "words", "rate", "pitch", "pitch_range", "lead_ms", "tail_ms", "multiple_ms",
"minimum_ms", "utterances": [{"text", "voices", "pause_ms"}]}. `voices` are tried in turn. Written: `wav`, 16-bit mono
at the engine's own rate, and `words`, a JSON list with {"start_ms", "end_ms", "anchors": [[character, ms]]} for each
utterance. The library is under the GNU GPL 3, which is why it is loaded here and nowhere else.
"""

from __future__ import annotations  # array.array takes a parameter from Python 3.12 on only

import array
import ctypes
import json
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

_SYNCHRONOUS, _NO_EXIT, _CHARACTERS, _UTF8 = 2, 0x8000, 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORD, _END_OF_LIST = 1, 0
_QUIET = 40
_SEED = 1


class Utterance(TypedDict):
    text: str
    voices: list[str]
    pause_ms: int


class Request(TypedDict):
    library: str
    data: str
    wav: str
    words: str
    rate: int
    pitch: int
    pitch_range: int
    lead_ms: int
    tail_ms: int
    multiple_ms: int
    minimum_ms: int
    utterances: list[Utterance]


class Spoken(TypedDict):
    start_ms: int
    end_ms: int
    anchors: list[tuple[int, int]]


class Identifier(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", Identifier),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


@dataclass
class Heard:
    """What the library has told since the last sentence: samples, and words as (character from 0, milliseconds)."""

    samples: array.array[int] = field(default_factory=lambda: array.array("h"))
    words: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


class Engine:
    """The library, opened once; the engine keeps its callback alive."""

    def __init__(self, request: Request) -> None:
        self.heard = Heard()
        self._library = ctypes.CDLL(request["library"])
        self.samples_a_second = int(
            self._library.espeak_Initialize(_SYNCHRONOUS, 0, str(request["data"]).encode(), _NO_EXIT)
        )
        if self.samples_a_second <= 0:
            sys.exit(f"espeak-ng found no data in {request['data']}")
        self._callback = _CALLBACK(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)
        for parameter, value in (
            (_RATE, request["rate"]),
            (_PITCH, request["pitch"]),
            (_RANGE, request["pitch_range"]),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)

    def _hear(self, samples: int, count: int, events: Sequence[Event]) -> int:
        if count > 0:
            self.heard.samples.frombytes(ctypes.string_at(samples, count * 2))
        position = 0
        while events[position].type != _END_OF_LIST:
            event = events[position]
            if event.type == _WORD:
                self.heard.words.append((max(event.text_position - 1, 0), event.audio_position))
            position += 1
        return 0

    def speak(self, utterance: Utterance) -> Heard:
        """One sentence, with the silence around it cut away."""
        for name in utterance["voices"]:
            if self._library.espeak_SetVoiceByName(name.encode()) == 0:
                break
        else:
            sys.exit(f"espeak-ng has none of the voices {', '.join(utterance['voices'])}")
        self.heard = Heard()
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))  # it breathes by chance, and is seeded by the clock
        text = utterance["text"].encode()
        status = self._library.espeak_Synth(text, len(text) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
        if status != 0:
            sys.exit(f"espeak-ng refused a sentence with status {status}")
        return self._trimmed(self.heard)

    def _trimmed(self, heard: Heard) -> Heard:
        samples, margin = heard.samples, self.samples_a_second // 50
        first = next((n for n, sample in enumerate(samples) if abs(sample) > _QUIET), len(samples))
        last = next((n for n in range(len(samples) - 1, -1, -1) if abs(samples[n]) > _QUIET), first)
        begin, end = max(first - margin, 0), min(last + margin, len(samples))
        shift = begin * 1000 // self.samples_a_second
        return Heard(samples[begin:end], [(at, max(ms - shift, 0)) for at, ms in heard.words])


def record(request: Request) -> None:
    """Speak all utterances, one after another, and write the two files."""
    engine = Engine(request)
    rate = engine.samples_a_second
    sound, spoken = array.array("h"), list[Spoken]()
    _silence(sound, request["lead_ms"], rate)
    for utterance in request["utterances"]:
        heard = engine.speak(utterance)
        start = len(sound) * 1000 // rate
        sound.extend(heard.samples)
        end = len(sound) * 1000 // rate
        spoken.append({"start_ms": start, "end_ms": end, "anchors": [(at, start + ms) for at, ms in heard.words]})
        _silence(sound, utterance["pause_ms"], rate)
    _silence(sound, request["tail_ms"], rate)
    multiple = request["multiple_ms"]
    wanted = max(-(-len(sound) * 1000 // (rate * multiple)) * multiple, request["minimum_ms"])
    sound.extend([0] * (wanted * rate // 1000 - len(sound)))
    with wave.open(request["wav"], "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.tobytes())
    Path(request["words"]).write_text(json.dumps(spoken), encoding="utf-8")


def _silence(sound: array.array[int], milliseconds: int, rate: int) -> None:
    sound.extend([0] * (milliseconds * rate // 1000))


if __name__ == "__main__":
    record(json.load(sys.stdin))
