"""README and CONTRIBUTING stay true: what they name is there, and the house is drawn as its contracts have it."""

import argparse
import re
import tomllib
from pathlib import Path

import pytest

from latentlab.cli.arguments import parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"\.?[\w-]+(/[\w.<>-]+)+|[\w-]+\.(py|toml|md)")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def quoted(text):
    """Give what stands in backquotes, outside of the fenced blocks."""
    return re.findall(r"`([^`\n]+)`", FENCED.sub("", text))


def paths(text):
    """Give all files and folders that are named: in backquotes, in fenced blocks, and behind links."""
    words = [*quoted(text), *" ".join(FENCED.findall(text)).split()]
    named = [word for word in words if PATH.fullmatch(word) and not word.startswith(".venv/")]
    return named + [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]


def is_there(path):
    known = re.sub(r"[^/]*<.*", "", path)  # of a file that is still to be made the folder
    return any((folder / known).exists() for folder in (ROOT, ROOT / "latentlab"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_named_is_there(document):
    named = paths(read(document))
    assert len(named) > 10
    assert [path for path in named if not is_there(path)] == []


def test_every_name_of_the_code_is_in_the_code():
    words, by_class = set(), {}
    for path in (*ROOT.glob("latentlab/**/*.py"), *ROOT.glob("tests/**/*.py")):
        source = path.read_text(encoding="utf-8")
        within = set(re.findall(r"\w+", source))
        words |= within
        for name in re.findall(r"^class (\w+)", source, re.MULTILINE):
            by_class[name] = by_class.get(name, set()) | within
    names = [name for name in quoted(read("CONTRIBUTING.md")) if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", name)]
    assert len(names) > 50
    for name in names:
        if not PATH.fullmatch(name):
            first, *members = name.split(".")
            assert {first, *members} <= by_class.get(first, words), name


def test_the_house_is_drawn_as_the_contracts_have_it():
    (drawn,) = re.findall(r"<!-- house -->\n```\n(.*?)```", read("CONTRIBUTING.md"), re.DOTALL)
    floors, rooms = [], {}
    for line in drawn.splitlines():
        indent, layer = re.match(r"( *)(\w+(?: [|:] \w+)*)  ", line).groups()
        if indent:
            rooms[floors[-1].split()[0]].append(layer)
        else:
            floors.append(layer)
            rooms[layer.split()[0]] = []
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    kept = {contract["containers"][0]: contract["layers"] for contract in contracts if contract["type"] == "layers"}
    assert kept == {"latentlab": floors, "latentlab.ui": rooms["ui"], "latentlab.core": rooms["core"]}


def commands_of(program):
    """Give the commands of a program, or the kinds of one of these, by their names."""
    found = [each.choices for each in program._actions if isinstance(each, argparse._SubParsersAction)]
    return found[0] if found else {}


def options_of(program):
    """Give the options that `--help` tells of."""
    told = [each for each in program._actions if each.help != argparse.SUPPRESS]
    own = {option for each in told for option in each.option_strings if option.startswith("--")} - {"--help"}
    return own.union(*map(options_of, commands_of(program).values()))


def test_the_readme_names_the_commands_and_options_that_there_are():
    (block,) = [text for text in FENCED.findall(read("README.md")) if "latentlab recipes [--json]" in text]
    lines = dict(re.findall(r"^latentlab (?!\[)(\w+)(.*(?:\n .*)*)", block, re.MULTILINE))
    commands = commands_of(parser())
    assert lines.keys() == commands.keys()
    for name, usage in lines.items():
        named = {*re.findall(r"--[\w-]+", re.sub("'[^']*'", "", usage))}  # without what others are told
        known = options_of(commands[name])
        assert named <= known if "[...]" in usage else named == known, name
