"""Hints on the map: each is told once, goes when it is followed or closed, and is not told at the next start."""

from latentlab.ui.settings import Settings

CVAE = {"model__kind": "cvae"}


def test_each_hint_is_told_once_and_goes_when_it_is_followed(make_lab, run_file, tmp_path):
    path = tmp_path / "settings.toml"
    lab = make_lab(Settings(path))
    lab.until_loaded()
    hint = lab.child("mapHint")
    assert hint.text() == ""
    lab.open(run_file())
    assert "Click a point" in lab.text("mapHintText")
    lab.pick()
    assert "Shift" in lab.text("mapHintText")
    lab.open(run_file(training__seed=1))
    assert "Shift" in lab.text("mapHintText")
    lab.press("mapHintCloseButton")
    lab.pick(5, 5)
    assert hint.text() == ""
    lab.open(run_file(**CVAE))
    assert "style" in lab.text("mapHintText")
    lab.window.close()
    assert sorted(Settings(path).hints_seen) == ["click", "shift", "style"]
    again = make_lab(Settings(path))
    again.until_loaded()
    again.open(run_file())
    again.pick()
    again.open(run_file(**CVAE))
    assert again.child("mapHint").text() == ""


def test_what_is_said_of_a_cvae_goes_with_its_map(opened, run_file):
    opened.open(run_file(**CVAE))
    assert "style" in opened.text("mapHintText")
    opened.open(run_file())
    assert "style" not in opened.text("mapHintText")


def test_who_finds_the_preview_needs_no_hint_of_it(opened):
    hint = opened.child("mapHint")
    opened.canvas.intents.hovered.emit(0.1, 0.1)
    opened.pick()
    assert hint.text() == ""
