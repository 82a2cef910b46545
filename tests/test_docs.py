"""The documentation names what there is, and nothing that there is not."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click
import pytest

import grader
from grader import cli
from grader.results import Provenance, Report, RunStatus, Status, TestResult
from grader.sandbox import BACKENDS

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
FORMAT = (ROOT / "docs" / "report-format.md").read_text()
EVERYTHING = "\n".join(page.read_text() for page in PAGES)


def named(text: str) -> set[str]:
    """Return the words that stand in backticks."""
    return {word for span in re.findall(r"`([^`\n]+)`", text) for word in re.split(r"[,\s]+", span)}


@pytest.mark.parametrize("record", [Report, TestResult, Provenance])
def test_every_field_of_a_report_is_described(record):
    fields = {field.name for field in dataclasses.fields(record)}
    assert fields <= named(FORMAT)


@pytest.mark.parametrize("words", [Status, RunStatus])
def test_every_status_is_described(words):
    assert {str(word) for word in words} <= named(FORMAT)


CONTEXT = click.Context(cli.main)
COMMANDS = cli.main.list_commands(CONTEXT)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_shown(name):
    assert f"grader {name}" in EVERYTHING


def test_every_command_and_option_explains_itself():
    for name in COMMANDS:
        command = cli.main.get_command(CONTEXT, name)
        assert command is not None, name
        assert command.help, name
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert getattr(parameter, "help", None), f"{name} --{parameter.name}"


def test_every_back_end_is_described():
    assert set(BACKENDS) <= named(EVERYTHING)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_commands_exist(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    assert set(re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", page.read_text(), flags=re.M)) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }


def test_the_changelog_speaks_of_this_version():
    newest = re.search(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
    assert newest is not None
    assert newest[1] == grader.__version__
