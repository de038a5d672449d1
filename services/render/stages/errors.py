"""How a stage fails: with a code for programs, a sentence for people, and whether trying again may help.

| code                     | what happened                                                     | retryable |
|--------------------------|-------------------------------------------------------------------|-----------|
| `script.empty`           | there is nothing to say                                           | no        |
| `script.too_long`        | the narration would be longer than a film may be                  | no        |
| `speech.engine_missing`  | the speech library or its data is not installed                   | no        |
| `speech.failed`          | the voice could not speak this script                             | yes       |
| `speech.missing`         | scenes or video were asked for before the speech                  | no        |
| `scenes.missing`         | the video was asked for before the scenes                         | no        |
| `scenes.manim_failed`    | manim ended with an error, or without a film                      | yes       |
| `scenes.killed`          | manim was killed, most often for want of memory                   | yes       |
| `video.encoder_missing`  | the ffmpeg program is not installed                               | no        |
| `video.encoder_failed`   | ffmpeg ended with an error                                        | yes       |
| `video.killed`           | ffmpeg was killed, most often for want of memory                  | yes       |
| `video.duration_mismatch`| the film is longer or shorter than its narration                  | yes       |
| `video.streams_wrong`    | the film does not hold h264 pictures and aac sound                | yes       |
| `film.missing`           | a timeline was to be cut, and there is none                       | no        |
| `film.source_gone`       | a file of the timeline is not kept any more                       | no        |
| `kind.not_installed`     | this kind of video needs an extra that is not installed           | no        |
| `stage.deadline`         | an engine took longer than it may                                 | yes       |
| `disk.full`              | there was no room for what a stage makes                          | yes       |
| `blobs.unavailable`      | the blob store could not be read or written                       | yes       |
| `blobs.corrupt`          | what an earlier stage left is gone or damaged                     | no        |
| `writer.…`               | see `engines.online.failures`                                     |           |
| `engine.failed`          | another program did not do its work                               | yes       |
"""


class StageFailed(Exception):
    """A stage could not be finished. `cause` holds what a program printed, for operators, or an empty string."""

    def __init__(self, code: str, message: str, *, retryable: bool, cause: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable
        self.cause = cause
