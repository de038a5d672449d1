"""A gateway on a port of this machine, with a scripted session behind it: what the page shows without the machinery."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import imageio_ffmpeg
from fastapi import FastAPI

from contracts.envelope import Command
from contracts.rendering import STAGES, Stage
from eventlog.clock import new_id, now
from services.gateway.asking.wishes import Outcome
from services.gateway.ports.news import Progress
from services.gateway.server import Server
from tests.gateway import samples
from tests.gateway.test_sessions import started
from tests.gateway.world import World

EVENTS = {
    Stage.REFINE: "session.prompt_refined",
    Stage.SCRIPT: "session.script_generated",
    Stage.SPEECH: "session.audio_generated",
    Stage.SCENES: "session.scenes_planned",
    Stage.VIDEO: "session.video_rendered",
}
STATUS = {
    Stage.REFINE: "refining",
    Stage.SCRIPT: "script_generating",
    Stage.SPEECH: "audio_generating",
    Stage.SCENES: "scenes_generating",
    Stage.VIDEO: "video_generating",
}
ENDS = {Stage.REFINE: 5.0, Stage.SCRIPT: 15.0, Stage.SPEECH: 25.0, Stage.SCENES: 45.0, Stage.VIDEO: 100.0}
SCRIPT = (
    "Air scatters light, and it scatters blue far more than red.\n\n"
    "So wherever you look, blue comes at you from all of the sky."
)
CAPTIONS = (
    b"WEBVTT\n\n00:00.000 --> 00:02.000\nAir scatters light,\n\n00:02.000 --> 00:04.000\nand blue far more than red.\n"
)
VOICELESS = "No voice speaks Klingon here. Choose one of: English, German, French."


def film(folder: Path) -> bytes:
    """Four seconds of a moving picture with a tone."""
    target = folder / "film.mp4"
    picture = ["-f", "lavfi", "-i", "gradients=s=640x360:d=4:c0=0x0b1224:c1=0x24407a:c2=0x5a3a78"]
    tone = ["-f", "lavfi", "-i", "sine=frequency=220:duration=4"]
    coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *picture, *tone, *coded, str(target)]
    subprocess.run(command, check=True, timeout=60)
    return target.read_bytes()


class Theatre:
    """Plays a session for each that is asked for. `pause` is the time between two words of a worker, in seconds.

    While `draws` is not set, every film stands half drawn, and its worker repeats how far it is.
    """

    def __init__(self, movie: bytes, pause: float) -> None:
        self.world = World()
        self.movie = movie
        self.pause = pause
        self.sessions: dict[UUID, dict[str, Any]] = {}
        self.stopped: set[str] = set()
        self.draws = asyncio.Event()
        self.draws.set()

    async def play(self) -> None:
        """Decide every command that is sent, until cancelled."""
        seen = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.world.moment = now()
                self.world.waiters.beat()
                for _, command in self.world.sender.sent[seen:]:
                    seen += 1
                    tasks.create_task(self.decide(command))
                await asyncio.sleep(0.005)

    async def decide(self, command: Command) -> None:
        """Do what the command asks for, and tell its outcome."""
        match command.type:
            case "StartSession":
                wish = started(command)
                known = samples.session(
                    command.tenant,
                    wish.session_id,
                    prompt=wish.prompt,
                    script=wish.script,
                    aspect=wish.aspect,
                    kind=wish.kind,
                    createdAt=command.at,
                    jobs=[str(wish.job_id)],
                    activeJob=str(wish.job_id),
                    version=0,
                )
                self.sessions[wish.session_id] = known
                self.record(known, "session.started", {"prompt": wish.prompt, "script": wish.script})
                self.record(known, "session.stages_requested", {"jobId": str(wish.job_id), "stages": list(STAGES)})
                self.tell(command, 2)
                await self.work(known)
            case "CancelJob":
                self.tell(command, 3)
                await self.stop(command)
            case "RetryJob":
                self.tell(command, 3)
                await self.again(command)
            case "DeleteSession":
                for known in self.of(command):
                    known["status"] = "deleted"
                    self.record(known, "session.deleted", {})
                self.tell(command, 3)
            case _:
                self.tell(command, 1)

    def of(self, command: Command) -> list[dict[str, Any]]:
        """The session that a command is about, by its own stream or its job's."""
        jobs = {samples.job(command.tenant, UUID(one["jobs"][-1]))["_id"]: one for one in self.sessions.values()}
        own = [one for one in self.sessions.values() if one["_id"] == command.stream]
        return own or [one for stream, one in jobs.items() if stream == command.stream]

    async def stop(self, command: Command) -> None:
        """The job was canceled."""
        for known in self.of(command):
            self.stopped.add(known["sessionId"])
            known |= {"status": "canceled", "activeJob": None}
            for stage in known["stages"]:
                stage["status"] = "canceled" if stage["status"] != "done" else "done"
            self.record(known, "session.canceled", {"jobId": known["jobs"][-1], "reason": "canceled by its user"})

    async def again(self, command: Command) -> None:
        """The job is tried again, and this time it works."""
        for known in self.of(command):
            self.stopped.discard(known["sessionId"])
            known |= {"status": "created", "activeJob": known["jobs"][-1], "error": None, "errorMessage": ""}
            for stage in known["stages"]:
                stage["status"] = "done" if stage["status"] == "done" else "pending"
            self.record(known, "session.retried", {"jobId": known["jobs"][-1]})
            known["prompt"] = known["prompt"].replace("Klingon", "English")
            await self.work(known)

    async def work(self, known: dict[str, Any]) -> None:
        """Stage by stage, with words in between."""
        before = 0.0
        for stage in known["stages"]:
            name, end = Stage(stage["name"]), ENDS[Stage(stage["name"])]
            known["status"] = STATUS[name]
            for step in range(1, 9):
                if known["sessionId"] in self.stopped or known["status"] == "deleted":
                    return
                percent = before + (end - before) * step / 8
                self.say(known, name, percent, step / 8 * 100)
                await asyncio.sleep(self.pause)
                while name is Stage.VIDEO and step == 4 and not self.draws.is_set():
                    self.say(known, name, percent, step / 8 * 100)
                    await asyncio.sleep(self.pause)
            if name is Stage.SPEECH and "Klingon" in known["prompt"]:
                self.fail(known, stage)
                return
            before = end
            await self.finish(known, stage, name)
        known |= {"status": "completed", "activeJob": None, "durationMs": 4_000}
        self.record(known, "session.completed", {"jobId": known["jobs"][-1], "durationMs": 4_000})

    async def finish(self, known: dict[str, Any], stage: dict[str, Any], name: Stage) -> None:
        """A stage is done."""
        stage |= {"status": "done", "finishedAt": now()}
        if name is Stage.SCRIPT:
            known |= {"script": known["script"] or SCRIPT, "title": "Why the sky is blue"}
        if name is Stage.VIDEO:
            movie, captions = await self.world.blobs.put(self.movie), await self.world.blobs.put(CAPTIONS)
            video = samples.asset(movie.sha256, movie.size, new_id()) | {"durationMs": 4_000}
            words = samples.asset(captions.sha256, captions.size, new_id())
            words |= {"kind": "captions", "mediaType": "text/vtt", "fileName": "captions.vtt"}
            known |= {"assets": [video, words], "videoFilePath": f"/media/{video['assetId']}.mp4"}
        self.record(known, EVENTS[name], {"jobId": known["jobs"][-1], "output": {"stage": name, "durationMs": 4_000}})

    def fail(self, known: dict[str, Any], stage: dict[str, Any]) -> None:
        """The work failed."""
        stage["status"] = "failed"
        error = {"code": "speech.no_voice", "stage": "speech", "retryable": True}
        known |= {"status": "failed", "activeJob": None, "errorMessage": VOICELESS, "error": error}
        self.record(known, "session.failed", {"code": "speech.no_voice", "message": VOICELESS})

    def say(self, known: dict[str, Any], stage: Stage, percent: float, of_stage: float) -> None:
        """A worker's word."""
        left = int((100 - percent) * 8 * self.pause * 10)
        word = Progress(known["jobs"][-1], known["sessionId"], known["tenant"], stage, percent, of_stage, left)
        self.world.news.tell(word)

    def record(self, known: dict[str, Any], type_: str, data: dict[str, Any]) -> None:
        """A row of history and the document with it, as a projector writes them."""
        known["version"] += 1
        known["updatedAt"] = now()
        session = UUID(known["sessionId"])
        row = samples.row(known["tenant"], known["version"], type_, session, **data) | {
            "at": now(),
            "_id": str(new_id()),
        }
        self.world.documents.put("session_history", row)
        self.world.documents.put("sessions", known | {"stages": [dict(one) for one in known["stages"]]})
        self.world.news.written(known["_id"])

    def tell(self, command: Command, version: int) -> None:
        """The command's outcome."""
        document = samples.outcome(command, version)
        self.world.documents.put("session_commands", document)
        self.world.waiters.tell(command.id, Outcome.of(document))

    def remember(self, prompt: str, hours: int, **fields: Any) -> None:
        """A session of some hours ago."""
        at = now() - timedelta(hours=hours)
        made = samples.session("ours", new_id(), prompt=prompt, createdAt=at, activeJob=None, **fields)
        self.world.documents.put("sessions", made)


@asynccontextmanager
async def served(app: FastAPI, **server_options: Any) -> AsyncGenerator[str]:
    """The application on a free port of this machine; yields its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Server(app, "127.0.0.1", 0, **server_options)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(server.serve([free]))
            async with asyncio.timeout(10):
                while not server.started:  # noqa: ASYNC110 - the server has no event for it
                    await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{free.getsockname()[1]}"
            finally:
                server.should_exit = True
                await running
