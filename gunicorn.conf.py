"""How gunicorn runs the web process; read by `gunicorn -c gunicorn.conf.py` in production and by the demo alike.

Sync workers with one thread each were the fastest arrangement measured (docs/decisions/0012); a buffering proxy is
expected in front. Each setting that deployments change is an environment variable.
"""

from __future__ import annotations

import mmap
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger

from serializer_app import logs
from serializer_app.config import ConfigError, Settings

if TYPE_CHECKING:
    from gunicorn.app.base import BaseApplication
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker


class HouseLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own lines go through our pipeline. It writes no access log: that would carry query strings."""

    def setup(self, cfg: BaseApplication) -> None:
        logs.configure()

    def exception(self, msg: str, *facts: Any, **more: Any) -> None:
        """gunicorn would log the address of a request it failed at, which may hold a unit's secret link."""
        super().exception(msg, *("***" for _ in facts), **more)

    def access(self, *_facts: Any) -> None:
        """The app writes its own line for each request, without the query."""


def _checked() -> tuple[Settings, int]:
    """The settings and the number of processes; what is wrong stops the start here, by name, before any worker."""
    problems = []
    settings = None
    try:
        settings = Settings.from_env()
    except ConfigError as error:
        problems = error.problems
    processes = os.environ.get("WEB_CONCURRENCY", "2")
    if not processes.isascii() or not processes.isdigit() or not 0 < int(processes) <= 1000:
        problems.append(f"WEB_CONCURRENCY must be a number of processes, not {processes!r}")
    if settings is None or problems:
        print("The settings are not right:", *problems, sep="\n", file=sys.stderr)
        raise SystemExit(2)
    return settings, int(processes)


_settings, workers = _checked()
bind = f"0.0.0.0:{_settings.port}"
worker_class = os.environ.get("WEB_WORKER_CLASS", "sync")
preload_app = False  # settings, engines and threads belong to the process that uses them
timeout = 30
graceful_timeout = 30  # longer than an embedded worker takes to end its job
keepalive = 5
max_requests = 0  # memory is flat (make soak); restarts would only hide the day it is not
# Behind a proxy: whose X-Forwarded-* is believed. The app itself relies on none of them for trust.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
# No router may set SCRIPT_NAME or PATH_INFO by a header of that name: the app stands at the root of its origin.
forwarder_headers = ""
# The longest legitimate line is an admin page with an id token; cursors and proxy parameters are far shorter.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 16380
logger_class = HouseLogger
accesslog = None
proc_name = "serializer"
control_socket_disable = (
    True  # gunicorn since 25.1 would open one in the home directory, the same for every app
)

_embedded: Any = None

# What all web processes count together (serializer_app.web.counters): memory from before the fork, a part for each
# process and some to spare for those that are still ending while new ones start.
_PARTS = workers + 8
_counted = memoryview(mmap.mmap(-1, _PARTS * 16 * 1024)).cast("Q")


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Give the new process the part of one that is gone, or a fresh one."""
    taken = {getattr(other, "counting_part", None) for other in server.WORKERS.values()}
    worker.counting_part = next((part for part in range(_PARTS) if part not in taken), _PARTS)


def post_fork(server: Arbiter, worker: Worker) -> None:
    """When memory runs out, let the kernel end a worker, which is replaced at once, and never the arbiter, which would
    take all of them with it (drill memory-limit)."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("300")


def post_worker_init(worker: Worker) -> None:
    """On SQLite there is no process of its own for background work, since two containers would mean two files. The
    thread starts here, after the fork and after the app is loaded, because threads and connections do not survive a
    fork."""
    global _embedded
    from serializer_app import count_together, start_worker

    # A download that goes on for minutes tells the arbiter that its process is alive (web.house.still_alive).
    worker.wsgi.extensions["serializer-alive"] = worker.notify
    count_together(worker.wsgi, _counted, _PARTS, worker.counting_part)
    _embedded = start_worker(worker.wsgi)


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """Let the job in flight end, so that nothing has to wait for its lease to run out."""
    global _embedded
    if _embedded is not None:
        _embedded.stop()
        _embedded = None
