from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from worlds import FIRST, SECOND, see

SETUP = "from sfn_cfn.load import entropy, replace\nentropy.install()\nreplace.spread()"

DRAWS = """
    import os, random, secrets, uuid
    from random import SystemRandom
    random.shuffle(deck := list(range(20)))
    out = [uuid.uuid4().hex, uuid.uuid1().node, random.random(), random.Random().random(), random.sample(deck, 3),
           secrets.token_hex(8), secrets.token_urlsafe(), SystemRandom().random(), os.urandom(8).hex()]
    random.seed(); out.append(random.random())
"""


def look(snippet: str, folder: Path, world: str = FIRST, setup: str = SETUP) -> Any:
    return see(snippet, folder, setup=setup, enter=f"entropy.pin({world})")


def test_two_runs_of_one_world_draw_the_same(tmp_path: Path) -> None:
    assert look(DRAWS, tmp_path) == look(DRAWS, tmp_path)


def test_two_worlds_draw_otherwise_each_time(tmp_path: Path) -> None:
    first, second = look(DRAWS, tmp_path), look(DRAWS, tmp_path, SECOND)
    same = [index for index, (one, other) in enumerate(zip(first, second, strict=True)) if one == other]
    assert same == [1]  # the hardware address names the machine, not chance


def test_draws_differ_from_each_other(tmp_path: Path) -> None:
    assert look("import uuid; out = len({uuid.uuid4() for _ in range(100)})", tmp_path) == 100


def test_uuids_keep_their_version(tmp_path: Path) -> None:
    assert look("import uuid; out = [uuid.uuid4().version, uuid.uuid1().version]", tmp_path) == [4, 1]


def test_numpy_draws_the_same_with_no_seed_given(tmp_path: Path) -> None:
    snippet = """
        import numpy as np
        out = [np.random.default_rng().random(), np.random.RandomState().rand(), np.random.rand(),
               str(np.random.SeedSequence().entropy), np.random.Generator(np.random.PCG64()).random()]
    """
    setup = "import numpy\n" + SETUP
    first, again, second = (look(snippet, tmp_path, w, setup) for w in (FIRST, FIRST, SECOND))
    assert first == again
    assert not set(first) & set(second)


def test_numpy_imported_after_the_pin_draws_the_same_too(tmp_path: Path) -> None:
    snippet = "import numpy as np; out = [np.random.default_rng().random(), np.random.rand()]"
    assert look(snippet, tmp_path) == look(snippet, tmp_path)


def test_threads_do_not_take_draws_from_the_first_one(tmp_path: Path) -> None:
    snippet = """
        import os, threading
        seen = []
        thread = threading.Thread(target=lambda: seen.extend(os.urandom(4) for _ in range(BUSY)))
        thread.start(); thread.join()
        out = os.urandom(4).hex()
    """
    few, many = (look(snippet.replace("BUSY", count), tmp_path) for count in ("1", "50"))
    assert few == many


def test_the_machines_names_are_constants(tmp_path: Path) -> None:
    snippet = """
        import os, platform, socket, uuid
        out = [socket.gethostname(), socket.getfqdn(), platform.node(), os.uname().nodename, os.uname()[1],
               os.getlogin(), uuid.getnode(), os.getpid()]
    """
    name = "sfn-cfn-build"
    assert look(snippet, tmp_path) == [name, name, name, name, name, "sfn-cfn", 0x027366_6E6366, 4198546]


def test_a_process_can_signal_itself_by_the_number_it_is_shown(tmp_path: Path) -> None:
    snippet = """
        import os, signal
        out = []
        signal.signal(signal.SIGUSR1, lambda *_: out.append('signal'))
        os.kill(os.getpid(), signal.SIGUSR1)
        out.append(os.getpgid(os.getpid()) == os.getpgid(0))
    """
    assert look(snippet, tmp_path) == ["signal", True]


def test_forked_processes_and_pools_work(tmp_path: Path) -> None:
    snippet = """
        import multiprocessing, os
        pid = os.fork()
        if pid == 0:
            os._exit(3 if os.getpid() != 4198546 else 4)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with multiprocessing.get_context('fork').Pool(2) as pool:
            out = [status, pool.map(abs, [-1, -2, 3])]
    """
    assert look(snippet, tmp_path) == [3, [1, 2, 3]]


def test_temporary_names_differ_between_runs_and_work(tmp_path: Path) -> None:
    snippet = """
        import os, tempfile
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(dir=folder) as file:
            out = [os.path.basename(folder), os.path.dirname(file.name) == folder]
    """
    first, again = look(snippet, tmp_path), look(snippet, tmp_path)
    assert first[1] is again[1] is True
    assert first[0] != again[0]


def test_directories_list_in_the_order_of_names(tmp_path: Path) -> None:
    snippet = """
        import glob, os, shutil
        from pathlib import Path
        folder = project / 'many'; shutil.rmtree(folder, ignore_errors=True); folder.mkdir()
        names = ['%02d' % (n * 7 % 50) for n in range(50)]
        for name in names: (folder / name).touch()
        os.chdir(folder)
        with os.scandir(folder) as entries: scanned = [entry.name for entry in entries]
        out = [found == sorted(names) for found in (
            os.listdir(), scanned, glob.glob('*'), next(os.walk('.'))[2], [p.name for p in Path('.').iterdir()],
            [p.name for p in Path('.').glob('*')])]
        shutil.rmtree(folder)
    """
    assert look(snippet, tmp_path) == [True] * 6


def test_chance_is_real_until_it_is_pinned(tmp_path: Path) -> None:
    setup = (
        SETUP
        + "\nimport os, random\nbefore = [os.urandom(8).hex(), random.random(), os.getpid(), os.uname()[1]]"
    )
    snippet = "import __main__ as m; out = m.before"
    first, again = look(snippet, tmp_path, setup=setup), look(snippet, tmp_path, setup=setup)
    assert first[:2] != again[:2]
    assert first[2] < 1 << 22
    assert re.fullmatch("(?!sfn-cfn-build).*", first[3])
