"""Whether anybody follows: where nobody does, the store is asked for nothing."""

import asyncio

from services.gateway.ports.news import News


async def test_somebody_is_wanted_from_the_first_follower_to_the_last() -> None:
    news = News()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        wanted = tasks.create_task(news.wanted())
        await asyncio.sleep(0)
        assert (news.followed, wanted.done()) == (False, False)
        with news.follow("session-a"):
            await wanted
            with news.follow("session-a"), news.follow("session-b"):
                pass
            assert news.followed
    assert not news.followed
