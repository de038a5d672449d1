"""A film that is cut of a timeline shows what that says, when and where it says so, and sounds as every film does."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from blobs.memory import MemoryBlobs
from contracts.film import Film, FilmLayer, FilmSource, Fit, LayerKind
from contracts.rendering import AssetKind, JobInputs, Stage, StageOutput
from services.render.engines.probe import probe
from services.render.pipeline import run_stage
from services.render.stages.cut_graph import runs_of_words
from services.render.stages.errors import StageFailed
from tests.render.stages import reels
from tests.render.stages.conftest import tools_of
from tests.render.stages.test_film import darkest_and_brightest, measured, picture_at

PROJECT = UUID(int=1)


class Table:
    """Where a film is cut: its layers are laid, then it is made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = MemoryBlobs()
        self.layers: list[FilmLayer] = []

    async def source(self, content: bytes, media_type: str, *, sound: bool = False) -> FilmSource:
        blob = await self.blobs.put(content)
        return FilmSource(asset_id=UUID(int=2), sha256=blob.sha256, media_type=media_type, sound=sound)

    def lay(
        self, kind: LayerKind, start_ms: int, end_ms: int, source: FilmSource | None = None, **more: object
    ) -> None:
        layer = {"kind": kind, "start_ms": start_ms, "end_ms": end_ms, "source": source, **more}
        self.layers.append(FilmLayer.model_validate(layer))

    async def made(self, duration_ms: int) -> StageOutput:
        film = Film(project_id=PROJECT, version=3, duration_ms=duration_ms, layers=tuple(self.layers))
        inputs = JobInputs(title="Cut", film=film)
        return await run_stage(Stage.VIDEO, inputs, {}, tools_of(self.blobs), self.folder / "work", lambda _: None)

    async def film(self, duration_ms: int) -> Path:
        output = await self.made(duration_ms)
        (video,) = [one for one in output.artifacts if one.kind is AssetKind.VIDEO]
        path = self.folder / "film.mp4"
        path.write_bytes(await self.blobs.read(video.sha256, 0, video.size_bytes))
        return path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def colour_at(picture: Image.Image, x: float, y: float) -> str:
    """Which of red, green, blue, black and white it is, roughly."""
    value = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(value, tuple)
    red, green, blue = value
    if max(red, green, blue) < 40:
        return "black"
    if min(red, green, blue) > 180:
        return "white"
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


async def test_each_layer_is_seen_in_its_box_at_its_time_over_those_before_it(table: Table) -> None:
    clip = await table.source(reels.clip(table.folder / "a.mp4", "red"), "video/mp4", sound=True)
    image = await table.source(reels.picture(reels.BLUE), "image/png")
    table.lay(LayerKind.VIDEO, 0, 2000, clip, fit=Fit.COVER)
    table.lay(LayerKind.IMAGE, 1000, 3000, image, x=0.5, y=0.5, width=0.5, height=0.5, fit=Fit.COVER)
    film = await table.film(4000)
    early, both, late, end = (picture_at(film, second) for second in (0.5, 1.5, 2.5, 3.5))
    assert [colour_at(early, *place) for place in ((0.2, 0.2), (0.75, 0.75))] == ["red", "red"]
    assert [colour_at(both, *place) for place in ((0.2, 0.2), (0.75, 0.75))] == ["red", "blue"]
    assert [colour_at(late, *place) for place in ((0.2, 0.2), (0.75, 0.75))] == ["black", "blue"]
    assert colour_at(end, 0.75, 0.75) == "black"


async def test_a_clip_is_trimmed_and_a_picture_that_does_not_fill_its_box_stands_in_its_middle(table: Table) -> None:
    clip = await table.source(reels.clip(table.folder / "a.mp4", "red", 2), "video/mp4", sound=True)
    wide = await table.source(reels.picture(reels.GREEN, (100, 400), "JPEG"), "image/jpeg")
    table.lay(LayerKind.VIDEO, 0, 1000, clip, trim_ms=1000)
    table.lay(LayerKind.IMAGE, 1000, 2000, wide)
    film = await table.film(2000)
    assert colour_at(picture_at(film, 0.9), 0.5, 0.5) == "red"
    later = picture_at(film, 1.5)
    assert [colour_at(later, x, 0.5) for x in (0.1, 0.5, 0.9)] == ["black", "green", "black"]


async def test_opacity_lets_what_is_below_through(table: Table) -> None:
    image = await table.source(reels.picture((255, 255, 255)), "image/png")
    table.lay(LayerKind.IMAGE, 0, 1000, image, opacity=0.5, fit=Fit.COVER)
    value = picture_at(await table.film(1000), 0.5).convert("L").getpixel((640, 360))
    assert isinstance(value, int)
    assert 100 < value < 155


async def test_with_ken_burns_the_camera_moves(table: Table) -> None:
    picture = Image.new("RGB", (640, 360), "black")
    picture.paste((255, 255, 255), (100, 100, 120, 260))
    path = table.folder / "still.png"
    picture.save(path)
    image = await table.source(path.read_bytes(), "image/png")
    table.lay(LayerKind.IMAGE, 0, 3000, image, ken_burns=True)
    film = await table.film(3000)
    first, last = (
        picture_at(film, second).convert("L").point([0] * 128 + [255] * 128).getbbox() for second in (0, 2.9)
    )
    assert first
    assert last
    assert last[0] < first[0] - 20, "what is left of the middle goes further left"


async def test_what_a_user_wrote_is_text_and_nothing_else(table: Table) -> None:
    wild = r"{\pos(0,0)\fs900} a:b',[0:v]null;%{eif} \N \h C:\file"
    table.lay(LayerKind.TEXT, 0, 2000, text=wild, x=0.5, y=0.5, size=0.08, colour="#ff0000")
    table.lay(LayerKind.CAPTION, 1000, 2000, text="Said below", x=0.5, y=0.88, size=0.05, colour="#ffffff")
    film = await table.film(2000)
    early, late = picture_at(film, 0.5), picture_at(film, 1.5)
    box = early.convert("L").point([0] * 40 + [255] * 216).getbbox()
    assert box
    assert 200 < box[1] < box[3] < 520, "it stands in the middle"
    below = (300, 600, 980, 670)
    assert darkest_and_brightest(late.crop(below))[1] > 180, "the caption is below"
    assert darkest_and_brightest(early.crop(below))[1] < 40


async def test_its_streams_length_and_loudness_are_those_of_every_film(table: Table) -> None:
    clip = await table.source(reels.clip(table.folder / "a.mp4", "red", 2), "video/mp4", sound=True)
    quiet = await table.source(reels.tone(table.folder / "b.wav", 5), "audio/wav", sound=True)
    table.lay(LayerKind.VIDEO, 1500, 3500, clip, volume=0.3)
    table.lay(LayerKind.AUDIO, 0, 4700, quiet)
    film = await table.film(4700)
    probed = probe(film)
    assert (probed.video_codec, probed.audio_codec, probed.width, probed.height) == ("h264", "aac", 1280, 720)
    assert abs(probed.pictures_ms - 4700) <= 34
    assert abs(probed.sound_ms - 4700) <= 34
    loudness = re.search(r"I:\s+(-?[\d.]+)", (printed := measured(film))[printed.rindex("Summary:") :])
    assert loudness
    assert abs(float(loudness[1]) + 16) <= 1
    content = film.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


async def test_without_a_sound_a_film_is_silent_and_without_a_layer_black(table: Table) -> None:
    probed = probe(await table.film(1000))
    assert (probed.audio_codec, round(probed.pictures_ms)) == ("aac", 1000)


async def test_the_same_timeline_is_the_same_file_and_is_made_once(table: Table) -> None:
    table.lay(LayerKind.TEXT, 0, 500, text="once", x=0.5, y=0.5, size=0.1, colour="#ffffff")
    first = await table.made(500)
    assert await table.made(500) == first
    table.layers[0] = table.layers[0].model_copy(update={"text": "twice"})
    assert (await table.made(500)).output_key != first.output_key


async def test_a_file_that_is_gone_is_told_in_a_sentence(table: Table) -> None:
    clip = FilmSource(asset_id=UUID(int=3), sha256="0" * 64, media_type="video/mp4", sound=True)
    table.lay(LayerKind.VIDEO, 0, 500, clip)
    with pytest.raises(StageFailed, match="the file of layer 1 is not kept any more") as failure:
        await table.made(500)
    assert (failure.value.code, failure.value.retryable) == ("film.source_gone", False)


async def test_a_playlist_that_calls_itself_a_film_opens_no_other_file(table: Table) -> None:
    (table.folder / "secret.mp4").write_bytes(reels.clip(table.folder / "secret.mp4", "red", 1))
    listed = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{table.folder}/secret.mp4\n#EXT-X-ENDLIST\n"
    table.lay(LayerKind.VIDEO, 0, 500, await table.source(listed.encode(), "video/mp4"))
    with pytest.raises(StageFailed, match="ffmpeg ended with code"):
        await table.made(500)


def test_words_between_which_a_picture_lies_are_shown_by_two_files() -> None:
    def layer(kind: LayerKind) -> FilmLayer:
        return FilmLayer(kind=kind, start_ms=0, end_ms=1)

    kinds = (LayerKind.TEXT, LayerKind.AUDIO, LayerKind.CAPTION, LayerKind.IMAGE, LayerKind.TEXT)
    assert list(runs_of_words([layer(kind) for kind in kinds])) == [[0, 2], [4]]
