"""A file of a user's own, from its announcement to its end: what happens, what is refused, what is no news."""

from datetime import timedelta
from typing import Any

from contracts.messages.upload import (
    AnnounceUpload,
    ExpireUpload,
    KeepUpload,
    Media,
    NameBytes,
    ReceiveUpload,
    UploadAnnounced,
    UploadBytesNamed,
    UploadDiscarded,
    UploadExpired,
    UploadKept,
    UploadReceived,
)
from services.render.deciders.upload import DECIDER
from tests.bdd import NOON, Given, given
from tests.session.words import ACCOUNT, UPLOAD

DAY = timedelta(days=1)
BYTES, OTHERS = "a" * 64, "b" * 64
MEDIA = Media(media_type="image/png", extension="png", width=8, height=8, pictures=True)
IDS = {"upload_id": UPLOAD, "account_id": ACCOUNT}


def announcing(**fields: Any) -> AnnounceUpload:
    wanted: dict[str, Any] = {**IDS, "file_name": "a.png", "size_bytes": 10, "expires_at": NOON + DAY, **fields}
    return AnnounceUpload(**wanted)


def receiving(sha256: str = BYTES, size_bytes: int = 10) -> ReceiveUpload:
    return ReceiveUpload(sha256=sha256, size_bytes=size_bytes, media=MEDIA, expires_at=NOON + 30 * DAY)


def naming(sha256: str = BYTES) -> NameBytes:
    return NameBytes(sha256=sha256, size_bytes=10)


def announced(**fields: Any) -> Given:
    return given(DECIDER).after(announcing(**fields))


def ready() -> Given:
    return announced().after(receiving())


def discarded(sha256: str, size_bytes: int = 10) -> UploadDiscarded:
    return UploadDiscarded(**IDS, sha256=sha256, size_bytes=size_bytes)


def test_a_file_is_announced_once_and_another_under_its_id_is_refused() -> None:
    event = UploadAnnounced(
        **IDS, file_name="a.png", size_bytes=10, sha256=None, project_id=None, expires_at=NOON + DAY
    )
    given(DECIDER).when(announcing()).then(event)
    for state in (announced(), ready()):
        state.when(announcing()).then_nothing()
        state.when(announcing(size_bytes=11)).refused("upload.exists")


def test_the_bytes_that_were_announced_are_received_and_the_same_again_are_no_news() -> None:
    received = UploadReceived(
        **IDS, sha256=BYTES, size_bytes=10, media=MEDIA, project_id=None, expires_at=NOON + 30 * DAY
    )
    announced().when(receiving()).then(received)
    announced(size_bytes=None).when(receiving()).then(received)
    ready().when(receiving()).then_nothing()


def test_bytes_that_are_not_the_announced_ones_are_a_fact_for_whoever_collects_them() -> None:
    announced().when(receiving(size_bytes=11)).then(discarded(BYTES, 11))
    announced(sha256=OTHERS).when(receiving()).then(discarded(BYTES))
    ready().when(receiving(OTHERS)).then(discarded(OTHERS))
    announced().when(receiving(), at=NOON + DAY).then(discarded(BYTES))
    ready().after(ExpireUpload()).when(receiving()).then(discarded(BYTES))


def test_bytes_are_named_once_before_they_are_received() -> None:
    named = UploadBytesNamed(**IDS, sha256=BYTES, size_bytes=10)
    announced().when(naming()).then(named)
    announced().after(naming()).when(naming()).then_nothing()
    announced().after(naming()).when(naming(OTHERS)).then(named.model_copy(update={"sha256": OTHERS}))
    ready().when(naming()).then_nothing()


def test_bytes_that_are_named_for_a_file_that_has_come_or_gone_are_for_whoever_collects_them() -> None:
    ready().when(naming(OTHERS)).then(discarded(OTHERS))
    ready().after(ExpireUpload()).when(naming()).then(discarded(BYTES))


def test_a_file_that_is_used_is_kept_for_longer_and_never_for_shorter() -> None:
    later = NOON + 60 * DAY
    ready().when(KeepUpload(expires_at=later)).then(UploadKept(**IDS, expires_at=later))
    ready().when(KeepUpload(expires_at=NOON)).then_nothing()
    ready().after(KeepUpload(expires_at=later)).when(KeepUpload(expires_at=later)).then_nothing()
    announced().when(KeepUpload(expires_at=later)).refused("upload.unknown")


def test_a_file_goes_once_whether_it_came_or_not() -> None:
    gone = ExpireUpload(reason="nothing used it")
    ready().when(gone).then(UploadExpired(**IDS, sha256=BYTES, reason="nothing used it"))
    announced().when(gone).then(UploadExpired(**IDS, sha256=None, reason="nothing used it"))
    ready().after(gone).when(gone).then_nothing()
    ready().after(gone).when(KeepUpload(expires_at=NOON)).then_nothing()
    ready().after(gone).when(announcing()).refused("upload.exists")


def test_nothing_is_received_that_nobody_announced() -> None:
    for command in (receiving(), naming(), KeepUpload(expires_at=NOON), ExpireUpload()):
        given(DECIDER).when(command).refused("upload.unknown")
