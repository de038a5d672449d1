"""How the layers of a film become one picture and one sound: the streams of the files, and the filters between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.film import Film, FilmLayer, Fit, LayerKind
from services.render.engines.drawing.frame import Frame
from services.render.engines.ffmpeg import Filter, Source
from services.render.engines.graph import Chain
from services.render.engines.loudness import RATE
from services.render.stages.camera import FRAMES_A_SECOND

DEMUXERS: Mapping[str, str] = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "audio/mp4": "mov",
    "audio/webm": "matroska",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "image/jpeg": "jpeg_pipe",
    "image/png": "png_pipe",
    "image/webp": "webp_pipe",
}
"""How a file of each media type is read. It is never guessed: a guess would open playlists, which name other files."""

WORDS = (LayerKind.TEXT, LayerKind.CAPTION)
_ZOOM = 0.14
_OVERSIZE = 2


@dataclass(frozen=True, slots=True)
class Cut:
    """A film's layers, and for each that has a file the file's name in the working folder.

    `words` are the subtitle files: of each run of neighbouring layers of words one, by the number of its first layer.
    """

    film: Film
    frame: Frame
    files: Mapping[int, str]
    words: Mapping[int, str]

    @property
    def seconds(self) -> float:
        """The film's length."""
        return self.film.duration_ms / 1000

    def sources(self) -> list[Source]:
        """One for each layer that has a file, in the order of the layers."""
        return [_source(self.film.layers[number], name) for number, name in self.files.items()]

    def pictures(self) -> list[Chain]:
        """From black, layer over layer, to `pictures`."""
        black = Filter.of(
            "color", c="black", s=f"{self.frame.width}x{self.frame.height}", r=FRAMES_A_SECOND, d=self.seconds
        )
        chains, below = [Chain((), (black, Filter.of("format", pix_fmts="yuv420p")), "below")], "below"
        inputs = {number: place for place, number in enumerate(self.files)}
        for number, layer in enumerate(self.film.layers):
            if number in self.words:
                over = Filter.of("ass", filename=self.words[number], fontsdir="fonts")
                chains.append(Chain((below,), (over,), f"words{number}"))
                below = f"words{number}"
            elif layer.kind in (LayerKind.VIDEO, LayerKind.IMAGE):
                chains += [
                    Chain((f"{inputs[number]}:v:0",), tuple(_prepared(layer, self.frame)), f"picture{number}"),
                    Chain((below, f"picture{number}"), (_over(layer, self.frame),), f"over{number}"),
                ]
                below = f"over{number}"
        return [*chains, Chain((below,), (Filter.of("format", pix_fmts="yuv420p"),), "pictures")]

    def sound(self, *loudness: Filter) -> list[Chain]:
        """All that is heard, mixed, `loudness` applied, to `sound`; silence where nothing is."""
        heard = [
            (place, self.film.layers[number])
            for place, number in enumerate(self.files)
            if is_heard(self.film.layers[number])
        ]
        ending = (Filter.of("apad"), Filter.of("atrim", end=self.seconds), *loudness)
        if not heard:
            silence = Filter.of("anullsrc", sample_rate=RATE, channel_layout="stereo")
            return [Chain((), (silence, Filter.of("atrim", end=self.seconds)), "sound")]
        parts = [Chain((f"{place}:a:0",), tuple(_heard(layer)), f"heard{place}") for place, layer in heard]
        labels = tuple(part.gives for part in parts)
        mixed = Filter.of("amix", inputs=len(labels), normalize=0, duration="longest")
        return [*parts, Chain(labels, (mixed, *ending), "sound")]


def is_heard(layer: FilmLayer) -> bool:
    """Whether it adds to the sound."""
    return layer.source is not None and layer.source.sound and layer.volume > 0


def runs_of_words(layers: Sequence[FilmLayer]) -> Iterator[list[int]]:
    """The numbers of neighbouring layers of words, run by run: nothing lies between them, so one file shows them."""
    run: list[int] = []
    for number, layer in enumerate(layers):
        if layer.kind in WORDS:
            run.append(number)
        elif run and layer.kind is not LayerKind.AUDIO:
            yield run
            run = []
    if run:
        yield run


def _source(layer: FilmLayer, name: str) -> Source:
    assert layer.source is not None
    options = ("-f", DEMUXERS[layer.source.media_type], "-threads", "1")
    if layer.kind is LayerKind.IMAGE:
        return Source(name, options)
    begin, lasts = layer.trim_ms / 1000, (layer.end_ms - layer.start_ms) / 1000
    return Source(name, (*options, "-ss", f"{begin:.3f}", "-t", f"{lasts:.3f}"))


def _prepared(layer: FilmLayer, frame: Frame) -> Iterator[Filter]:
    """The layer's pictures, of the size of its box, at its time."""
    width, height = _pixels(layer, frame)
    moving = layer.kind is LayerKind.IMAGE and layer.ken_burns
    if layer.kind is LayerKind.VIDEO:
        yield Filter.of("setpts", expr="PTS-STARTPTS")
        yield Filter.of("fps", fps=FRAMES_A_SECOND)
    larger = _OVERSIZE if moving else 1
    cover = moving or layer.fit is Fit.COVER
    yield Filter.of(
        "scale",
        w=width * larger,
        h=height * larger,
        force_original_aspect_ratio="increase" if cover else "decrease",
        force_divisible_by=2,
        out_color_matrix="bt709",
        out_range="tv",
        flags="bicubic+accurate_rnd+bitexact",
    )
    yield Filter.of("format", pix_fmts="yuva420p")
    if cover:
        yield Filter.of("crop", w=width * larger, h=height * larger)
    if moving:
        lasts = max((layer.end_ms - layer.start_ms) * FRAMES_A_SECOND // 1000, 1)
        yield Filter.of(
            "zoompan",
            zoom=f"1+{_ZOOM}*on/{lasts}",
            x="(iw-iw/zoom)/2",
            y="(ih-ih/zoom)/2",
            d=lasts,
            s=f"{width}x{height}",
            fps=FRAMES_A_SECOND,
        )
    yield Filter.of("setsar", sar=1)
    if layer.opacity < 1:
        yield Filter.of("colorchannelmixer", aa=layer.opacity)
    yield Filter.of("setpts", expr=f"PTS+{layer.start_ms / 1000:.3f}/TB")


def _over(layer: FilmLayer, frame: Frame) -> Filter:
    """Laid over what is below, in the middle of its box, from its start up to its end; its last picture stays."""
    width, height = _pixels(layer, frame)
    return Filter.of(
        "overlay",
        x=f"{round(layer.x * frame.width)}+({width}-w)/2",
        y=f"{round(layer.y * frame.height)}+({height}-h)/2",
        eof_action="repeat",
        enable=f"gte(t,{layer.start_ms / 1000:.3f})*lt(t,{layer.end_ms / 1000:.3f})",
    )


def _heard(layer: FilmLayer) -> Iterator[Filter]:
    """The layer's sound, as loud as it should be, at its time."""
    yield Filter.of("aresample", sample_rate=RATE, **{"async": 1}, first_pts=0)
    yield Filter.of("aformat", sample_fmts="fltp", channel_layouts="stereo")
    yield Filter.of("atrim", end=(layer.end_ms - layer.start_ms) / 1000)
    yield Filter.of("volume", volume=layer.volume)
    yield Filter.of("adelay", delays=layer.start_ms, all=1)


def _pixels(layer: FilmLayer, frame: Frame) -> tuple[int, int]:
    """The box in whole, even pixels, at least two of them."""
    return max(round(layer.width * frame.width / 2) * 2, 2), max(round(layer.height * frame.height / 2) * 2, 2)
