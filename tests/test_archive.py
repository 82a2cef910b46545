"""Archives are hostile until proven otherwise: refused by name and rule, with nothing written."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import socket
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from archive_kit import (
    GOOD,
    LINK,
    TAR_END,
    central,
    header,
    local,
    make_tar,
    make_zip,
    member,
    patched,
    pax,
    raw_zip,
    tar_entry,
    zip_entry,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader import archive
from grader.archive.ledger import Ledger
from grader.errors import InfrastructureError, SubmissionRejected, UsageError

MB = 1 << 20
#: small enough to be reached by a test
SMALL = archive.Limits(archive=4 * MB, total=2 * MB, file=MB, entries=50, clutter=100)


def _zip(name: str, content: bytes = b"x = 1\n") -> bytes:
    return make_zip([(name, content)])


def _tar(name: str, content: bytes = b"x = 1\n", **fields: object) -> bytes:
    return make_tar([tar_entry(name, content, **fields)])


def _typed(kind: bytes) -> bytes:
    return make_tar([tar_entry("python/odd.py", type=kind, linkname="/etc/passwd")])


def _encrypted() -> bytes:
    data = _zip("python/secret.py")
    data = patched(data, local(data, "python/secret.py") + 6, "<H", 1)
    return patched(data, central(data, "python/secret.py") + 8, "<H", 1)


def _lying_size() -> bytes:
    data = _zip("python/lies.py", bytes(range(256)) * 40)
    data = patched(data, local(data, "python/lies.py") + 22, "<I", 10)
    return patched(data, central(data, "python/lies.py") + 24, "<I", 10)


def _overlapping() -> bytes:
    """Two entries of the directory that share the content of one."""
    data = make_zip([("a.py", b"x" * 50), ("b.py", b"y" * 50)])
    return patched(data, central(data, "b.py") + 42, "<I", local(data, "a.py"))


def _quoted_overlap() -> bytes:
    """An entry whose content reaches over the next entry, which is then both."""
    data = raw_zip([(b"a.py", b"x" * 40, 0), (b"b.py", b"y" * 40, 0)])
    for at in (local(data, "a.py") + 18, central(data, "a.py") + 20):
        data = patched(patched(data, at, "<I", 80), at + 4, "<I", 80)
    return data


def _broken_content() -> bytes:
    data = raw_zip([(b"python/a.py", b"x = 123456\n", 0)])
    return data.replace(b"x = 123456", b"x = 654321", 1)


def _other_local_name() -> bytes:
    data = _zip("python/a.py")
    at = local(data, "python/a.py") + 30
    return data[:at] + b"python/b.py" + data[at + 11 :]


def _gap() -> bytes:
    """A second end record that knows of an entry which the first one hides."""
    first, second = make_zip([("hidden.py", b"1")]), make_zip([("shown.py", b"2")])
    return first[: first.index(b"PK\x01\x02")] + second


def _wrong_count() -> bytes:
    data = _zip("python/a.py")
    at = data.rindex(b"PK\x05\x06")
    return patched(patched(data, at + 8, "<H", 1), at + 10, "<H", 1)


def _split() -> bytes:
    data = _zip("python/a.py")
    return patched(data, data.rindex(b"PK\x05\x06") + 4, "<H", 1)


def _unicode_path() -> bytes:
    name = b"python/evil.py"
    extra = struct.pack("<2HBI", 0x7075, 5 + len(name), 1, 0) + name
    entry = zip_entry("python/good.py")
    entry.extra = extra
    return make_zip([(entry, b"x")])


def _method(kind: int) -> bytes:
    entry = zip_entry("python/a.py")
    entry.compress_type = kind
    return make_zip([(entry, b"x = 1\n" * 99)])


def _zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(12):
            made.writestr(f"python/zeros{number}.py", bytes(19 * MB))
    return buffer.getvalue()


def _tar_bomb() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as made:
        entry = tarfile.TarInfo("python/zeros.py")
        entry.size = 120 * MB
        made.addfile(entry, io.BytesIO(bytes(entry.size)))
    return buffer.getvalue()


def _gzip_of_parts(count: int, part: bytes) -> bytes:
    return gzip.compress(part, mtime=0) * count


def _nested_gzip_bomb() -> bytes:
    return gzip.compress(gzip.compress(bytes(50 * MB)))


def _office() -> bytes:
    files = [("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]
    return make_zip(files, good=False)


#: what it shows -> the archive, the entry that is named, words of the rule
HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    # names
    "zip parent": (lambda: _zip("../../evil.py"), "../../evil.py", "parent folder"),
    "zip inner parent": (lambda: _zip("python/../../x.py"), "python/../../x.py", "parent folder"),
    "zip parent folder": (lambda: _zip("../", b""), "../", "parent folder"),
    "zip absolute": (lambda: _zip("/etc/cron.d/x"), "/etc/cron.d/x", "absolute path"),
    "zip drive": (lambda: _zip("C:/x.py"), "C:/x.py", "absolute path"),
    "zip backslash": (lambda: _zip("python\\x.py"), "python\\x.py", "backslash"),
    "zip network path": (lambda: _zip("\\\\host\\x.py"), "\\\\host\\x.py", "backslash"),
    "zip NUL": (lambda: raw_zip([(b"a.py\x00.txt", b"x", 0)]), "a.py\\x00.txt", "NUL"),
    "zip empty name": (lambda: raw_zip([(b"", b"x", 0)]), "submission", "empty name"),
    "zip empty part": (lambda: _zip("python//x.py"), "python//x.py", "empty name"),
    "zip newline": (lambda: _zip("a\nb.py"), "a\\nb.py", "control characters"),
    "zip escape": (lambda: _zip("\x1b[31m.py"), "\\x1b[31m.py", "control characters"),
    "zip right-to-left": (lambda: _zip("yp.\u202exe.py"), "yp.\\u202exe.py", "invisible"),
    "zip zero width": (lambda: _zip("a\u200bb.py"), "a\\u200bb.py", "invisible"),
    "zip byte order mark": (lambda: _zip("\ufeffa.py"), "\\ufeffa.py", "invisible"),
    "zip surrogate": (
        lambda: raw_zip([(b"\xed\xb0\x80.py", b"x", 0)], flags=0x800),
        "φ░Ç.py",
        "claims to be UTF-8",
    ),
    "zip twice": (lambda: _zip("apps/simple_ml.py"), "apps/simple_ml.py", "sent twice"),
    "zip case": (lambda: _zip("Python/x.py"), "Python/x.py", "but for its spelling"),
    "zip file case": (lambda: _zip("apps/Simple_ML.py"), "apps/Simple_ML.py", "its spelling"),
    "zip composed": (
        lambda: make_zip([("é.py", b""), ("e\u0301.py", b"")]),
        "e\u0301.py",
        "but for its spelling",
    ),
    "zip sharp s": (
        lambda: make_zip([("straße.py", b""), ("strasse.py", b"")]),
        "strasse.py",
        "but for its spelling",
    ),
    "zip dot twice": (lambda: _zip("./apps/./simple_ml.py"), "apps/simple_ml.py", "sent twice"),
    "zip file and folder": (
        lambda: _zip("apps/simple_ml.py/x"),
        "apps/simple_ml.py/x",
        "same name",
    ),
    "zip long name": (lambda: _zip("n" * 101), "n" * 101, "more than 100 characters"),
    "zip long path": (
        lambda: _zip("/".join(["n" * 99] * 5)),
        "/".join(["n" * 99] * 5)[:100] + "..." + "/".join(["n" * 99] * 5)[-100:],
        "more than 400 characters",
    ),
    "zip deep": (lambda: _zip("d/" * 12 + "x.py"), "d/" * 12 + "x.py", "more than 12 folders"),
    "zip two names": (_unicode_path, "python/good.py", "two names"),
    # kinds
    "zip link": (lambda: make_zip([(zip_entry("l.py", LINK), b"/etc/passwd")]), "l.py", "symbolic"),
    "zip link from DOS": (
        lambda: raw_zip([(b"l.py", b"/etc", LINK << 16)]).replace(
            b"PK\x01\x02\x14\x03", b"PK\x01\x02\x14\x00"
        ),
        "l.py",
        "symbolic",
    ),
    "zip device": (lambda: make_zip([(zip_entry("d.py", 0o020666), b"")]), "d.py", "device"),
    "zip FIFO": (lambda: make_zip([(zip_entry("f.py", 0o010666), b"")]), "f.py", "FIFO"),
    "zip folder with content": (lambda: raw_zip([(b"f/", b"x", 0)]), "f/", "content"),
    "zip folder as file": (
        lambda: make_zip([(zip_entry("f.py", 0o040755), b"")]),
        "f.py",
        "in one",
    ),
    "zip encrypted": (_encrypted, "python/secret.py", "encrypted"),
    "zip bzip2": (lambda: _method(zipfile.ZIP_BZIP2), "python/a.py", "method 12"),
    "zip lzma": (lambda: _method(zipfile.ZIP_LZMA), "python/a.py", "method 14"),
    # two descriptions that disagree
    "zip local name": (_other_local_name, "python/a.py", "another name"),
    "zip lying size": (_lying_size, "python/lies.py", "more than the 10 bytes"),
    "zip overlap": (_overlapping, "b.py", "overlaps"),
    "zip content over entry": (_quoted_overlap, "b.py", "overlaps"),
    "zip checksum": (_broken_content, "python/a.py", "checksum"),
    "zip wrong count": (_wrong_count, "submission", "directory is not as long"),
    "zip split": (_split, "submission", "split"),
    "zip cut off": (lambda: _zip("a.py")[:-30], "submission", "end is missing"),
    "zip no end": (lambda: b"PK\x03\x04" + bytes(500), "submission", "end is missing"),
    "zip in front": (lambda: b"#!/bin/sh\n" + _zip("a.py"), "submission", "something in front"),
    "zip behind": (lambda: _zip("a.py") + b"evil", "submission", "bytes follow its end"),
    "zip between": (_gap, "submission", "between its parts"),
    "zip two ends": (
        lambda: make_zip([], comment=b"PK\x05\x06" + bytes(18)),
        "submission",
        "two ends",
    ),
    # sizes
    "zip bomb": (_zip_bomb, "python/zeros0.py", "100 times larger"),
    "zip large file": (lambda: _zip("big.py", os.urandom(20 * MB + 1)), "big.py", "20 MB"),
    "zip entries": (
        lambda: raw_zip((b"n%d.py" % n, b"", 0) for n in range(2001)),
        "submission",
        "more than 2000",
    ),
    "zip 65,536 entries": (
        lambda: raw_zip((b"n%d.py" % n, b"", 0) for n in range(65_536)),
        "submission",
        "damaged",
    ),
    # tar
    "tar parent": (lambda: _tar("../evil.py"), "../evil.py", "parent folder"),
    "tar absolute": (lambda: _tar("/tmp/evil.py"), "/tmp/evil.py", "absolute path"),
    "tar backslash": (lambda: _tar("a\\b.py"), "a\\b.py", "backslash"),
    "tar NUL": (lambda: member(b"a.py\x00b", b"") + TAR_END, "a.py\\x00b", "NUL"),
    "tar twice": (lambda: _tar("apps/simple_ml.py"), "apps/simple_ml.py", "sent twice"),
    "tar case": (lambda: _tar("APPS/x.py"), "APPS/x.py", "but for its spelling"),
    "tar symbolic link": (lambda: _typed(tarfile.SYMTYPE), "python/odd.py", "a symbolic link"),
    "tar hard link": (lambda: _typed(tarfile.LNKTYPE), "python/odd.py", "a hard link"),
    "tar FIFO": (lambda: _typed(tarfile.FIFOTYPE), "python/odd.py", "a FIFO"),
    "tar block device": (lambda: _typed(tarfile.BLKTYPE), "python/odd.py", "a device"),
    "tar character device": (lambda: _typed(tarfile.CHRTYPE), "python/odd.py", "a device"),
    "tar odd type": (lambda: _typed(b"Z"), "python/odd.py", "type 'Z'"),
    "tar sparse": (lambda: _typed(b"S"), "python/odd.py", "sparse"),
    "tar link with content": (
        lambda: member(b"l.py", b"x" * 9, kind=b"2") + TAR_END,
        "l.py",
        "it has content",
    ),
    "tar link in a long name": (
        lambda: make_tar([tar_entry("n/" * 5 + "n" * 99, type=b"2")], form=tarfile.GNU_FORMAT),
        "n/" * 5 + "n" * 99,
        "a symbolic link",
    ),
    "pax name": (
        lambda: pax(b"path=../../evil.py") + member(b"good.py", b"x") + TAR_END,
        "../../evil.py",
        "parent folder",
    ),
    "pax size": (
        lambda: pax(b"size=9") + member(b"good.py", b"x") + TAR_END,
        "././@PaxHeader",
        "'size'",
    ),
    "pax sparse": (
        lambda: pax(b"GNU.sparse.major=1") + member(b"good.py", b"x") + TAR_END,
        "././@PaxHeader",
        "GNU.sparse",
    ),
    "pax key twice": (
        lambda: pax(b"path=a.py", b"path=b.py") + member(b"good.py", b"x") + TAR_END,
        "././@PaxHeader",
        "'path'",
    ),
    "pax damaged": (
        lambda: member(b"p", b"99 path=a\n", kind=b"x") + member(b"a", b"") + TAR_END,
        "p",
        "damaged extended header",
    ),
    "pax for all": (
        lambda: pax(b"path=a.py", kind=b"g") + member(b"b.py", b"x") + TAR_END,
        "a.py",
        "one name for all",
    ),
    "pax without entry": (lambda: pax(b"path=a.py") + TAR_END, "submission", "fit no entry"),
    "pax then long name": (
        lambda: (
            pax(b"path=a.py") + member(b"L", b"b.py\x00", kind=b"L") + member(b"c", b"") + TAR_END
        ),
        "submission",
        "fit no entry",
    ),
    "pax chain": (
        lambda: pax(b"comment=x") * 9 + member(b"c", b"") + TAR_END,
        "submission",
        "fit no entry",
    ),
    "pax huge": (
        lambda: header(b"p", kind=b"x", size=b"77777777777\x00") + TAR_END,
        "p",
        "extended header of 8589934591 bytes",
    ),
    "tar huge": (lambda: header(b"h", size=b"77777777777\x00") + TAR_END, "h", "20 MB"),
    "tar huge in base 256": (
        lambda: header(b"h", size=b"\x80" + b"\xff" * 11) + TAR_END,
        "h",
        "20 MB",
    ),
    "tar negative": (lambda: header(b"h", size=b"\xff" * 12) + TAR_END, "h", "no number"),
    "tar wrong sum": (
        lambda: member(b"a.py", b"x") + b"garbage".ljust(512) + TAR_END,
        "submission",
        "wrong sum",
    ),
    "tar cut off": (
        lambda: member(b"a.py", b"x" * 2000)[:1024],
        "a.py",
        "cut off in the middle",
    ),
    "tar without end": (lambda: member(b"a.py", b"x"), "submission", "without its end"),
    "tar behind": (lambda: make_tar([]) + _zip("a.py"), "submission", "behind the end of the tar"),
    "tar entries": (
        lambda: make_tar(tar_entry(f"n{n}.py") for n in range(2001)),
        "submission",
        "more than 2000",
    ),
    # gzip
    "gzip bomb": (_tar_bomb, "python/zeros.py", "20 MB"),
    "gzip of no tar": (lambda: gzip.compress(b"hello" * 200), "submission", "wrong sum"),
    "gzip of zeros": (lambda: gzip.compress(bytes(200 * MB)), "submission", "100 times"),
    "gzip in gzip": (_nested_gzip_bomb, "submission", "wrong sum"),
    "gzip of parts": (
        lambda: gzip.compress(member(b"a.py", b"")) + _gzip_of_parts(10_001, b""),
        "submission",
        "in more than 10000 parts",
    ),
    "gzip bomb of parts": (
        lambda: gzip.compress(make_tar([])) + _gzip_of_parts(30, bytes(8 * MB)),
        "submission",
        "100 times larger",
    ),
    "gzip cut off": (lambda: make_tar([], mode="w:gz")[:-20], "submission", "gzip"),
    "gzip checksum": (
        lambda: make_tar([], mode="w:gz")[:-8] + bytes(8),
        "submission",
        "damaged gzip data",
    ),
    "gzip behind": (
        lambda: make_tar([], mode="w:gz") + b"evil",
        "submission",
        "behind the end of the gzip",
    ),
    # no archives
    "empty": (lambda: b"", "submission", "zero bytes"),
    "large": (lambda: bytes(50 * MB + 1), "submission", "more than 50 MB"),
    "rar": (lambda: b"Rar!\x1a\x07\x01\x00", "submission", "a RAR archive"),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c\x00", "submission", "a 7z archive"),
    "xz": (lambda: b"\xfd7zXZ\x00", "submission", "an xz archive"),
    "pdf": (lambda: b"%PDF-1.7", "submission", "a PDF document"),
    "docx": (_office, "submission", "an Office document"),
    "web page": (lambda: b"\n<!DOCTYPE html><html>", "submission", "a web page"),
    "notebook": (lambda: b'{"nbformat": 4, "cells": []}', "submission", "a notebook"),
    "pickle": (lambda: pickle.dumps(print), "submission", "a pickle"),
    "text": (lambda: b"hello", "submission", "not a zip or tar archive"),
}


@pytest.fixture
def nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the archive; every place where a reader might write is watched."""
    watched, private = tmp_path / "watched", tmp_path / "private"
    (watched / "cwd").mkdir(parents=True)
    private.mkdir()
    monkeypatch.chdir(watched / "cwd")
    monkeypatch.setattr(tempfile, "tempdir", str(watched))
    yield private
    assert sorted(p.name for p in watched.rglob("*")) == ["cwd"]
    assert [p.name for p in private.iterdir()] == ["submission"]
    assert not (tmp_path / "evil.py").exists()


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused_by_entry_and_rule(case: str, nothing_written: Path) -> None:
    build, entry, rule = HOSTILE[case]
    path = nothing_written / "submission"
    path.write_bytes(build())
    with pytest.raises(SubmissionRejected) as refused:
        archive.read(path)
    assert refused.value.entry == entry
    assert rule in refused.value.rule


@pytest.mark.parametrize(
    "build", [_zip_bomb, _tar_bomb, _nested_gzip_bomb, lambda: gzip.compress(bytes(200 * MB))]
)
def test_a_bomb_takes_little_memory(build: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "submission"
    path.write_bytes(build())
    tracemalloc.start()
    with pytest.raises(SubmissionRejected):
        archive.read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MB


@pytest.mark.parametrize("name", ["python/a.py", "data/a.bin"])
def test_files_together_are_limited_whether_wanted_or_not(name: str, tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    stem, suffix = name.split(".")
    path.write_bytes(make_zip((f"{stem}{n}.{suffix}", os.urandom(MB)) for n in range(3)))
    with pytest.raises(SubmissionRejected, match="files together are more than 2 MB"):
        archive.read(path, lambda name: name.endswith(".py"), limits=SMALL)


# -- folders ---------------------------------------------------------------------------


def _lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _lay_out(tmp_path / "alice", GOOD)


def _refusal(path: Path, **options: archive.Limits) -> str:
    with pytest.raises(SubmissionRejected) as refused:
        archive.read(path, **options)
    return str(refused.value)


def test_a_folder_gives_its_files_by_name(folder: Path) -> None:
    assert {e.name: e.content for e in archive.read(folder).files} == GOOD
    assert {e.name: e.content for e in archive.read(folder, lambda name: "apps" in name).files} == {
        "apps/simple_ml.py": GOOD["apps/simple_ml.py"],
        "python/needle/autograd.py": None,
    }


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "autograd.py", "/nowhere"])
def test_a_link_in_a_folder_is_refused(folder: Path, target: str) -> None:
    (folder / "python/needle/extra.py").symlink_to(target)
    assert _refusal(folder).startswith("python/needle/extra.py: a symbolic link")


def test_a_fifo_in_a_folder_is_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "python/pipe.py")
    assert _refusal(folder).startswith("python/pipe.py: a FIFO")


def test_a_socket_in_a_folder_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.py")
        assert _refusal(folder).startswith("s.py: a socket")


def test_a_fifo_instead_of_a_submission_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    assert _refusal(tmp_path / "pipe.zip").startswith("pipe.zip: a FIFO")


def test_odd_names_in_a_folder_are_refused(folder: Path) -> None:
    (folder / "a\nb.py").write_bytes(b"")
    assert _refusal(folder).startswith("a\\nb.py: invisible or control")


def test_names_in_a_folder_that_are_no_text_are_refused(folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/\xff.py", os.O_CREAT))
    assert _refusal(folder).startswith("\\udcff.py: invisible or control")


def test_names_in_a_folder_that_differ_in_case_are_refused(folder: Path) -> None:
    (folder / "Apps").mkdir()
    assert "the same name as Apps but for its spelling" in _refusal(folder)


def test_a_deep_folder_is_refused(folder: Path) -> None:
    (folder / ("d/" * 12) / "x").mkdir(parents=True)
    assert "more than 12 folders deep" in _refusal(folder)


def test_too_many_files_in_a_folder_are_refused(folder: Path) -> None:
    for number in range(60):
        (folder / f"{number}.txt").touch()
    assert "more than 50 files and folders" in _refusal(folder, limits=SMALL)


def test_a_large_file_is_refused_when_it_is_wanted_and_not_opened_when_it_is_not(
    folder: Path,
) -> None:
    os.truncate(folder / "apps/simple_ml.py", 1 << 40)
    tracemalloc.start()
    assert "apps/simple_ml.py: 1099511627776 bytes" in _refusal(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MB, "read before it was refused"
    found = archive.read(folder, lambda name: name.startswith("python"))
    assert {e.name: e.size for e in found.files}["apps/simple_ml.py"] == 1 << 40


def test_a_file_that_grows_while_it_is_read_is_no_fault_of_the_student(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(ledger: Ledger, name: str, size: int) -> None:
        with (folder / name).open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(Ledger, "count", count)
    with pytest.raises(InfrastructureError, match="once nobody writes to it"):
        archive.read(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="changing owners takes root")
def test_a_hard_link_to_a_file_of_another_owner_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"expected values")
    (folder / "own.py").hardlink_to(folder / "apps/simple_ml.py")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 1234, 1234)
    assert len(archive.read(folder).files) == 3
    (folder / "extra.py").hardlink_to(tmp_path / "secret")
    assert _refusal(folder).startswith("extra.py: a hard link to a file of another owner")


def test_an_environment_of_any_name_is_passed_over(folder: Path) -> None:
    for number in range(60):
        (folder / f"dlsys/lib/{number}").mkdir(parents=True)
    (folder / "dlsys/pyvenv.cfg").touch()
    (folder / ".git").mkdir()
    (folder / ".git/link").symlink_to("/etc")
    (folder / "__pycache__").mkdir()
    os.mkfifo(folder / "__pycache__/pipe")
    found = archive.read(folder, limits=SMALL)
    assert [entry.name for entry in found.files] == sorted(GOOD)
    assert found.clutter == {".git": 1, "__pycache__": 1, "environments": 1}


def test_a_submission_that_is_not_there_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such submission"):
        archive.read(tmp_path / "nobody.zip")


# -- sound archives --------------------------------------------------------------------


def _streamed_zip() -> bytes:
    """What macOS and `zip -` write: sizes behind the content."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:  # type: ignore[no-untyped-def]
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[arg-type]
        for name, content in GOOD.items():
            with made.open(name, "w", force_zip64=True) as target:
                target.write(content)
    return pipe.data


def _zip64() -> bytes:
    """A directory that says everything in 64 bits, as some libraries always do."""
    data = make_zip([])
    at = data.rindex(b"PK\x05\x06")
    _, _, _, _, count, size, start, _ = struct.unpack_from("<4s4H2IH", data, at)
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:at] + record + locator + end


def _bsd_tar() -> bytes:
    """Attributes in extended headers, and folders of their own."""
    return (
        member(b"./", b"", kind=b"5")
        + b"".join(
            pax(b"mtime=1.5", b"LIBARCHIVE.xattr.com.apple.quarantine=\x00\x01=\n")
            + member(b"./" + name.encode(), content)
            for name, content in GOOD.items()
        )
        + TAR_END
    )


SOUND: dict[str, Callable[[], bytes]] = {
    "zip": lambda: make_zip([]),
    "zip with folders": lambda: make_zip([(zip_entry("apps/", 0o040755), b"")]),
    "zip with a comment": lambda: make_zip([], comment=b"commit 1234"),
    "zip as a stream": _streamed_zip,
    "zip in 64 bits": _zip64,
    "zip from the set-uid department": lambda: make_zip(
        [(zip_entry(name, 0o104755), content) for name, content in GOOD.items()], good=False
    ),
    "tar": lambda: make_tar([]),
    "tar.gz": lambda: make_tar([], mode="w:gz"),
    "old tar": lambda: make_tar([], form=tarfile.USTAR_FORMAT),
    "GNU tar": lambda: make_tar([], form=tarfile.GNU_FORMAT),
    "BSD tar": _bsd_tar,
    "git archive": lambda: pax(b"comment=1234", kind=b"g") + make_tar([]),
    "tar before ustar": lambda: (
        b"".join(
            member(name.encode(), content, magic=b"", kind=b"\x00")
            for name, content in GOOD.items()
        )
        + TAR_END
    ),
    "gzip in parts": lambda: b"".join(
        gzip.compress(part) for part in (make_tar([])[:700], make_tar([])[700:])
    ),
    "gzip with padding": lambda: gzip.compress(make_tar([])) + bytes(512),
}


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_archive_gives_its_files(case: str, tmp_path: Path) -> None:
    path = tmp_path / "anything.bin"
    path.write_bytes(SOUND[case]())
    assert {e.name: e.content for e in archive.read(path).files} == GOOD


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_and_foreign_names_of_tar(form: int, tmp_path: Path) -> None:
    names = ["a/" * 5 + "b" * 99, "ü ber/中文.py", "a" * 99 + "/" + "b" * 99]
    path = tmp_path / "s.tar"
    path.write_bytes(make_tar((tar_entry(n, b"x") for n in names), form=form, good=False))
    assert [entry.name for entry in archive.read(path).files] == sorted(names)


def test_names_that_are_no_utf_8_are_read_as_dos_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    path.write_bytes(raw_zip([(b"L\x94sung.py", b"x", 0)]))
    assert archive.read(path).files[0].name == "Lösung.py"
    path.write_bytes(member(b"L\x94sung.py", b"x") + TAR_END)
    assert archive.read(path).files[0].name == "Lösung.py"


def test_what_systems_and_editors_leave_behind_is_passed_over(tmp_path: Path) -> None:
    left = [
        "__MACOSX/python/._x.py",
        "apps/.DS_Store",
        "a/__pycache__/x.pyc",
        ".git/config",
        "apps/~$notes.docx",
        "apps/simple_ml.py~",
        "Icon\r",
    ]
    link = zip_entry(".venv/bin/python", LINK)
    path = tmp_path / "s.zip"
    path.write_bytes(make_zip([*((name, b"x") for name in left), (link, b"/usr/bin/python3")]))
    found = archive.read(path)
    assert [entry.name for entry in found.files] == sorted(GOOD)
    assert found.clutter == {
        "*~": 1,
        ".DS_Store": 1,
        ".git": 1,
        ".venv": 1,
        "Icon\\r": 1,
        "__MACOSX": 1,
        "__pycache__": 1,
        "~$*": 1,
    }


@pytest.mark.parametrize("name", [".git/../../evil.py", "/.git/x", ".git\\x"])
def test_no_path_is_passed_over_that_leads_elsewhere(name: str, tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    path.write_bytes(_zip(name))
    assert name in _refusal(path)


def test_much_clutter_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.tar"
    path.write_bytes(make_tar(tar_entry(f".venv/{n}", type=b"2") for n in range(101)))
    assert "more than 100 entries in .venv and the like" in _refusal(path, limits=SMALL)


def test_a_single_source_file_is_a_submission(tmp_path: Path) -> None:
    path = tmp_path / "autograd.py"
    path.write_bytes(b"x = 1\n")
    entry = archive.Entry(name="autograd.py", size=6, content=b"x = 1\n")
    assert archive.read(path).files == (entry,)


# -- anything at all -------------------------------------------------------------------


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutants") / "submission"


@pytest.mark.parametrize(
    "case", ["zip", "zip as a stream", "zip in 64 bits", "tar", "tar.gz", "BSD tar"]
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(data=st.data())
def test_a_mutated_archive_is_read_or_refused(case: str, target: Path, data: st.DataObject) -> None:
    """Never another exception; and what is read has safe names."""
    mutant = bytearray(SOUND[case]())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutant) - 1))
        length = data.draw(st.integers(0, 8))
        mutant[at : at + length] = data.draw(st.binary(max_size=8))
        if not mutant:
            break
    target.write_bytes(mutant)
    try:
        found = archive.read(target, limits=SMALL)
    except SubmissionRejected:
        return
    for entry in found.files:
        assert not entry.name.startswith("/")
        assert ".." not in entry.name.split("/")


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(target: Path, content: bytes) -> None:
    for prefix in (b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\x00"):
        target.write_bytes(prefix + content)
        with pytest.raises(SubmissionRejected):
            archive.read(target, limits=SMALL)
