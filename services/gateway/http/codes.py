"""Every code that an answer can carry: what it means to a client, and with which status it is sent.

This is the one table from what went wrong to what is answered. A code that the deciders add and that is not here yet
is answered as 409 with its own sentence.
"""

from typing import NamedTuple


class Meaning(NamedTuple):
    """`title` is a sentence that is the same each time; `retryable`: the same call may work later."""

    status: int
    title: str
    retryable: bool = False


CODES: dict[str, Meaning] = {
    "body.malformed": Meaning(400, "The body is not JSON"),
    "body.missing": Meaning(422, "The call needs a body"),
    "body.too_large": Meaning(413, "The body is too large"),
    "body.too_slow": Meaning(408, "The body came too slowly", retryable=True),
    "body.cut_off": Meaning(400, "The body did not come whole", retryable=True),
    "body.wrong_type": Meaning(415, "The body has the wrong media type"),
    "value.invalid": Meaning(422, "Some values are not valid"),
    "value.not_storable": Meaning(422, "A value cannot be stored"),
    "header.invalid": Meaning(400, "A header is not valid"),
    "cursor.invalid": Meaning(400, "The cursor is not valid"),
    "position.invalid": Meaning(400, "The position cannot be read"),
    "auth.missing": Meaning(401, "The call needs a key"),
    "auth.invalid": Meaning(401, "The key is not valid"),
    "auth.unproven": Meaning(401, "The proof does not hold"),
    "auth.too_many_accounts": Meaning(429, "Too many new accounts", retryable=True),
    "auth.off": Meaning(403, "This way in is closed"),
    "auth.forbidden": Meaning(403, "The key may not do this"),
    "link.invalid": Meaning(403, "The link is not valid, or has expired"),
    "route.unknown": Meaning(404, "There is nothing at this address"),
    "route.method": Meaning(405, "The address does not take this method"),
    "session.unknown": Meaning(404, "There is no such session"),
    "job.unknown": Meaning(404, "There is no such job"),
    "asset.unknown": Meaning(404, "There is no such asset"),
    "account.unknown": Meaning(404, "There is no such account"),
    "account.closed": Meaning(409, "The account is closed"),
    "key.unknown": Meaning(404, "There is no such key"),
    "key.scope": Meaning(403, "The account may not have such a key"),
    "key.expired": Meaning(422, "The key would have run out already"),
    "key.too_many": Meaning(409, "The account has too many keys"),
    "login.unknown": Meaning(404, "There is no such login"),
    "identity.unknown": Meaning(404, "There is no such identity"),
    "identity.unproven": Meaning(422, "The token proves nothing"),
    "identity.taken": Meaning(409, "Another account has this identity"),
    "identity.too_many": Meaning(409, "The account has too many identities"),
    "webhook.unknown": Meaning(404, "There is no such webhook endpoint"),
    "webhook.url": Meaning(422, "Webhooks cannot be sent to this URL"),
    "webhook.too_many": Meaning(409, "The account has too many webhook endpoints"),
    "webhook.rotated": Meaning(409, "The secret was rotated at the same time", retryable=True),
    "webhook.disabled": Meaning(409, "The webhook endpoint is disabled"),
    "webhook.off": Meaning(503, "Webhooks are not set up here"),
    "delivery.unknown": Meaning(404, "There is no such delivery"),
    "command.unknown": Meaning(404, "There is no such command"),
    "user.unknown": Meaning(404, "There is no such user"),
    "workflow.unknown": Meaning(404, "There is no such workflow"),
    "file.unknown": Meaning(404, "There is no such file"),
    "file.exists": Meaning(409, "Another file has this id"),
    "file.made_here": Meaning(409, "A stage made this file"),
    "file.too_many": Meaning(409, "The session has notes of too many files"),
    "metric.unknown": Meaning(404, "There is no such metric"),
    "video.unknown": Meaning(404, "There is no video"),
    "range.not_satisfiable": Meaning(416, "The range lies outside of the file"),
    "project.unknown": Meaning(404, "There is no such project"),
    "project.deleted": Meaning(404, "The project was deleted"),
    "project.exists": Meaning(409, "Another project has this id"),
    "project.no_older": Meaning(409, "There is nothing to undo"),
    "timeline.unknown": Meaning(404, "There is no such version of the timeline"),
    "timeline.not_renderable": Meaning(422, "The timeline cannot be rendered"),
    "session.of_timeline": Meaning(409, "The film is made of the timeline of a project"),
    "upload.unknown": Meaning(404, "There is no such upload"),
    "upload.exists": Meaning(409, "Another file has this id"),
    "upload.finished": Meaning(409, "The file has come already"),
    "upload.in_use": Meaning(409, "A project uses the file"),
    "upload.in_progress": Meaning(409, "The file is being sent", retryable=True),
    "upload.over_quota": Meaning(402, "The account has no room for the file"),
    "upload.too_many": Meaning(429, "Too many files at a time", retryable=True),
    "upload.busy": Meaning(503, "Too many files of everybody at a time", retryable=True),
    "upload.cut_off": Meaning(400, "The file did not come whole", retryable=True),
    "upload.too_slow": Meaning(408, "The file came too slowly", retryable=True),
    "upload.too_large": Meaning(413, "The file is too large"),
    "upload.wrong_size": Meaning(422, "The file has another size than was announced"),
    "upload.wrong_digest": Meaning(422, "The file has another digest than was announced"),
    "upload.wrong_type": Meaning(415, "The file is no video, sound or picture that is taken"),
    "upload.unfit": Meaning(422, "The file cannot be used"),
    "version.missing": Meaning(428, "The call must say which version it changes"),
    "session.exists": Meaning(409, "Another session has this id"),
    "session.not_open": Meaning(404, "There is no such session, or it was deleted"),
    "session.busy": Meaning(409, "The session is at work", retryable=True),
    "session.empty": Meaning(422, "A session needs a prompt or a script"),
    "session.nothing_to_do": Meaning(422, "There is nothing to do"),
    "session.superseded": Meaning(409, "The session has gone on"),
    "session.not_deleted": Meaning(409, "The session was not deleted"),
    "session.step_missing": Meaning(409, "An earlier step is missing"),
    "preset.unknown": Meaning(404, "There is no such preset"),
    "preset.exists": Meaning(409, "Another preset has this id"),
    "preset.nameless": Meaning(422, "A preset needs a name"),
    "preset.default": Meaning(403, "Default presets belong to the administrators"),
    "kind.not_installed": Meaning(422, "This kind of video is not installed here"),
    "job.over": Meaning(409, "The job has ended"),
    "job.at_work": Meaning(409, "The job is still at work", retryable=True),
    "job.completed": Meaning(409, "The job is done"),
    "stream.not_found": Meaning(404, "There is no such thing"),
    "stream.not_understood": Meaning(503, "A newer version wrote this", retryable=True),
    "command.malformed": Meaning(422, "The command does not fit"),
    "commit.too_large": Meaning(422, "What would be kept is too large"),
    "decider.failed": Meaning(500, "The rules failed on this"),
    "idempotency.in_flight": Meaning(409, "The first call with this key is still at work", retryable=True),
    "idempotency.mismatch": Meaning(422, "The key was used with another body"),
    "quota.exceeded": Meaning(402, "The account has too few points"),
    "rate.exceeded": Meaning(429, "Too many calls", retryable=True),
    "version.unknown": Meaning(404, "There is no such version"),
    "version.stale": Meaning(412, "The version is stale"),
    "kafka.unavailable": Meaning(503, "The command log is away", retryable=True),
    "mongodb.unavailable": Meaning(503, "The read store is away", retryable=True),
    "postgres.unavailable": Meaning(503, "The database is away", retryable=True),
    "blobs.unavailable": Meaning(503, "The file store is away", retryable=True),
    "part.unavailable": Meaning(503, "A part of the service is away", retryable=True),
    "render.stopped": Meaning(409, "The video was stopped before it was done", retryable=True),
    "conflict": Meaning(409, "Somebody else changed this at the same time", retryable=True),
    "internal": Meaning(500, "Something went wrong here"),
}

PARTS = {"kafka": "kafka", "mongodb": "mongodb", "postgres": "postgres", "postgresql": "postgres", "blobs": "blobs"}
"""The name of a part, in small letters, as `Unavailable` gives it, to the first word of its code."""


def meaning(code: str) -> Meaning:
    """The meaning of a code; 409 for one that only the deciders know."""
    return CODES.get(code) or Meaning(409, "The request does not fit the present state")
