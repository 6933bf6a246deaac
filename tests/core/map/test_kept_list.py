"""Lists that several windows change, in their files."""

import json
import threading

import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.map.kept_list import KeptList


def read(content):
    return tuple(json.loads(content))


def kept(folder):
    return KeptList(folder / "list.json", "The words", LatentlabError, read, lambda words: json.dumps(words).encode())


def add(word):
    return lambda words: (*words, word)


def test_what_several_windows_add_is_all_there(tmp_path):
    here, there = kept(tmp_path / "new"), kept(tmp_path / "new")
    assert here.load() == there.load() == ()
    assert here.change(add("a")) == ("a",)
    assert there.change(add("b")) == ("a", "b")

    def add_many(begin):
        for number in range(10):
            kept(tmp_path / "new").change(add(begin + number))

    adding = [threading.Thread(target=add_many, args=(begin,)) for begin in (0, 100)]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    assert set(here.load()) == {"a", "b", *range(10), *range(100, 110)}


def test_without_anything_there_is_no_file(tmp_path):
    words = kept(tmp_path)
    words.change(add("a"))
    assert words.change(lambda before: ()) == ()
    assert not words.path.exists()
    assert words.change(lambda before: ()) == ()


def test_a_change_that_is_refused_changes_nothing(tmp_path):
    words = kept(tmp_path)
    words.change(add("a"))

    def refuse(before):
        raise LatentlabError("There is one already.")

    with pytest.raises(LatentlabError, match="already"):
        words.change(refuse)
    assert words.load() == ("a",)


def test_a_damaged_file_is_put_aside_and_never_overwritten(tmp_path):
    words = kept(tmp_path)
    for number, use in ((1, words.load), (2, lambda: words.change(add("new")))):
        words.path.write_bytes(b"{")
        with pytest.raises(LatentlabError, match=f"The words are damaged; .* put aside as .*damaged-{number}"):
            use()
        assert words.change(add("new")) == ("new",)
        assert words.path.with_suffix(f".damaged-{number}").read_bytes() == b"{"


def test_what_cannot_be_read_is_told_and_left(tmp_path):
    words = kept(tmp_path)
    words.path.mkdir()
    for use in (words.load, lambda: words.change(add("new"))):
        with pytest.raises(LatentlabError, match=r"The words in .* cannot be read: is a directory\."):
            use()
    assert words.path.is_dir()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LatentlabError, match="The words could not be saved as"):
        kept(tmp_path / "file" / "in").change(add("new"))
