"""The system's Chromium, and a gateway with a scripted session behind it."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from pydantic_settings import BaseSettings

from tests.browser.theatre import Theatre, film, served

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

LOOK_MS = 30_000
"""How long a browser may take to show something, in milliseconds, beside tests that keep every core busy."""
expect.set_options(timeout=LOOK_MS)


class BrowserSettings(BaseSettings):
    """`REQUIRE_BROWSER=1`: a machine without Chromium fails; else it says that the page was not tried."""

    require_browser: bool = False


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        sentence = "the page was not tried: there is no program named chromium on this machine"
        if BrowserSettings().require_browser:
            pytest.fail(sentence)
        pytest.skip(sentence)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def movie(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film(tmp_path_factory.mktemp("film"))


@dataclass
class Stage:
    """The page, what is behind it, and what it complained about."""

    page: Page
    theatre: Theatre
    url: str
    complaints: list[str] = field(default_factory=list[str])


@pytest.fixture
async def stage(browser: Browser, movie: bytes) -> AsyncGenerator[Stage]:
    theatre = Theatre(movie, pause=0.03)
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(theatre.play())
        async with served(theatre.world.app()) as url:
            context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
            context.set_default_timeout(LOOK_MS)
            opened = Stage(await context.new_page(), theatre, url)
            opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
            opened.page.on(
                "console", lambda line: opened.complaints.append(line.text) if line.type == "error" else None
            )
            yield opened
            await context.close()
        playing.cancel()
