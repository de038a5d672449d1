"""A preset: each command with its possible outcomes. Happened, refused, or no news because it is so already."""

import pytest
from hypothesis import strategies as some

from contracts.messages.preset import DeletePreset, PresetCommand, PresetDeleted, PresetSaved, SavePreset
from contracts.rendering import Aspect, Kind
from services.session.deciders.preset import DECIDER
from tests.bdd import Given, given
from tests.histories import some_of
from tests.session.words import ACCOUNT, PRESET, an_id

STRANGER = an_id("stranger")
NEW = SavePreset(preset_id=PRESET, account_id=ACCOUNT, new=True, name="Calm", instructions="Speak slowly.")
SAVED = PresetSaved(
    preset_id=PRESET,
    account_id=ACCOUNT,
    is_default=False,
    name="Calm",
    description="",
    kind=Kind.SLIDES,
    aspect=Aspect.WIDE,
    language="en",
    voice="",
    instructions="Speak slowly.",
    configuration={},
)


def changed(**fields: object) -> SavePreset:
    return SavePreset.model_validate({"preset_id": PRESET, "account_id": ACCOUNT, **fields})


owners = some.sampled_from([ACCOUNT, STRANGER])
PRESETS: some.SearchStrategy[list[PresetCommand]] = some.lists(
    some.one_of(
        some_of(
            SavePreset,
            preset_id=some.just(PRESET),
            account_id=owners,
            new=some.booleans(),
            administrator=some.booleans(),
            is_default=some.booleans(),
            name=some.none() | some.sampled_from(["Calm", "Loud"]),
            aspect=some.none() | some.sampled_from(Aspect),
        ),
        some_of(DeletePreset, account_id=owners, administrator=some.booleans()),
    ),
    max_size=15,
)
"""Whatever is asked of a preset, in whatever order."""


@pytest.fixture
def kept() -> Given:
    return given(DECIDER).when(NEW).then(SAVED)


def test_a_repeat_is_no_news(kept: Given) -> None:
    kept.when(NEW).then_nothing()
    kept.when(changed(name="Calm")).then_nothing()


def test_another_preset_under_the_same_id_is_refused(kept: Given) -> None:
    kept.when(changed(new=True, name="Loud")).refused("preset.exists")


def test_what_is_not_named_stays_as_it_was(kept: Given) -> None:
    kept.when(changed(aspect="9:16")).then(SAVED.model_copy(update={"aspect": Aspect.TALL}))


def test_a_new_preset_needs_a_name() -> None:
    given(DECIDER).when(changed(new=True)).refused("preset.nameless")


def test_what_is_not_there_can_neither_be_changed_nor_deleted(kept: Given) -> None:
    given(DECIDER).when(changed(name="Calm")).refused("preset.unknown")
    given(DECIDER).when(DeletePreset(account_id=ACCOUNT)).refused("preset.unknown")
    gone = kept.when(DeletePreset(account_id=ACCOUNT)).then(PresetDeleted(preset_id=PRESET, account_id=ACCOUNT))
    gone.when(changed(name="Loud")).refused("preset.unknown")
    gone.when(NEW).refused("preset.unknown")
    gone.when(DeletePreset(account_id=ACCOUNT)).then_nothing()
    gone.when(DeletePreset(account_id=STRANGER)).refused("preset.unknown")


def test_another_account_s_preset_is_as_good_as_missing_but_for_an_administrator(kept: Given) -> None:
    kept.when(DeletePreset(account_id=STRANGER)).refused("preset.unknown")
    kept.when(DeletePreset(account_id=STRANGER, administrator=True)).then(
        PresetDeleted(preset_id=PRESET, account_id=ACCOUNT)
    )


def test_default_presets_are_the_administrators() -> None:
    new = NEW.model_copy(update={"is_default": True})
    given(DECIDER).when(new).refused("preset.default")
    kept = given(DECIDER).after(new.model_copy(update={"administrator": True}))
    kept.when(changed(name="Loud")).refused("preset.default")
    kept.when(DeletePreset(account_id=ACCOUNT)).refused("preset.default")
    kept.when(DeletePreset(account_id=STRANGER, administrator=True)).then(
        PresetDeleted(preset_id=PRESET, account_id=ACCOUNT)
    )
