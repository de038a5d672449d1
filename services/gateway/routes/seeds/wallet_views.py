"""What the one-shot application's own shapes hold, besides generating and status."""

from typing import Final

from services.gateway.http.view import Moment, View

ASKING: Final = ("header.invalid", "idempotency.in_flight", "idempotency.mismatch", "kafka.unavailable")
"""The problems of every call that sends a command."""


class WalletUser(View):
    """A user, as the table `users` has him."""

    wallet_address: str
    prompt_points: int | None
    created_at: Moment | None


class WalletPoints(View):
    """What a wallet has left."""

    wallet_address: str
    prompt_points: int


class WalletVideo(View):
    """A video, as the table `videos` has it, without its bytes: these are under `url`."""

    video_id: str
    job_id: str
    wallet_address: str
    title: str
    duration_sec: int
    format: str
    size_bytes: int
    url: str
    created_at: Moment


class VideoDeleted(View):
    """What became of a video that was to go; its job stays."""

    video_id: str
    job_id: str
    deleted: bool
    message: str


class JobsDeleted(View):
    """How many jobs were forgotten by this call."""

    deleted: int
