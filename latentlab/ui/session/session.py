"""The one owner of state: the current run, and what happens to it.

Intents come in through slots, what follows from them goes out as signals; nothing outside changes anything here.
Its parts own what is theirs: `recipes` the recipe, `library` the images, `opened_images` those that are looked at
before they are used, `training` the training going on, `interrupted` what broke off with an earlier start, `recent`
what was used last, `collection` all runs that are kept, `exploration` what is looked at, `epochs` of which epoch,
`shown_images` of which images, `selection` those selected on the map, `selection_training` what becomes of them, `map`
what else is done there, `restoration` what is damaged and restored, `views` what the views ask, `comparison` a second
model, `many_runs` any number of runs beside each other, `branching` where a new run could begin, `page` the page that
is cleaned, `health` what is wrong with what is trained, `following` the shown run as it is trained by another program,
`background` those that this one has begun.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.data import registry
from latentlab.core.events import Failed, Finished
from latentlab.core.map.checkpoints import Checkpoints
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_state import MapState
from latentlab.ui.explore.selection import Selection
from latentlab.ui.explore.views import Views
from latentlab.ui.session.background_trainings import BackgroundTrainings
from latentlab.ui.session.branching import Branching
from latentlab.ui.session.calibrating import Calibrating
from latentlab.ui.session.comparison import Comparison
from latentlab.ui.session.current_run import CurrentRun
from latentlab.ui.session.following import Following
from latentlab.ui.session.health import Health
from latentlab.ui.session.image_library import ImageLibrary
from latentlab.ui.session.interrupted_trainings import InterruptedTrainings
from latentlab.ui.session.live_training import LiveTraining, State
from latentlab.ui.session.looking_back import LookingBack
from latentlab.ui.session.many_runs import ManyRuns
from latentlab.ui.session.maps_of_runs import MapsOfRuns
from latentlab.ui.session.opened_images import OpenedImages
from latentlab.ui.session.page_cleaning import PageCleaning
from latentlab.ui.session.recent_files import RecentFiles
from latentlab.ui.session.recipe_choice import RecipeChoice
from latentlab.ui.session.restoration import Restoration
from latentlab.ui.session.run_collection import RunCollection
from latentlab.ui.session.run_files import RunFiles
from latentlab.ui.session.run_pictures import RunPictures
from latentlab.ui.session.selection_training import SelectionTraining
from latentlab.ui.session.shown_images import ShownImages
from latentlab.ui.session.tensorboard_log import TensorBoardLog
from latentlab.ui.threads.planned_training import PlannedTraining
from latentlab.ui.threads.training_thread import Result

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.map.map_images import Split
    from latentlab.core.runs.run import Run

FIRST_RECIPE = "digits-vae-2d"

# A model is trained: the current one, but for a new one; or, by a Run, one that begins with what that is.
How = Literal["anew", "further", "to its end"]


class Session(QObject):
    """What the window shows and does, without the window.

    Parameters
    ----------
    data_dir : Path, optional
        Where downloaded image sets lie.
    folder : Path, optional
        The workspace, in which trainings are kept as they go.

    Attributes
    ----------
    threads : int or None
        That new trainings compute with; None for as many as the window can spare.
    save_seconds : float, optional
        Between two times that one is saved as it goes.
    """

    message = Signal(str, bool)  # sentence, is it a problem
    waiting = Signal(str)  # what a training waits for; empty when it does not
    history_shown = Signal(object, object)  # tuples of EpochEnded and Changed
    can_continue_changed = Signal(bool, str)  # the current model; why not, empty where there is none
    can_finish_changed = Signal(bool)  # the training of the current run
    run_changed = Signal(str, bool)  # its name, is it unsaved
    saved = Signal(Path)
    kept = Signal(Path)  # an unsaved run that another has replaced
    opened = Signal(Path)

    def __init__(self, data_dir: Path | None = None, parent: QObject | None = None, folder: Path | None = None) -> None:
        super().__init__(parent)
        self.folder = folder or workspace.default_folder()
        self.threads: int | None = None
        self.save_seconds: float | None = None
        self.library = ImageLibrary(data_dir or registry.default_data_dir(), self)
        self.library.loaded.connect(self._use_data)
        self.library.failed.connect(self._lack_data)
        self.recipes = RecipeChoice(FIRST_RECIPE, self.library.has, self)
        self.recipes.images_chosen.connect(self.library.agree)
        self.recipes.changed.connect(self._use_recipe)
        self.opened_images = OpenedImages(self.library, self.recipes, self)
        self.exploration = Exploration(self)
        self.selection = Selection(self.exploration.shown_map, self)
        self.exploration.shown_changed.connect(self.selection.show)  # before the views ask about it
        self.epochs = LookingBack(self.exploration, self.selection, lambda run: self.shown_images.of_run(run), self)
        self.views = Views(self.exploration, self)
        self.restoration, self.page = Restoration(self.exploration, self), PageCleaning(self.exploration, self)
        self.map = MapState(self.exploration, self.selection, self)
        self.comparison, self.many_runs = Comparison(self.exploration, self), ManyRuns(self.library, self)
        self.branching = Branching(self._train, self)
        self.training = LiveTraining(self)
        self.training.noted.connect(self._mention)
        self.training.epoch_kept.connect(self.epochs.add)
        self.training.map_updated.connect(self.epochs.take)
        self.training.result_made.connect(self._take_result)
        self.training.warned.connect(self._complain)
        self.training.ended.connect(self._finish)
        self.training.failed.connect(self._fail)
        self.tensorboard, self.health = TensorBoardLog(self.training, self), Health(self.training, self.recipes, self)
        self.interrupted, self.recent = InterruptedTrainings(self.folder, self), RecentFiles(self)
        self.maps_of_runs = MapsOfRuns(self)
        self.collection, self.run_pictures = RunCollection(self.folder, self), RunPictures(self)
        self.files = RunFiles(self)
        self.files.opened.connect(self._take_opened)
        self.files.saved.connect(self._take_saved)
        self.files.kept.connect(self._take_kept)
        self.files.map_made.connect(self.epochs.take)
        self.following, self.background = Following(self.files, self.training, self), BackgroundTrainings(self)
        self.following.read.connect(self._take_newer)
        Calibrating(self.exploration, self.library, self.files, self.training, self.map).failed.connect(self._complain)
        self.shown_images = ShownImages(self.library, self.files, self)
        self.selection_training = SelectionTraining(self.recipes, self.exploration, self.selection, self.training, self)
        self.selection_training.train_requested.connect(self.train)
        for part in (self.shown_images, self.selection_training):
            part.message.connect(self.message)
        looking = (self.exploration, self.epochs, self.views, self.restoration, self.map, self.comparison)
        for part in (self.recipes, *looking, self.files, self.interrupted, self.recent, self.branching, self.following):
            part.failed.connect(self._complain)
        self._current = CurrentRun()
        self._trained: Result | None = None  # of a training that is about to end
        self._train_when_loaded: How | Run | None = None
        self._save_to: Path | None = None
        self._finishes_when_opened, self._told_when_opened = False, ""

    @property
    def state(self) -> State:
        """``"idle"``, ``"training"`` or ``"paused"``."""
        return self.training.state

    @property
    def recipe(self) -> Recipe:
        """The recipe in force."""
        return self.recipes.current

    @property
    def run(self) -> Run | None:
        """The current run; while training, the one before it."""
        return self._current.run

    @property
    def run_path(self) -> Path | None:
        """Where the current run was opened or saved last."""
        return self._current.path

    @property
    def is_saved(self) -> bool:
        """Whether the current run is where a person has opened or saved it."""
        return self._current.is_saved and self.state == "idle"

    @property
    def is_kept(self) -> bool:
        """Whether nothing would be lost if the program ended now: what trains, or the current run, is on the disk."""
        has_file = self._current.run is None or self._current.file is not None
        return has_file and self.training.is_kept

    def begin(self) -> None:
        """Tell everything there is to show at the start."""
        self.library.refresh()
        self.recipes.begin()
        self._announce_run()
        self.training.get_ready()
        self.interrupted.look()

    def shut_down(self) -> None:
        """Stop everything that runs; nothing is told any more."""
        for part in (self.training, *self.children()):  # first what would tell the others
            if hasattr(part, "shut_down"):
                part.shut_down()

    # Recipe and images

    @Slot(object, object)
    def _use_recipe(self, base: Recipe, recipe: Recipe) -> None:
        if self._train_when_loaded == "to its end":  # that was to go on by its own recipe
            self._wait_to_train(None)
        self.library.choose(recipe.data)
        self._tell_whether_it_can_continue()

    @Slot(object)
    def _use_data(self, data: ImageSet) -> None:
        run = self._current.run
        if self._train_when_loaded is not None:
            how = self._train_when_loaded
            self._wait_to_train(None)
            self._train(how)
        elif self.state == "idle" and run is not None and data.is_for(run.recipe.data):
            self.shown_images.show(run)  # its images are loaded now
        self._tell_whether_it_can_continue()

    @Slot(str)
    def _lack_data(self, sentence: str) -> None:
        if self._train_when_loaded is not None:
            self._wait_to_train(None)
            self.message.emit(sentence, True)
        self._tell_whether_it_can_continue()

    # Training

    @Slot(bool)
    def train(self, proceed: bool = False) -> None:
        """Train a new model, or with `proceed` go on from the current one; waits for images that are being loaded."""
        self._train("further" if proceed else "anew")

    @Slot()
    def finish_training(self) -> None:
        """Go on with the training of the current run, which was ended before its time, as it would have gone on."""
        if self.state == "idle" and self._current.run is not None and self._current.can_be_finished:
            self.recipes.take(self._current.run.recipe)
            self._train("to its end")

    def _train(self, how: How | Run) -> None:
        if self.state != "idle" or (how in ("further", "to its end") and self.following.refuses()):
            return
        data, run = self.library.data, self._current.run
        if data is None:
            if self.library.is_loading() or self.library.ask():
                self._wait_to_train(how)
            else:
                self.message.emit(self.library.problem, True)
            return
        shown = self.shown_images.of(data, self.recipe)
        if shown is None:
            return
        self.files.forget_questions()
        plan = PlannedTraining(
            self.recipe, data, shown, self.folder, threads=self.threads, save_seconds=self.save_seconds
        )
        if how == "to its end":
            plan = replace(plan, unfinished=run, path=self._current.file)
        else:
            plan = replace(plan, start={"further": run, "anew": None}.get(how, how))
            self.epochs.begin(Checkpoints(self.recipe.training.checkpoint_every))
        self.epochs.forget_present()
        self._trained = None
        self.training.start(plan)
        self._announce_run()

    def _wait_to_train(self, how: How | Run | None) -> None:
        """Train in this way when the images have been loaded; None waits no longer."""
        self._train_when_loaded = how
        self.waiting.emit("" if how is None else self.tr("Training begins when the images are loaded …"))

    @Slot()
    def discard(self) -> None:
        """End training and go back to what was there before."""
        if self.state != "idle":
            self.training.discard()
            self._go_back()
            self._mention(self.tr("The training was discarded; what was there before is back."))

    def _go_back(self) -> None:
        self._save_to = None
        self.epochs.begin(self._current.checkpoints)
        run = self._current.run
        self.history_shown.emit(() if run is None else run.history, () if run is None else run.changes)
        if run is None:
            self.exploration.show(None)
        else:
            self.shown_images.show(run)
        self._announce_run()
        self._tell_whether_it_can_continue()

    @Slot(object)
    def _take_result(self, result: Result) -> None:
        if result.is_final:
            self._trained = result
        elif self._save_to is not None:
            path, self._save_to = self._save_to, None
            self.files.save(result.run, path)

    @Slot(object)
    def _finish(self, finished: Finished) -> None:
        trained = self._trained
        if trained is None or self._current.run is None or self._current.run.snapshot.run_id != finished.run_id:
            self._keep_unsaved()
        run, kept = (None, None) if trained is None else (trained.run, trained.kept)
        is_saved = kept is not None and kept == self._current.path  # it was finished where it is
        self._current = CurrentRun(run, kept if is_saved else None, is_saved, self.epochs.kept, kept)
        self._announce_run()
        self._tell_whether_it_can_continue()
        if self._save_to is not None and run is not None:
            path, self._save_to = self._save_to, None
            self.files.save(run, path)

    @Slot(object)
    def _fail(self, failed: Failed) -> None:
        self._go_back()
        told = failed.message
        if failed.kept:
            told = self.tr("{problem} The model is shown as it was kept last.").format(problem=failed.message)
            self._open(Path(failed.kept), told=told)
        self.message.emit(told, True)

    def _tell_whether_it_can_continue(self) -> None:
        has_model = self._current.run is not None
        fits = self._current.why_no_further(self.recipe, self.library.data) if has_model else ""
        why = self.following.refusal or fits
        self.can_continue_changed.emit(has_model and not why, why)

    # The map

    @Slot(str, int)
    def set_map_source(self, split: Split, count: int) -> None:
        """Show other images on the map: of which split, and how many (0: all)."""
        self.shown_images.choose(split, count)
        self.epochs.look_at_present()  # earlier models are kept with the images of then
        data, run = self.library.data, self._current.run
        if self.state != "idle" and data is not None:
            if (shown := self.shown_images.of(data, self.recipe)) is not None:
                self.training.show_on_map(shown)
        elif run is not None and self.shown_images.are_loaded(run):
            self.shown_images.show(run)
        elif run is not None and not self.library.is_loading():  # what is loaded is shown by itself
            self.message.emit(self.tr("The map stays as it is: choose its data set, then it can show others."), True)

    # Keeping

    def use_workspace(self, folder: Path) -> None:
        """Keep trainings in another folder from the next one on."""
        self.folder = folder
        for part in (self.interrupted, self.collection):
            part.look_into(folder)

    def open_run(self, path: Path) -> None:
        """Read a run and show it; the current one stays if that fails."""
        self._open(path)

    def finish_run(self, path: Path) -> None:
        """Open a run whose training broke off, and go on with it."""
        self._open(path, finishes=True)

    def _open(self, path: Path, *, finishes: bool = False, told: str = "") -> None:
        """Read a run; then it is shown, and gone on with, or a problem is told that it is shown for."""
        if self.state != "idle":
            self.message.emit(self.tr("A model is training: stop or discard it, then open the run."), True)
            return
        self._wait_to_train(None)
        self._finishes_when_opened, self._told_when_opened = finishes, told
        self.files.open(path)

    def save_run(self, path: Path) -> None:
        """Write the current run, or, while training, the run so far."""
        if self.state != "idle":
            self._save_to = path
            self.training.ask_for_result()
        elif self._current.run is not None:
            self.files.save(self._current.run, path)

    def _keep_unsaved(self) -> None:
        """Tell where the current run is, where another takes its place before it was saved; put it aside if nowhere."""
        if self._current.run is None or self._current.is_saved:
            return
        if self._current.kept is not None:
            self._take_kept(self._current.kept)
        else:
            self.files.keep(self._current.run, self.folder)

    @Slot(Path, object)
    def _take_opened(self, path: Path, run: Run) -> None:
        self._keep_unsaved()
        self._current = CurrentRun(run, path)
        self.epochs.begin(self._current.checkpoints)
        self.history_shown.emit(run.history, run.changes)
        self.recipes.take(run.recipe)
        self.shown_images.show(run)
        self._announce_run()
        self.following.begin(path, run)
        self.opened.emit(path)
        if self._told_when_opened:
            self.message.emit(self._told_when_opened, True)
            self._told_when_opened = ""
        if self._finishes_when_opened:
            self._finishes_when_opened = False
            self.finish_training()

    @Slot(object)
    def _take_newer(self, run: Run) -> None:
        """Take it that the run that is followed has come further; at its end all of its map is made."""
        followed = self.following.followed
        self._current = replace(self._current, run=run, path=followed.path if followed else self._current.path)
        if followed is None or followed.state != "training":
            self.shown_images.show(run)
        self._announce_run()
        self._tell_whether_it_can_continue()

    @Slot(Path, object)
    def _take_saved(self, path: Path, run: Run) -> None:
        if self._current.run is run:
            self._current = replace(self._current, path=path, is_saved=True)
        self._announce_run()
        self.saved.emit(path)
        self.message.emit(self.tr("The run is saved as {path}.").format(path=path), False)

    @Slot(Path)
    def _take_kept(self, path: Path) -> None:
        self.kept.emit(path)
        self.message.emit(self.tr("The unsaved run before this one was kept; see File, Open recent."), False)

    @Slot(str)
    def _complain(self, sentence: str) -> None:
        self.message.emit(sentence, True)

    @Slot(str)
    def _mention(self, sentence: str) -> None:
        self.message.emit(sentence, False)

    def _announce_run(self) -> None:
        run, path = self._current.run, self._current.path
        self.epochs.use(run if self.state == "idle" else None, self._current.kept or path)
        self.can_finish_changed.emit(self.state == "idle" and self._current.can_be_finished)
        if self.state != "idle":
            self.run_changed.emit(self.training.name, True)
        else:
            self.run_changed.emit(self._current.name, run is not None and not self._current.is_saved)
