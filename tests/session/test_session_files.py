"""A session as the workflow application keeps it: opened before there is work, with notes of its user's files."""

from contracts.messages.files import MOST_FILES, FileRecorded, FileRemoved, RemoveFile
from contracts.messages.session import DeleteSession, RecordStage, RestoreSession, SessionStarted, StagesRequested
from contracts.rendering import AssetKind, Stage
from services.session.deciders.session import DECIDER
from tests.bdd import Given, given
from tests.session.words import (
    ACCOUNT,
    ANOTHER_JOB,
    FILE,
    JOB,
    PROMPT,
    SESSION,
    an_id,
    opening,
    output,
    recording,
    start,
)

NOTE = recording()
RECORDED = FileRecorded(session_id=SESSION, size_bytes=NOTE.file_size, **NOTE.model_dump(exclude={"file_size"}))
REMOVED = FileRemoved(session_id=SESSION, file_id=FILE)


def opened() -> Given:
    return given(DECIDER).after(opening())


def test_a_session_that_is_opened_has_no_work() -> None:
    (event,) = given(DECIDER).when(opening(title="Salt")).decided()
    assert isinstance(event, SessionStarted)
    assert (event.prompt, event.title, event.account_id, event.stages) == (PROMPT, "Salt", ACCOUNT, ())


def test_a_session_is_not_opened_without_a_word() -> None:
    given(DECIDER).when(opening("  ")).refused("session.empty")


def test_to_open_it_again_is_no_news_and_with_other_words_it_is_refused() -> None:
    opened().when(opening()).then_nothing()
    given(DECIDER).after(start()).when(opening()).then_nothing()
    opened().when(opening("Why is it wet?")).refused("session.exists")
    opened().after(DeleteSession()).when(opening()).refused("session.exists")


def test_what_was_opened_is_started_by_the_same_words_once() -> None:
    (event,) = opened().when(start()).decided()
    assert isinstance(event, StagesRequested)
    assert (event.job_id, event.inputs.prompt) == (JOB, PROMPT)
    opened().when(start("Why is it wet?")).refused("session.exists")
    opened().after(start()).when(start(job=ANOTHER_JOB)).then_nothing()


def test_a_file_is_noted_once() -> None:
    noted = opened().when(recording()).then(RECORDED)
    noted.when(recording()).then_nothing()
    noted.when(recording(file_size=1)).refused("file.exists")


def test_a_note_is_struck_out_once_and_its_id_is_not_used_again() -> None:
    noted = opened().after(recording())
    struck = noted.when(RemoveFile(file_id=FILE)).then(REMOVED)
    struck.when(RemoveFile(file_id=FILE)).then_nothing()
    struck.when(recording()).refused("file.exists")


def test_what_was_never_noted_is_not_struck_out() -> None:
    opened().when(RemoveFile(file_id=FILE)).refused("file.unknown")
    filmed = given(DECIDER).after(
        start(stages=(Stage.SCRIPT, Stage.SPEECH)),
        *(RecordStage(job_id=JOB, output=output(stage)) for stage in (Stage.SCRIPT, Stage.SPEECH)),
    )
    filmed.when(RemoveFile(file_id=an_id(AssetKind.AUDIO))).refused("file.made_here")


def test_a_session_takes_so_many_notes_and_no_more() -> None:
    full = opened().after(*(recording(an_id(number)) for number in range(MOST_FILES)))
    full.when(recording()).refused("file.too_many")


def test_files_are_of_an_open_session_and_come_back_with_it() -> None:
    for absent in (given(DECIDER), opened().after(DeleteSession())):
        absent.when(recording()).refused("session.not_open")
        absent.when(RemoveFile(file_id=FILE)).refused("session.not_open")
    back = opened().after(recording(), DeleteSession(), RestoreSession())
    back.when(recording()).then_nothing()
