"""The page, in a real browser: from a sentence to a film that plays, without a mouse and without an error."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Stage

pytestmark = pytest.mark.browser


async def ask(page: Page, words: str) -> None:
    await page.get_by_label("Prompt or script").fill(words)
    await page.keyboard.press("Control+Enter")


async def asked(stage: Stage, words: str) -> Page:
    await stage.page.goto(stage.url)
    await ask(stage.page, words)
    return stage.page


async def test_a_sentence_becomes_a_film_that_plays_with_captions(stage: Stage) -> None:
    stage.theatre.draws.clear()
    page = await asked(stage, "Why is the sky blue?")
    await expect(page.locator(".making b")).to_have_text(re.compile(r"\d+%"))
    stage.theatre.draws.set()
    await expect(page.locator("video")).to_be_visible()
    played = await page.evaluate(
        """async () => {
             const video = document.querySelector("video");
             video.muted = true;
             await video.play();
             await new Promise((done) => {
               video.addEventListener("timeupdate", () => video.currentTime > 0.2 && done());
             });
             return [video.duration, video.textTracks[0].mode, video.textTracks[0].cues.length, video.error];
           }"""
    )
    assert played == [pytest.approx(4, abs=0.1), "showing", 2, None]
    await expect(page.locator(".badge")).to_have_text("Done")
    assert stage.complaints == []


async def test_the_stages_move_while_the_video_is_made(stage: Stage) -> None:
    stage.theatre.draws.clear()
    page = await asked(stage, "Why is the sky blue?")
    bar = page.get_by_role("progressbar", name="Film")
    await expect(bar).to_have_attribute("aria-valuenow", "50")
    assert await page.locator(".stage.running").count() == 1
    stage.theatre.draws.set()
    seen = [50]
    while not await page.locator("video").count():
        seen.append(int(await bar.get_attribute("aria-valuenow") or 0))
    assert seen == sorted(seen)
    assert await page.locator(".stage.done").count() == 5


async def test_the_events_that_made_it_are_shown_in_order_with_their_data(stage: Stage) -> None:
    page = await asked(stage, "Why is the sky blue?")
    await expect(page.locator(".timeline li.end")).to_be_visible()
    assert await page.locator(".timeline .version").all_text_contents() == [str(n) for n in range(1, 9)]
    first = page.locator(".timeline details").first
    await first.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(first.locator("pre")).to_contain_text('"prompt": "Why is the sky blue?"')
    await expect(first.locator("dd").first).to_have_text(re.compile("[0-9a-f-]{36}"))


async def test_everything_can_be_done_with_the_keyboard_alone(stage: Stage) -> None:
    page = stage.page
    stage.theatre.draws.clear()
    await page.goto(stage.url)
    await expect(page.get_by_label("Prompt or script")).to_be_focused()
    await page.keyboard.type("A tall one")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".screen.tall")).to_be_visible()
    await expect(page.locator(".about")).to_contain_text("Scrolling script · 9:16")
    await page.get_by_role("button", name="Cancel").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".badge")).to_have_text("Canceled")
    stage.theatre.draws.set()
    await page.get_by_role("button", name="Try again").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("video")).to_be_visible()


async def test_an_own_script_is_sent_as_a_script(stage: Stage) -> None:
    page = stage.page
    await page.goto(stage.url)
    await page.get_by_label("My own script").check()
    await ask(page, "One.\n\nTwo.")
    await expect(page.locator(".script")).to_have_text("One.\n\nTwo.")


async def test_a_failure_says_why_and_can_be_tried_again(stage: Stage) -> None:
    page = await asked(stage, "Teach me Klingon")
    notice = page.get_by_role("alert").filter(has_text="Speaking the narration failed.")
    await expect(notice).to_contain_text("No voice speaks Klingon here. Choose one of: English, German, French.")
    await expect(page.locator(".stage.failed")).to_have_count(1)
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("video")).to_be_visible()


async def test_an_empty_wish_is_told_before_it_is_sent(stage: Stage) -> None:
    page = stage.page
    await page.goto(stage.url)
    await page.get_by_role("button", name="Make the video").click()
    await expect(page.get_by_role("alert").filter(has_text="Say in a sentence")).to_be_visible()
    assert stage.theatre.world.sender.sent == []


async def test_without_the_log_the_wish_stays_and_the_page_says_what_is_away(stage: Stage) -> None:
    stage.theatre.world.sender.away = True
    page = await asked(stage, "Why is the sky blue?")
    await expect(page.get_by_role("alert").filter(has_text="The command log did not confirm")).to_be_visible()
    await expect(page.get_by_label("Prompt or script")).to_have_value("Why is the sky blue?")
    stage.theatre.world.sender.away = False
    await page.get_by_role("button", name="Make the video").click()
    await expect(page.locator("video")).to_be_visible()


async def test_a_connection_that_breaks_is_told_and_nothing_is_shown_twice(stage: Stage) -> None:
    stage.theatre.draws.clear()
    page = await asked(stage, "Why is the sky blue?")
    await expect(page.locator(".timeline li")).to_have_count(6)
    stage.theatre.world.documents.away = True
    stage.theatre.world.news.perhaps()
    await expect(page.get_by_role("alert").filter(has_text="The connection is interrupted.")).to_be_visible()
    stage.theatre.world.documents.away = False
    stage.theatre.draws.set()
    await expect(page.locator("video")).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="The connection is interrupted.")).to_be_hidden()
    assert await page.locator(".timeline .version").all_text_contents() == [str(n) for n in range(1, 9)]


async def test_what_happens_while_the_session_is_read_is_shown_too(stage: Stage) -> None:
    over = asyncio.Event()
    stage.theatre.draws.clear()
    page = await asked(stage, "Why is the sky blue?")
    await expect(page.get_by_role("progressbar", name="Film")).to_have_attribute("aria-valuenow", "50")
    address = f"{stage.url}/v1/sessions/{page.url.rpartition('/')[2]}"
    before = await page.request.get(address)

    async def late(route: Route) -> None:
        await over.wait()
        await route.fulfill(response=before)

    await page.route(address, late, times=1)
    stage.theatre.draws.set()
    await expect(page.locator(".timeline li.end")).to_be_visible()
    over.set()
    await expect(page.locator("video")).to_be_visible()
    await expect(page.locator(".badge")).to_have_text("Done")


async def test_past_videos_are_listed_searched_and_opened_again(stage: Stage) -> None:
    for hours, prompt in enumerate(("Vaccines", "Interest", "Indexes", "Volcanoes")):
        stage.theatre.remember(prompt, hours, status="completed", durationMs=47_000)
    page = stage.page
    await page.goto(stage.url)
    await expect(page.locator("#list a")).to_have_count(4)
    await page.get_by_label("Search your videos").fill("volc")
    await expect(page.locator("#list a")).to_have_count(1)
    await page.locator("#list a").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Volcanoes")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Volcanoes")


async def test_a_deleted_video_leaves_the_list(stage: Stage) -> None:
    page = await asked(stage, "Why is the sky blue?")
    await expect(page.locator("video")).to_be_visible()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator("#list a")).to_have_count(0)
    await expect(page.get_by_role("heading", name="What should the video explain?")).to_be_visible()


@pytest.mark.parametrize("width", [360, 768, 1280])
async def test_nothing_is_cut_off_at_any_width(stage: Stage, width: int) -> None:
    page = stage.page
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(stage.url)
    await ask(page, "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3)
    await expect(page.locator("video")).to_be_visible()
    for address in ("", "/docs"):
        if address:
            await page.goto(stage.url + address)
            await page.locator("summary").first.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_markup_in_a_prompt_is_shown_as_text(stage: Stage) -> None:
    words = "<img src=x onerror=alert(1)><b>bold</b>"
    page = await asked(stage, words)
    await expect(page.locator(".timeline li").first).to_be_visible()
    assert await page.locator("main img, main article b b").count() == 0
    await expect(page.locator(".timeline pre").first).to_contain_text("onerror=alert(1)")


async def test_the_documentation_lists_every_call(stage: Stage) -> None:
    page = stage.page
    await page.goto(f"{stage.url}/docs")
    await page.get_by_text("Make a video").click()
    await expect(page.locator("details[open] pre").first).to_contain_text('"prompt": "string"')
    assert stage.complaints == []
