"""The rival of P2: a no-op task of Celery. Run as a program it sends at a rate and prints each latency in ms."""

import sys
import time
from threading import Event, Thread

from celery import Celery

app = Celery("rival")
TASK = "rival.nothing"


def nothing(number: int) -> int:
    """Give back what came."""
    return number


app.task(name=TASK)(nothing)


def main(url: str, rate: int, count: int, warm_up: int) -> None:
    """Open loop: every task is sent at its moment, by a thread of its own."""
    app.conf.update(broker_url=url, result_backend=url)
    app.send_task(TASK, (0,)).get(timeout=30)
    latencies: list[float] = []
    start = time.perf_counter() + 0.2

    def one(number: int, intended: float) -> None:
        app.send_task(TASK, (number,)).get(timeout=30, interval=0.001)
        if number >= warm_up:
            latencies.append((time.perf_counter() - intended) * 1000)

    threads: list[Thread] = []
    never = Event()
    for number in range(count + warm_up):
        intended = start + number / rate
        never.wait(max(0.0, intended - time.perf_counter()))
        thread = Thread(target=one, args=(number, intended))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    sys.stdout.write("\n".join(f"{latency:.3f}" for latency in latencies))


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:5]))
