"""What the student's side says is shown, and does nothing else."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import sanitize

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain\n\ttext é 中 🎉", "plain\n\ttext é 中 🎉"),
        ("a\x00b", "a\ufffdb"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]52;c;ZXZpbA==\x07after", "after"),
        ("\x1b]0;title\x1b\\after", "after"),
        ("\x1bPq#0;2;0;0;0\x1b\\after", "after"),
        ("\x1b7\x1b(Bafter\x1bc", "after"),
        ("\x9b2Jafter", "after"),
        ("unfinished \x1b[", "unfinished "),
        ("\x1b\x1b[0m[31mjoined by removal", "\ufffd[31mjoined by removal"),
        ("10%\r20%\r\ndone", "10%\n20%\ndone"),
        ("\ud800x\udfff", "\ufffdx\ufffd"),
        ("abc\u202egnp.exe", "abc\ufffdgnp.exe"),
        ("bell\x07 back\x08 del\x7f", "bell\ufffd back\ufffd del\ufffd"),
        ("one\u2028two\x0bthree\x85four", "one\ntwo\nthree\nfour"),
    ],
)
def test_text_keeps_what_can_be_read_and_nothing_that_acts(hostile, shown):
    assert sanitize.text(hostile) == shown


@given(ANY_TEXT)
def test_text_is_always_safe(value):
    safe = sanitize.text(value)
    assert json.loads(json.dumps(safe.encode("utf-8").decode("utf-8"))) == safe
    controls = {c for c in safe if unicodedata.category(c) in {"Cc", "Cs"}}
    assert controls <= {"\n", "\t"}
    assert sanitize.text(safe) == safe


def test_text_of_ten_megabytes_keeps_its_beginning_and_its_end():
    safe = sanitize.text("first" + "x" * 10_000_000 + "last", limit=1000)
    assert len(safe) < 1100
    assert safe.startswith("first")
    assert safe.endswith("last")
    assert "[... 9999009 characters left out ...]" in safe


def test_a_limit_of_odd_length_is_kept():
    assert sanitize.shorten("abcdefgh", 3) == "ab\n[... 5 characters left out ...]\nh"
    assert sanitize.shorten("abcdefgh", 0) == "\n[... 8 characters left out ...]\n"
    assert sanitize.shorten("abc", 3) == "abc"


def test_many_open_escapes_cost_little():
    assert sanitize.text("\x1b]" * 50_000, limit=100_000) == ""


def test_decode_replaces_what_is_not_utf_8():
    assert sanitize.decode(b"a\xff\x00b") == "a\ufffd\ufffdb"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("python/needle/ops.py", "python/needle/ops.py"),
        ("a\nb\x1b[31m.py", "a\\nb\\x1b[31m.py"),
        ("yp.\u202egpj.py", "yp.\\u202egpj.py"),
        ("\udc80.py", "\\udc80.py"),
        ("é中.py", "é中.py"),
    ],
)
def test_name_makes_the_invisible_visible(hostile, shown):
    assert sanitize.name(hostile) == shown


def test_name_is_cut_in_the_middle():
    assert sanitize.name("a" * 300 + ".py", limit=20) == "a" * 10 + "..." + "a" * 10
    assert len(sanitize.name("\x00" * 10_000_000)) < 250


@given(ANY_TEXT)
def test_name_is_one_visible_line(value):
    assert not any(sanitize.is_hidden(character) for character in sanitize.name(value))


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("alice", "alice"),
        ("José Núñez (late)", "Jose_Nunez_late"),
        ("../../etc", "etc"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("=cmd|' /C calc'!A0", "cmd_C_calc_A0"),
        ("中文", "submission"),
        ("", "submission"),
        ("x" * 300, "x" * 100),
        ("a\x00\n\udc80b", "a_b"),
    ],
)
def test_folder_name(name, folder):
    assert sanitize.folder_name(name) == folder


@given(ANY_TEXT)
def test_folder_name_needs_no_quoting(value):
    folder = sanitize.folder_name(value)
    assert 1 <= len(folder) <= sanitize.FOLDER_LIMIT
    assert set(folder) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert folder[0] not in "._-"
