from __future__ import annotations

from pathlib import Path

from worlds import FIRST, see

SETUP = "from sfn_cfn.load import clock, replace\nclock.install()\nreplace.spread()"


def look(snippet: str, folder: Path, setup: str = SETUP) -> object:
    return see(snippet, folder, setup=setup, enter=f"clock.pin({FIRST})")


def test_the_clock_starts_at_the_instant_and_moves_a_millisecond_by_each_read(tmp_path: Path) -> None:
    assert look("import time; out = [time.time(), time.time(), time.time_ns()]", tmp_path) == [
        1704164645.679123,
        1704164645.680123,
        1704164645681123000,
    ]


def test_every_function_that_formats_the_present_reads_the_same_clock(tmp_path: Path) -> None:
    snippet = """
        import os, time
        os.environ['TZ'] = 'UTC'; time.tzset()
        out = [time.strftime('%Y-%m-%d'), time.gmtime()[:3], time.localtime()[0], time.ctime(), time.asctime(),
               time.clock_gettime(time.CLOCK_REALTIME) // 1, time.clock_gettime_ns(time.CLOCK_REALTIME) // 10**9]
    """
    assert look(snippet, tmp_path) == [
        "2024-01-02",
        [2024, 1, 2],
        2024,
        "Tue Jan  2 03:04:05 2024",
        "Tue Jan  2 03:04:05 2024",
        1704164645.0,
        1704164645,
    ]


def test_a_given_moment_is_formatted_as_given(tmp_path: Path) -> None:
    snippet = (
        "import time; out = [time.gmtime(0)[0], time.strftime('%Y', time.gmtime(0)), time.ctime(86400)[-4:]]"
    )
    assert look(snippet, tmp_path) == [1970, "1970", "1970"]


def test_datetime_and_date_read_the_clock_on_the_types_themselves(tmp_path: Path) -> None:
    snippet = """
        import datetime as d, warnings
        warnings.simplefilter('ignore')
        tz = d.timezone(d.timedelta(hours=2))
        out = [d.datetime.now().isoformat()[:10], d.datetime.now(tz).isoformat(), d.datetime.now(tz=tz).hour,
               d.datetime.utcnow().isoformat(), d.datetime.today().year, d.date.today().isoformat()]
    """
    assert look(snippet, tmp_path) == [
        "2024-01-02",
        "2024-01-02T05:04:05.680123+02:00",
        5,
        "2024-01-02T03:04:05.682123",
        2024,
        "2024-01-02",
    ]


def test_datetimes_stay_the_type_that_pickle_and_isinstance_know(tmp_path: Path) -> None:
    snippet = """
        import pickle
        from datetime import date, datetime
        class Mine(datetime): pass
        now = datetime.now()
        out = [type(now) is datetime, isinstance(now, date), pickle.loads(pickle.dumps(now)) == now,
               type(Mine.now()).__name__, type(Mine.utcnow()).__name__,
               pickle.loads(pickle.dumps(datetime.now)).__name__]
    """
    assert look(snippet, tmp_path) == [True, True, True, "Mine", "Mine", "now"]


def test_pandas_reads_the_clock(tmp_path: Path) -> None:
    snippet = """
        import pandas as pd
        out = [pd.Timestamp.now().year, pd.Timestamp.today().year, pd.Timestamp('now').year, pd.Timestamp('today').year,
               pd.Timestamp.now('UTC').isoformat()[:10], type(pd.Timestamp.now()).__name__]
    """
    assert look(snippet, tmp_path, "import pandas\n" + SETUP) == [
        2024,
        2024,
        2024,
        2024,
        "2024-01-02",
        "Timestamp",
    ]


def test_a_module_that_took_the_function_before_sees_the_clock(tmp_path: Path) -> None:
    setup = (
        "import types, time\nold = types.ModuleType('old'); old.clock = time.time; old.nap = time.sleep\n"
        "sys.modules['old'] = old\n" + SETUP
    )
    assert look("import old; old.nap(5); out = old.clock()", tmp_path, setup) == 1704164650.679123


def test_functions_taken_before_the_clock_is_pinned_are_real_until_then(tmp_path: Path) -> None:
    setup = (
        SETUP
        + "\nfrom time import time\nfrom datetime import datetime\nbefore = [time(), datetime.now().year]"
    )
    snippet = "import __main__ as m; out = [m.before[0] > 1.75e9, m.before[1] > 2024, m.time()]"
    assert look(snippet, tmp_path, setup) == [True, True, 1704164645.679123]


def test_sleeping_moves_the_clock_and_takes_no_real_time(tmp_path: Path) -> None:
    snippet = """
        import time
        start, real = time.time(), time.monotonic()
        time.sleep(86400)
        out = [round(time.time() - start), time.monotonic() - real < 600]
    """
    assert look(snippet, tmp_path) == [86400, True]


def test_sleep_refuses_what_the_real_one_refuses(tmp_path: Path) -> None:
    snippet = """
        import time
        out = []
        for value in (-1, 'x', None):
            try: time.sleep(value)
            except (TypeError, ValueError) as error: out.append(type(error).__name__)
    """
    assert look(snippet, tmp_path) == ["ValueError", "TypeError", "TypeError"]


def test_a_loop_that_waits_a_day_without_sleeping_ends(tmp_path: Path) -> None:
    snippet = """
        import time
        deadline = time.time() + 86400
        while time.time() < deadline: pass
        out = 'ended'
    """
    assert look(snippet, tmp_path) == "ended"


def test_the_monotonic_clocks_stay_real(tmp_path: Path) -> None:
    snippet = """
        import time
        end = time.monotonic() + 0.02
        while time.monotonic() < end: pass
        start = time.perf_counter(); time.sleep(3600)
        out = time.perf_counter() - start < 600
    """
    assert look(snippet, tmp_path) is True


def test_threads_see_the_clock_and_do_not_move_the_first_ones(tmp_path: Path) -> None:
    snippet = """
        import threading, time
        seen = []
        def work():
            time.sleep(100)
            seen.append(int(time.time()))
            [time.time() for _ in range(50)]
        thread = threading.Thread(target=work); thread.start(); thread.join()
        out = [seen, time.time()]
    """
    assert look(snippet, tmp_path) == [[1704164745], 1704164645.679123]


def test_sleep_lets_a_thread_that_is_waited_for_work(tmp_path: Path) -> None:
    snippet = """
        import threading, time
        done = []
        def work():
            end = time.monotonic() + 0.05
            while time.monotonic() < end: pass
            done.append(True)
        threading.Thread(target=work).start()
        for _ in range(600):
            if done: break
            time.sleep(1)
        out = done
    """
    assert look(snippet, tmp_path) == [True]


def test_milliseconds_of_the_sdks_stamps_always_have_three_digits(tmp_path: Path) -> None:
    snippet = "import time; out = sorted({len(repr(time.time()).split('.')[1][:3]) for _ in range(3000)})"
    assert look(snippet, tmp_path) == [3]
