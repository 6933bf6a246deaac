"""What can be done by a menu, by a button in the strip of the map, or by a key: the one list that all of them read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from latentlab.ui.canvas.tools.keys import MapKey

_KEYS = QKeySequence.StandardKey


@dataclass(frozen=True)
class Action:
    """Something that can be done, or a menu of such.

    Attributes
    ----------
    id : str
        Unique; QActions, menus and buttons are named after it: ``selectAllAction``, ``bookmarksMenu``,
        ``mapShowAllButton``.
    text : str
        With an ``&`` before the letter that chooses it in its menu.
    keys : str, QKeySequence.StandardKey or tuple of str
        What does it on the keyboard.
    heard : "window", "map" or "canvas"
        Where the keys are heard: everywhere, around the map, or on the map itself. What is heard in one place must
        mean nothing else around it.
    when : str
        The fact that must hold for it, as it is told to `Menus`; always where there is none.
    checked : bool, optional
        How a switch stands at first.
    group : str
        Of switches with one group exactly one is on.
    tip : str
        What it does, in a sentence.
    entries : tuple, optional
        Of a menu; None is a line between two. What a person makes is added later.
    """

    id: str
    text: str
    keys: str | QKeySequence.StandardKey | tuple[str, ...] = ()
    _: KW_ONLY
    heard: Literal["window", "map", "canvas"] = "window"
    when: str = ""
    checked: bool | None = None
    group: str = ""
    tip: str = ""
    entries: tuple[Action | None, ...] | None = None

    def sequences(self) -> list[QKeySequence]:
        """Give the keys as Qt has them here."""
        return [QKeySequence(key) for key in (self.keys if isinstance(self.keys, tuple) else (self.keys,))]


@dataclass(frozen=True)
class Button:
    """How an action looks in the strip of the map.

    Attributes
    ----------
    id : str
        Of the action.
    tip : str
        What it does, in a sentence.
    icon, text : str
        The names of its picture, and of itself, where these are not the id and the text of the action.
    keys_of : str
        The id of the action whose keys are told after the tip, where it is another one.
    """

    id: str
    tip: str = ""
    _: KW_ONLY
    icon: str = ""
    text: str = ""
    keys_of: str = ""


class Actions(QObject):
    """The list.

    Parameters
    ----------
    canvas : tuple of MapKey
        What the map itself does by keys.

    Attributes
    ----------
    menus : tuple of Action
        Of the menu bar, in the order in which they are seen.
    tools : tuple of Action
        What is in the strip of the map alone.
    canvas : tuple of Action
    strip : tuple of Button or None
        In the order in which they are seen; None is a line between two.
    """

    def __init__(self, canvas: tuple[MapKey, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.menus = (
            Action("file", self.tr("&File"), entries=self._file()),
            Action("edit", self.tr("&Edit"), entries=self._edit()),
            Action("run", self.tr("&Run"), entries=self._run()),
            Action("map", self.tr("&Map"), entries=self._map()),
            Action("view", self.tr("&View"), entries=self._view()),
            Action("help", self.tr("&Help"), entries=self._help()),
        )
        self.tools = self._tools()
        self.canvas = tuple(Action(key.id, key.text, key.keys, heard="canvas") for key in canvas)
        self.strip = self._strip()

    def __iter__(self) -> Iterator[Action]:
        """Give all of them; menus come before their entries."""
        return _flat((*self.menus, *self.tools, *self.canvas))

    def listed(self) -> Iterator[tuple[tuple[str, ...], Action]]:
        """Give whatever is no menu, each with the texts of the menus that it is in: none of what the map has alone."""
        for menu in self.menus:
            yield from _with_path(menu, ())
        for action in (*self.tools, *self.canvas):
            yield (), action

    def _file(self) -> tuple[Action | None, ...]:
        home = self.tr("The start page: models, images, recent runs")
        runs = self.tr("Everything that was trained and kept: look through it, sort, search, name and delete")
        return (
            Action("home", self.tr("Ho&me"), "Alt+Home", when="can_go_home", tip=home),
            None,
            Action("openRun", self.tr("&Open run…"), _KEYS.Open, when="idle"),
            Action("recentRuns", self.tr("Open &recent"), when="idle", entries=()),
            Action("openSecondRun", self.tr("Open a s&econd run…")),
            Action("allRuns", self.tr("A&ll runs…"), "Ctrl+R", tip=runs),
            Action("saveRun", self.tr("&Save run"), _KEYS.Save, when="has_run"),
            Action("saveRunAs", self.tr("Save run &as…"), _KEYS.SaveAs, when="has_run"),
            None,
            # A training would be taken away from under what follows, or be told wrongly of it.
            Action("openRecipe", self.tr("Open re&cipe file…"), when="idle"),
            Action("ownImages", self.tr("&Images"), when="idle", entries=self._images()),
            None,
            Action("cleanPage", self.tr("Clean a &page…")),
            Action("clearCache", self.tr("Clear t&he cache of images")),
            Action("chooseWorkspace", self.tr("Folder that trainings are &kept in…"), when="idle"),
            None,
            Action("quit", self.tr("&Quit"), _KEYS.Quit),
        )

    def _images(self) -> tuple[Action | None, ...]:
        """Give the sources of images: in the menu of files, beside the chosen set, and on the start page."""
        about = self.tr("What is in the chosen image set, and how its pictures are brought to one size")
        downloads = self.tr("Where MNIST and the other listed sets are downloaded to, and found")
        return (
            Action("chooseImageFolder", self.tr("A &folder of pictures…"), "Ctrl+Shift+O", when="idle"),
            Action("chooseArray", self.tr("A f&ile of images…"), when="idle"),
            Action("choosePairs", self.tr("&Scans, dirty and clean…"), when="idle"),
            Action("recentImages", self.tr("&Recent"), when="idle", entries=()),
            None,
            Action("showImages", self.tr("&What is in it…"), when="idle", tip=about),
            None,
            Action("chooseDataFolder", self.tr("Folder of &downloads…"), when="idle", tip=downloads),
        )

    def _edit(self) -> tuple[Action | None, ...]:
        return (
            Action("undo", self.tr("&Undo on the map"), "Ctrl+Z", when="can_undo"),
            Action("redo", self.tr("&Redo on the map"), "Ctrl+Shift+Z", when="can_redo"),
            None,
            Action("copyImage", self.tr("&Copy the decoded image"), _KEYS.Copy, when="has_image"),
            Action("pasteToPad", self.tr("&Paste to the sketch pad"), _KEYS.Paste),
            Action("clearSketch", self.tr("C&lear the sketch"), "Ctrl+K"),
            None,
            Action("selectAll", self.tr("Select &all"), "Ctrl+A", heard="canvas"),
            Action("selectNone", self.tr("Select &none"), "Ctrl+Shift+A", heard="canvas", when="has_selection"),
            Action("invertSelection", self.tr("&Invert the selection"), "Ctrl+I", heard="canvas"),
            None,
            Action("nameSelection", self.tr("Na&me the selected images…"), when="has_selection"),
            Action("namedSelections", self.tr("Named &selections"), when="has_selections", entries=()),
            Action("exportSelection", self.tr("Expor&t the selected images…"), when="has_selection"),
            Action("excludeSelection", self.tr("&Exclude the selected images"), when="has_selection"),
            Action("includeAll", self.tr("S&how the excluded images again"), when="has_excluded"),
            None,
            Action("preferences", self.tr("Pre&ferences…"), "Ctrl+,"),
        )

    def _run(self) -> tuple[Action | None, ...]:
        branch = self.tr("Train a new run from the epoch that is looked at, with the settings as they are in the setup")
        sweep = self.tr("Train every combination of some settings' values, in a process of its own, as a group of runs")
        apart = self.tr("In a program of its own, which goes on when this window is closed; it is found under All runs")
        return (
            Action("train", self.tr("&Train"), "F5", when="idle"),
            Action("trainInBackground", self.tr("Train in the &background"), "Shift+F5", tip=apart),
            Action("sweep", self.tr("Sw&eep…"), tip=sweep),
            Action("trainOnSelection", self.tr("Train on the sele&cted images"), when="idle"),
            Action("pause", self.tr("Pause"), "F6", when="trains"),
            Action("stop", self.tr("&Stop, keep the model"), "F7", when="trains"),
            Action("discard", self.tr("&Discard, go back"), when="trains"),
            Action("branch", self.tr("Branch from &here…"), when="can_branch", tip=branch),
            Action("finishTraining", self.tr("&Finish the training that was stopped"), when="can_finish"),
            None,
            Action("tensorBoard", self.tr("&Write for TensorBoard…"), checked=False),
        )

    def _map(self) -> tuple[Action | None, ...]:
        bookmark = Action("bookmark", self.tr("&Bookmark this place…"), "Ctrl+D", when="has_place")
        return (
            Action("pick", self.tr("&Pick"), "V", heard="map", checked=True, group="tools"),
            Action("rectangle", self.tr("Select by &rectangle"), "R", heard="map", checked=False, group="tools"),
            Action("lasso", self.tr("Select by &lasso"), "L", heard="map", checked=False, group="tools"),
            Action("path", self.tr("&Walk along a path"), "W", heard="map", checked=False, group="tools"),
            Action("arrow", self.tr("Draw an arr&ow"), "A", heard="map", checked=False, group="tools"),
            None,
            Action("showAll", self.tr("Show &all points"), "Ctrl+0"),
            Action("showStandard", self.tr("Show ±&4")),  # Ctrl+4 is of the fourth view; on the map 4 does it
            Action("back", self.tr("&Back"), "Alt+Left", when="can_back"),
            Action("forward", self.tr("&Forward"), "Alt+Right", when="can_forward"),
            Action("bookmarks", self.tr("Boo&kmarks"), entries=(bookmark,)),
            None,
            Action("shown", self.tr("Layers &shown"), entries=self._shown()),
            Action("chooseAxes", self.tr("A&xes…"), when="has_model"),
            Action("images", self.tr("Lists of &images"), "I", heard="map", checked=False),
            None,
            Action("walkBetween", self.tr("Walk between the first &two selected images")),
            Action("showFilm", self.tr("Show the fil&m of the walk")),
            None,
            Action("playEpochs", self.tr("Pla&y the epochs"), "Space", heard="canvas", when="has_epochs"),
            Action("saveEpochs", self.tr("Save the &epochs as a film…"), when="has_epochs"),
        )

    def _shown(self) -> tuple[Action | None, ...]:
        landscape = self.tr("Show behind the points what the plane decodes to; zooming in shows ever finer steps")
        posterior = self.tr(
            "Where the decoder says that the image comes from which is picked, drawn or under the mouse: p(z | x), the "
            "regions that hold 50, 90 and 99 % of it, and dashed the best Gaussian; of one or two latent dimensions"
        )
        distances = self.tr(
            "Curves of places whose decoded image is equally far from the picked one, |f(z) − f(z₀)|: straight "
            "through the space of images, not along the surface of decoded ones; in pixels from black to white"
        )
        trails = self.tr("Where the selected points were in the epochs before the one that is looked at")
        return (
            Action("landscape", self.tr("&Landscape"), "D", heard="map", checked=False, tip=landscape),
            Action("priorContours", self.tr("Prior &rings"), checked=True),
            Action("posteriorEllipses", self.tr("Posterior &ellipses"), checked=True),
            Action("truePosterior", self.tr("&True posterior"), checked=False, tip=posterior),
            Action("decodedDistances", self.tr("Equal de&coded distance"), checked=False, tip=distances),
            Action("trails", self.tr("Trail&s of selected points"), checked=False, tip=trails),
            Action("hover", self.tr("&Hover shows the image"), checked=True),
        )

    def _view(self) -> tuple[Action | None, ...]:
        names = (
            self.tr("&Map"),
            self.tr("&Grid"),
            self.tr("Sl&iders"),
            self.tr("S&amples"),
            self.tr("&Compare"),
            self.tr("Anal&yse"),
        )
        views = (
            Action(f"view{number}", name, f"Ctrl+{number}", when="has_views") for number, name in enumerate(names, 1)
        )
        return (
            *views,
            None,
            Action("showSetup", self.tr("S&etup"), "F2", checked=True, when="has_setup"),
            Action("showSide", self.tr("Decoded image and sketc&h"), "F3", checked=True, when="has_side"),
            Action("showDrawer", self.tr("Dra&wer below the map"), "F4", checked=True, when="has_drawer"),
            None,
            Action("largerText", self.tr("&Larger text"), _KEYS.ZoomIn),
            Action("smallerText", self.tr("&Smaller text"), _KEYS.ZoomOut),
            Action("normalText", self.tr("&Normal text"), "Ctrl+Alt+0"),
            None,
            Action("theme", self.tr("&Theme"), entries=self._themes()),
            Action("fullScreen", self.tr("&Full screen"), "F11", checked=False),
        )

    def _themes(self) -> tuple[Action | None, ...]:
        return (
            Action("systemTheme", self.tr("As the &system"), checked=False, group="themes"),
            Action("lightTheme", self.tr("&Light"), checked=False, group="themes"),
            Action("darkTheme", self.tr("&Dark"), checked=False, group="themes"),
        )

    def _help(self) -> tuple[Action | None, ...]:
        return (
            Action("tour", self.tr("&Tour of the window")),
            Action("palette", self.tr("&Find a command…"), "Ctrl+Shift+P"),
            Action("keys", self.tr("&Keys…")),
            Action("mouseAndKeys", self.tr("&Mouse and keys on the map"), "F1"),
            None,
            Action("about", self.tr("&About latentlab")),
        )

    def _tools(self) -> tuple[Action, ...]:
        return (Action("axes", self.tr("Axes"), "X", heard="map", when="has_model"),)

    def _strip(self) -> tuple[Button | None, ...]:
        # Alt may be kept by the desktop for moving windows.
        keys = self.tr("Shift adds, Alt or Ctrl+Shift removes, a click beside the points selects none, Esc gives up")
        path = self.tr(
            "Draw a path, or click way-points and end with a double click or Enter; drag a way-point to move it; "
            "Backspace takes the last one back, Esc gives up"
        )
        arrow = self.tr("Drag an arrow from A to B, then put its tail on C: C + B − A is decoded; Esc forgets it")
        show_all = self.tr("Show all points and follow them")
        axes = self.tr("Choose the two axes: latent dimensions, principal components, a line between images or classes")
        return (
            Button("pick", self.tr("Decode what is under the mouse; Ctrl+click selects")),
            Button(
                "rectangle",
                self.tr("Select what lies within a rectangle. {keys}").format(keys=keys),
                text=self.tr("Rectangle"),
            ),
            Button(
                "lasso",
                self.tr("Select what a line encloses that you draw. {keys}").format(keys=keys),
                text=self.tr("Lasso"),
            ),
            Button("path", path, text=self.tr("Path")),
            Button("arrow", arrow, text=self.tr("Arrow")),
            None,
            Button("showAll", show_all, icon="home", text=self.tr("Show all"), keys_of="fitAll"),
            Button("bookmarks", self.tr("Places with a name, kept with the run"), icon="bookmark"),
            Button("axes", axes),
            Button("images", self.tr("List images: the selected, the nearest, the worst"), text=self.tr("List")),
        )


def _with_path(menu: Action, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Action]]:
    for entry in menu.entries or ():
        if entry is not None and entry.entries is None:
            yield (*path, menu.text), entry
        elif entry is not None:
            yield from _with_path(entry, (*path, menu.text))


def _flat(entries: tuple[Action | None, ...]) -> Iterator[Action]:
    for entry in entries:
        if entry is not None:
            yield entry
            yield from _flat(entry.entries or ())
