"""Wall-clock limits for what cannot limit itself: sockets that drip, name resolution, a database that hangs.

A socket's own timeout starts anew with every byte. An ``Alarm`` ends the wait from outside instead: one thread of the
process looks every TICK seconds and acts on what is overdue, so setting one costs about a microsecond.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

FoundAddress = tuple[
    socket.AddressFamily,
    socket.SocketKind,
    int,
    str,
    tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
]
"""What ``socket.getaddrinfo`` says of an address. The last form is one of a machine without IPv6."""

TICK = 0.1
"""Seconds by which an alarm may be late."""
_IDLE_SECONDS = 30.0
"""The thread ends after so long without an alarm; the next alarm starts another one."""
_MOST_WAITING = 32
"""Threads that may wait at once for something that did not end in time."""


class Alarm:
    """Calls ``action`` in a thread of its own, ``seconds`` from now, unless ``finish`` was called before."""

    __slots__ = ("_action", "_finished", "_lock", "at", "rang")

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.at = time.monotonic() + seconds
        self.rang = False
        self._action = action
        self._finished = False
        self._lock = threading.Lock()
        _watch.add(self)

    def finish(self) -> None:
        """Afterwards ``action`` is neither running nor will it run."""
        _watch.alarms.pop(self, None)
        with self._lock:
            self._finished = True

    def _ring(self) -> None:
        with self._lock:
            if not self._finished:
                self.rang = True
                self._action()


class _Watch:
    """The alarms that are set, and the thread that looks after them."""

    def __init__(self) -> None:
        self.alarms: dict[Alarm, None] = {}
        self._lock = threading.Lock()
        self._running = False

    def add(self, alarm: Alarm) -> None:
        self.alarms[alarm] = None
        if not self._running:
            with self._lock:
                if not self._running:
                    self._running = True
                    threading.Thread(target=self._run, name="deadlines", daemon=True).start()

    def _run(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(TICK)
            moment = time.monotonic()
            for alarm in list(self.alarms):
                last = moment
                if alarm.at <= moment and self.alarms.pop(alarm, False) is None:
                    threading.Thread(target=alarm._ring, name="overdue", daemon=True).start()
            if moment - last > _IDLE_SECONDS:
                with self._lock:
                    if not self.alarms:
                        self._running = False
                        return


_watch = _Watch()


def _after_fork() -> None:
    """Threads do not survive a fork."""
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_after_fork)


class Deadline:
    """A limit for everything inside the ``with`` block together. What fails because of it raises TimeoutError."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._alarms: list[Alarm] = []
        self._held: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for alarm in self._alarms:
            alarm.finish()
        for same in self._held:
            same.close()
        if isinstance(error, Exception) and not isinstance(error, TimeoutError) and self._rang():
            raise TimeoutError("the deadline is over") from error

    def _rang(self) -> bool:
        return any(alarm.rang for alarm in self._alarms)

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when none are."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline is over")
        return left

    def end(self, connection: socket.socket) -> None:
        """Shut ``connection`` down when the deadline is over: whoever waits for it gets an error at once.

        Works on a duplicate, because TLS takes the descriptor away from the socket that it wraps.
        """
        left = self.left()
        same = socket.socket(fileno=os.dup(connection.fileno()))
        self._held.append(same)
        self._alarms.append(Alarm(left, lambda: _shut(same)))

    def resolve(self, host: str, port: int) -> Sequence[FoundAddress]:
        """``socket.getaddrinfo`` for a stream connection. Raises TimeoutError, socket.gaierror."""
        return in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), self.left())


def shut(descriptor: int) -> None:
    """End the connection of a descriptor that another thread may be waiting for."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
        same.shutdown(socket.SHUT_RDWR)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


_slots = threading.BoundedSemaphore(_MOST_WAITING)


def in_time(
    action: Callable[[], T],
    seconds: float,
    *,
    late: Callable[[T], None] | None = None,
    raises: tuple[type[Exception], ...] = (OSError, ValueError),
) -> T:
    """The result of ``action``, run in a thread of its own because it cannot be ended from outside.

    ``raises``: the exceptions that ``action`` may raise. Raises TimeoutError after ``seconds``; a result that comes
    later is given to ``late``. At most 32 threads may wait like this at once, so that what never ends does not use up
    the process.
    """
    if not _slots.acquire(timeout=seconds):
        raise TimeoutError("too many calls hang already")
    lock = threading.Lock()
    done = threading.Event()
    given_up = False
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            result = action()
            with lock:
                if not given_up:
                    results.append(result)
                elif late is not None:
                    late(result)
        except raises as error:
            errors.append(error)
        finally:
            _slots.release()
            done.set()

    threading.Thread(target=run, name="in-time", daemon=True).start()
    done.wait(seconds)
    with lock:
        given_up = True
    if results:
        return results[0]
    if errors:
        raise errors[0]
    raise TimeoutError("it did not end in time")
