"""The voice that is always there: espeak-ng, offline, from the installed library, in a process of its own."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

from services.render.engines.process import Limits, run
from services.render.engines.voice import Anchor, Recording, Spoken, Utterance
from services.render.stages.errors import StageFailed

_PROGRAM = Path(__file__).with_name("espeak_process.py")
_VOICE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*(\+[A-Za-z0-9]+)?")
_ENGLISH = "en-us"
_NAMES = {"en": _ENGLISH, "zh": "cmn", "no": "nb", "pt": "pt-br"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How it speaks: words a minute, pitch and pitch range (0 to 99), and a timbre that ships with the library."""

    rate: int = 163
    pitch: int = 46
    pitch_range: int = 58
    timbre: str = "f3"
    lead_ms: int = 400
    tail_ms: int = 1000
    multiple_ms: int = 100
    minimum_ms: int = 4000


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """A `Voice`. `home` is the folder with the library and its data; by default the installed `espeakng_loader`."""

    home: Path | None = None
    manner: Manner = field(default_factory=Manner)
    limits: Limits = field(default_factory=lambda: Limits(seconds=120.0, memory=2 << 30, file_size=1 << 30))

    @property
    def identity(self) -> str:
        return f"espeak-ng/1.52 {self.manner}"

    async def speak(self, utterances: Sequence[Utterance], voice: str, folder: Path) -> Recording:
        library, data = self._installed()
        wav, words = folder / "speech.raw.wav", folder / "speech.raw.json"
        request = {
            "library": str(library),
            "data": str(data),
            "wav": str(wav),
            "words": str(words),
            **asdict(self.manner),
            "utterances": [
                {"text": one.text, "voices": self._voices(one.language, voice), "pause_ms": one.pause_ms}
                for one in utterances
            ],
        }
        try:
            ended = await run(
                [sys.executable, "-I", "-S", str(_PROGRAM)],
                folder=folder,
                environment={},
                limits=self.limits,
                stdin=json.dumps(request).encode(),
            )
        except TimeoutError as error:
            message = f"the voice took longer than {self.limits.seconds:g} s: shorten the script, or try again later"
            raise StageFailed("stage.deadline", message, retryable=True) from error
        if ended.code != 0:
            message = f"the voice could not speak this script (exit code {ended.code}): try again, or change the script"
            raise StageFailed("speech.failed", message, retryable=True, cause=ended.complaint)
        return Recording(wav, _read(words))

    def _voices(self, language: str, wish: str) -> list[str]:
        base = _NAMES.get(language.lower(), language.lower())
        names = [f"{base}+{self.manner.timbre}", base, f"{base.partition('-')[0]}+{self.manner.timbre}", _ENGLISH]
        return [wish, *names] if _VOICE.fullmatch(wish) and wish[:2].lower() == base[:2] else names

    def _installed(self) -> tuple[Path, Path]:
        home = self.home
        if home is None:
            spec = find_spec("espeakng_loader")
            home = Path(spec.origin).parent if spec and spec.origin else None
        if home is None:
            message = "the speech library is not installed: install the extra `render`, then retry the job"
            raise StageFailed("speech.engine_missing", message, retryable=False)
        library, data = next(iter(sorted(home.glob("libespeak-ng.*"))), None), home / "espeak-ng-data"
        if library is None or not data.is_dir():
            message = f"the speech library or its data is missing in {home}: install the package espeakng-loader again"
            raise StageFailed("speech.engine_missing", message, retryable=False)
        return library, data


def _read(words: Path) -> tuple[Spoken, ...]:
    return tuple(
        Spoken(one["start_ms"], one["end_ms"], tuple(Anchor(at, ms) for at, ms in one["anchors"]))
        for one in json.loads(words.read_text(encoding="utf-8"))
    )
