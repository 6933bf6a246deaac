"""The house keeps its shape: floors, rooms and short files; and the tools that check style find nothing."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "latentlab").rglob("*.py"))
TOOLS = ("ruff check", "ruff format --check", "lint-imports", "mypy")
MOST_LINES = 340  # of code: without docstrings, comments and blank lines


@pytest.fixture(scope="module")
def nodes_of():
    """Give what gives the nodes of a file; each is read once."""
    return cache(lambda path: list(ast.walk(ast.parse(path.read_text(encoding="utf-8")))))


def imported_names(nodes):
    """Give what a file imports, and what it takes from modules that it imports."""
    aliases = [alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    return {*aliases, *(node.attr for node in nodes if isinstance(node, ast.Attribute))}


def lines_of_code(source):
    """Count the lines that are neither blank, nor comment, nor text that stands alone, such as a docstring."""
    alone = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr)]
    texts = [value for value in alone if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    left_out = {line for text in texts for line in range(text.lineno, text.end_lineno + 1)}
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for n, line in lines if n not in left_out)


def test_lines_of_code_are_neither_text_nor_comment_nor_blank():
    text = '"""A file\nof two lines."""\n\n# Why.\n'
    code = 'x = (\n    """text"""\n)  # three\n\n\ndef f():\n    """One."""\n    return x\n'
    assert lines_of_code(text) == 0
    assert lines_of_code(text + code) == 5


@pytest.fixture(scope="module")
def calls(nodes_of):
    """Give what gives the calls in a file, with the name of what is called: ``self.tr`` or ``translate``."""
    return cache(lambda path: [(ast.unparse(node.func), node) for node in nodes_of(path) if isinstance(node, ast.Call)])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", TOOLS)
def test_the_tools_find_nothing(command):
    name, *arguments = command.split()
    done = subprocess.run([Path(sys.executable).with_name(name), *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


def test_the_hooks_before_a_commit_run_the_same_tools():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^ +entry: (.+)$", hooks, re.MULTILINE)
    assert len(entries) == hooks.count("- id: ")
    assert sorted(entries) == sorted(TOOLS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_does_one_thing_and_is_short(path):
    assert lines_of_code(path.read_text(encoding="utf-8")) <= MOST_LINES


def test_one_file_touches_qthread(nodes_of):
    assert [path.name for path in SOURCES if "QThread" in imported_names(nodes_of(path))] == ["training_thread.py"]


# What shows state, and the files of core that it reads.
TORCHLESS = ["core/views", *(f"ui/{room}" for room in ("panels", "widgets", "canvas", "plots", "style"))]


def test_what_is_only_shown_loads_no_torch():
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in SOURCES
        for room in TORCHLESS
        if (ROOT / "latentlab" / room) in path.parents and path.stem != "__init__"
    ]
    assert len(names) > 100
    # On Windows `latentlab.ui` itself loads torch, before Qt, or torch would not load at all.
    code = f"""
import importlib, sys
for name in {names}:
    importlib.import_module(name)
    assert sys.platform == "win32" or "torch" not in sys.modules, name
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_is_unpickled(calls):
    unsafe = re.compile(r"^\s*(import|from) (pickle|joblib|dill)\b|allow_pickle=True|weights_only=False", re.MULTILINE)
    assert [path.name for path in SOURCES if unsafe.search(path.read_text(encoding="utf-8"))] == []
    for path in SOURCES:
        loads = [call for name, call in calls(path) if name == "torch.load"]
        assert all("weights_only=True" in map(ast.unparse, call.keywords) for call in loads), path.name


def test_every_text_can_be_found_by_those_who_translate_it(calls):
    # They read the words and, for the context, the class around `self.tr` or the first words of `translate`.
    texts = {"self.tr": 1, "translate": 2, "QCoreApplication.translate": 2}
    for path in SOURCES:
        for name, call in calls(path):
            if name in texts:
                words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
                assert len(words) == len(call.args) == texts[name], f"{path}:{call.lineno}"
            else:
                assert name.rpartition(".")[2] not in ("tr", "_tr"), f"{path}:{call.lineno}"


def test_widgets_are_handed_on_and_not_looked_for_by_name(calls):
    # The tour alone plays from outside, like a script.
    found = [
        path.name
        for path in SOURCES
        for name, call in calls(path)
        if name.endswith(".findChild") or (name.endswith(".findChildren") and len(call.args) > 1)
    ]
    assert set(found) <= {"tour.py"}


# Path's own raise where one may not look, and of names that no system takes.
LOOKS = {"exists", "is_file", "is_dir", "is_symlink", "is_mount", "expanduser", "home", "absolute", "resolve"}


def test_one_file_looks_at_paths(calls):
    found = {
        (path.name, name)
        for path in SOURCES
        for name, _ in calls(path)
        if name.rpartition(".")[2] in LOOKS and "." in name
    }
    entries = {("picture_files.py", "entry.is_dir"), ("picture_files.py", "entry.is_symlink")}  # os.scandir's own
    assert {each for each in found if each[0] != "files.py"} == entries


# Whose files are no one's yet, or grow with each line: what is fetched, mapped, or written as it happens.
WRITERS = {"downloads.py", "torchvision_sets.py", "mapped_images.py", "event_files.py", "log.py", "streams.py"}
WRITERS |= {"own_process.py"}


def writes(name, call):
    """Whether a call writes a file, or opens one to write it, that is not temporary; a film is made in memory."""
    owner, _, method = name.rpartition(".")
    modes = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    opens = method == "open" and any(set("wax+") & set(mode) and set(mode) <= set("rwaxbt+") for mode in modes)
    return owner not in ("partial", "av") and (opens or method in ("write_bytes", "write_text", "touch"))


def test_whatever_is_written_is_written_whole(calls):
    found = {path.name for path in SOURCES for name, call in calls(path) if writes(name, call)}
    assert found <= WRITERS


def test_no_widget_has_a_style_sheet_which_would_keep_it_from_following_the_theme(nodes_of):
    assert not [path.name for path in SOURCES if {"setStyleSheet", "styleSheet"} & imported_names(nodes_of(path))]
