"""The Celery side: a message wakes a worker; the jobs are rows, so a lost message costs seconds."""

from collections.abc import Callable

import structlog
from celery import Celery

from moderation.worker import Worker

log = structlog.get_logger()

TASK = "moderation.score"
EXPIRES = 10  # seconds: a wake-up that waited longer is replaced by the next


def make_celery(broker_url: str | None, make_worker: Callable[[], Worker]) -> Celery:
    """The Celery app. Each worker process loads its model at its first wake-up."""
    celery = Celery("moderation", broker=broker_url or "memory://")
    celery.conf.update(
        task_ignore_result=True,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        broker_transport_options={
            "socket_timeout": 2,
            "socket_connect_timeout": 2,
            # A reader waits for the wake-up: one more try, at once, not Celery's pauses (6 s).
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
        },
    )
    workers: list[Worker] = []

    # Not shared: another app of this process would get this one's worker.
    @celery.task(name=TASK, expires=EXPIRES, shared=False)  # type: ignore[untyped-decorator]
    def score() -> None:
        if not workers:
            workers.append(make_worker())
        try:
            while workers[0].tick():
                pass
        except Exception:
            # Celery would log the error's message, which may quote a text. The jobs stay.
            log.error("worker_failed", exc_info=True)

    return celery


def make_wake(celery: Celery) -> Callable[[], None]:
    """A function that sends the wake-up, or logs that the broker does not answer."""

    def wake() -> None:
        try:
            celery.send_task(TASK, expires=EXPIRES, retry=False)
        except Exception:  # the comment is stored: its reader is told so, broker or not
            log.warning("wake_up_not_sent", exc_info=True)

    return wake
