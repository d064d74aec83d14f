"""World -> a clock of its own: every run reads the same times.

The virtual clock starts at the world's instant. Each read moves it by a millisecond (the SDK's names carry
milliseconds, so two names differ), and by more after thousands of reads, so that a loop that waits for a
time ends. Each `time.sleep` moves it and returns nearly at once. The monotonic clocks stay real: timeouts
end. Reads and sleeps in other threads than the first move only what those threads see, or the first
thread's times would depend on the scheduler.

Not held: clocks read by native code (`numpy.datetime64("now")`), by subprocesses and file times.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from typing import Any

from sfn_cfn.load import replace
from sfn_cfn.model import World

_SECOND = 1_000_000_000
_STEP = 1_000_000
_READS_PER_STEP = 1024
_BELOW_MILLISECOND = 123_000
"""Always the same digits: the SDK takes the first three decimals of the number as Python prints it."""

_real_sleep = time.sleep
_real_time_ns = time.time_ns


class _Clock:
    """Nanoseconds since the epoch for the thread that pinned the clock, and how far the others are ahead."""

    __slots__ = ("ahead", "first", "now", "reads", "step")

    def __init__(self, instant: float) -> None:
        self.now = round(instant * 1000) * _STEP + _BELOW_MILLISECOND
        self.ahead = 0
        self.reads = 0
        self.step = _STEP
        self.first = threading.get_ident()

    def read(self) -> int:
        self.reads += 1
        if self.reads % _READS_PER_STEP == 0:
            self.step = min(self.step * 2, _SECOND)
        return self.move(self.step)

    def move(self, nanoseconds: int) -> int:
        if threading.get_ident() == self.first:
            self.now += nanoseconds
            return self.now
        self.ahead += nanoseconds
        return self.now + self.ahead


_clock: _Clock | None = None


def now_ns() -> int:
    """The clock that user code sees, in nanoseconds since the epoch."""
    return _real_time_ns() if _clock is None else _clock.read()


def pin(world: World) -> None:
    """Start the virtual clock in this process. Needs `install`."""
    global _clock  # noqa: PLW0603 (the replaced functions are the process's)
    _clock = _Clock(world.instant)


def install() -> None:
    """Replace the clock's functions and methods; until `pin` they read the real clock."""
    if getattr(time.time, "__wrapped__", None) is not None:
        return
    _install_readers()
    _install_formats()
    _install_datetime()


def _install_readers() -> None:
    original_time = time.time

    def read() -> float:
        return original_time() if _clock is None else _clock.read() / _SECOND

    def read_ns() -> int:
        return now_ns()

    def sleep(seconds: Any, /) -> None:
        if _clock is None:
            return _real_sleep(seconds)
        _real_sleep(0 * seconds)  # refuses what is no number
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        _clock.move(round(seconds * _SECOND))
        # Others get real time: a thread that is waited for has to get its work done.
        alone = threading.active_count() == 1
        return _real_sleep(min(seconds, 0.0005 if alone else 0.01))

    replace.functions(time, time=read, time_ns=read_ns, sleep=sleep)
    if hasattr(time, "clock_gettime"):
        _install_clock_gettime()


def _install_clock_gettime() -> None:
    original, original_ns = time.clock_gettime, time.clock_gettime_ns
    # CLOCK_REALTIME_COARSE has no name in Python (5 in Linux's time.h); CLOCK_TAI has one from 3.9.
    wall = {time.CLOCK_REALTIME, 5, getattr(time, "CLOCK_TAI", 11)}

    def clock_gettime(clk_id: int, /) -> float:
        if _clock is None or clk_id not in wall:
            return original(clk_id)
        return _clock.read() / _SECOND

    def clock_gettime_ns(clk_id: int, /) -> int:
        return original_ns(clk_id) if _clock is None or clk_id not in wall else _clock.read()

    replace.functions(time, clock_gettime=clock_gettime, clock_gettime_ns=clock_gettime_ns)


def _install_formats() -> None:
    def of_seconds(original: Callable[..., Any]) -> Callable[..., Any]:
        def convert(seconds: Any = None, /) -> Any:
            return original(time.time() if seconds is None else seconds)

        return convert

    original_strftime, original_asctime = time.strftime, time.asctime

    def strftime(template: str, *moment: Any) -> str:
        return original_strftime(template, *(moment or (time.localtime(),)))

    def asctime(*moment: Any) -> str:
        return original_asctime(*(moment or (time.localtime(),)))

    replace.functions(
        time,
        localtime=of_seconds(time.localtime),
        gmtime=of_seconds(time.gmtime),
        ctime=of_seconds(time.ctime),
        strftime=strftime,
        asctime=asctime,
    )


def _install_datetime() -> None:
    """`now` and `utcnow`; `today` of both types asks `time.time`."""
    original_now = datetime.datetime.__dict__["now"]
    original_utcnow = datetime.datetime.__dict__["utcnow"]

    def now(cls: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        if _clock is None:
            return original_now.__get__(None, cls)(tz)  # type: ignore[no-any-return]
        seconds, rest = divmod(_clock.read(), _SECOND)
        return cls.fromtimestamp(seconds, tz).replace(microsecond=rest // 1000)

    def utcnow(cls: type[datetime.datetime]) -> datetime.datetime:
        if _clock is None:
            return original_utcnow.__get__(None, cls)()  # type: ignore[no-any-return]
        return now(cls, datetime.timezone.utc).replace(tzinfo=None)

    for function in (now, utcnow):
        function.__qualname__ = f"datetime.{function.__name__}"
        replace.method(datetime.datetime, function.__name__, classmethod(function))
