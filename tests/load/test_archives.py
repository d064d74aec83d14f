from __future__ import annotations

from pathlib import Path
from typing import Any

from worlds import see

SETUP = "from sfn_cfn.load import archives"
MAKE = """
    import gzip, hashlib, io, os, shutil, tarfile, zipfile
    code = project / 'code'; shutil.rmtree(code, ignore_errors=True); (code / 'sub').mkdir(parents=True)
    (code / 'train.py').write_text('print(1)'); (code / 'sub' / 'run.sh').write_text('exit')
    os.chmod(code / 'sub' / 'run.sh', 0o7RUN); os.chmod(code / 'train.py', 0o6READ)
    os.utime(code / 'train.py', (STAMP, STAMP))
    os.chdir(project)
    def digest(path): return hashlib.sha256(open(path, 'rb').read()).hexdigest()
    out = {}
    for mode in ('w', 'w:gz', 'w:bz2', 'w:xz', 'w|', 'w|gz'):
        with tarfile.open('STAMP.tar.gz', mode) as tar: tar.add('code')
        out[mode] = digest('STAMP.tar.gz')
    with zipfile.ZipFile('a.zip', 'w') as z:
        z.write('code/train.py'); z.write('code/sub/run.sh'); z.writestr('made.txt', 'x')
    out['zip'] = digest('a.zip')
    out['make_archive tar'] = digest(shutil.make_archive('b', 'gztar', project, 'code'))
    out['make_archive zip'] = digest(shutil.make_archive('b', 'zip', project, 'code'))
    with gzip.open('STAMP.gz', 'wb') as g: g.write(b'x')
    out['gzip file'] = digest('STAMP.gz')
    out['gzip bytes'] = hashlib.sha256(gzip.compress(b'x')).hexdigest()
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode='w') as g: g.write(b'x')
    out['gzip buffer'] = hashlib.sha256(buffer.getvalue()).hexdigest()
"""


def look(snippet: str, folder: Path, enter: str = "archives.pin()") -> Any:
    return see(snippet, folder, setup=SETUP, enter=enter)


def made(stamp: str, read: str, run: str) -> str:
    return MAKE.replace("STAMP", stamp).replace("READ", read).replace("RUN", run)


def test_archives_do_not_show_times_file_names_or_the_umask(tmp_path: Path) -> None:
    first = look(made("1111111111", "44", "55"), tmp_path)
    second = look(made("1722222222", "00", "11"), tmp_path)
    assert first == second


def test_without_the_pin_most_would(tmp_path: Path) -> None:
    first = look(made("1111111111", "44", "55"), tmp_path, "None")
    second = look(made("1722222222", "00", "11"), tmp_path, "None")
    assert {name for name in first if first[name] == second[name]} <= {"gzip bytes", "gzip buffer"}


def test_members_are_owned_by_root_and_keep_their_execute_bit(tmp_path: Path) -> None:
    snippet = """
        import os, tarfile
        for name, mode in (('run', 0o770), ('text', 0o660)):
            (project / name).touch(); os.chmod(project / name, mode)
        with tarfile.open(project / 'a.tar', 'w') as tar:
            out = [[m.uid, m.gid, m.uname, m.gname, m.mtime, oct(m.mode)]
                   for m in map(lambda n: tar.gettarinfo(project / n), ('run', 'text'))]
    """
    root = [0, 0, "", "", 0]
    assert look(snippet, tmp_path) == [[*root, "0o755"], [*root, "0o644"]]


def test_what_the_author_sets_stays(tmp_path: Path) -> None:
    snippet = """
        import gzip, io, tarfile, zipfile
        member = tarfile.TarInfo('x'); member.mtime = 77; member.mode = 0o700
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode='w') as tar: tar.addfile(member)
        buffer.seek(0)
        found = tarfile.open(fileobj=buffer).getmembers()[0]
        entry = zipfile.ZipInfo('y', (2001, 2, 3, 4, 5, 6))
        with zipfile.ZipFile(io.BytesIO(), 'w') as z:
            z.writestr(entry, 'y'); dates = [i.date_time for i in z.infolist()]
        out = [found.mtime, found.mode, dates, int.from_bytes(gzip.compress(b'', mtime=9)[4:8], 'little')]
    """
    assert look(snippet, tmp_path) == [77, 0o700, [[2001, 2, 3, 4, 5, 6]], 9]


def test_archives_read_back(tmp_path: Path) -> None:
    snippet = """
        import gzip, io, tarfile, zipfile
        (project / 'x').write_text('text')
        with tarfile.open(project / 'a.tgz', 'w:gz') as tar: tar.add(project / 'x', arcname='x')
        with zipfile.ZipFile(project / 'a.zip', 'w') as z: z.write(project / 'x', 'x')
        out = [tarfile.open(project / 'a.tgz').extractfile('x').read().decode(),
               zipfile.ZipFile(project / 'a.zip').read('x').decode(), gzip.decompress(gzip.compress(b'q')).decode()]
    """
    assert look(snippet, tmp_path) == ["text", "text", "q"]
