"""The settings of a recipe as a form that validates as one types; the recipe in force is always a valid one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from latentlab.core.recipe import Recipe
from latentlab.ui import theme
from latentlab.ui.widgets.setting_field import SettingField, align_labels, as_text, make_editor, try_changes


class RecipeForm(QWidget):
    """Edits a recipe; marks what differs from the named one, and what cannot be."""

    recipe_edited = Signal(object)
    validity_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, SettingField] = {}
        self._base = self._recipe = Recipe()
        self._is_valid = True
        self._heading = ""

        self._differ = QLabel(wordWrap=True)
        self.reset_button = QPushButton(self.tr("Reset"), objectName="recipeResetButton")
        self.reset_button.setToolTip(self.tr("Set every setting below back to the recipe."))
        self.reset_button.clicked.connect(self._reset_all)
        head = QHBoxLayout()
        head.addWidget(self._differ, 1)
        head.addWidget(self.reset_button)

        self._advanced = QWidget()
        self.advanced_button = QToolButton(text=self.tr("More settings"), objectName="moreSettingsButton")
        self.advanced_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.advanced_button.setCheckable(True)
        self.advanced_button.toggled.connect(self._show_advanced)

        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(5)
        self._layout.addLayout(head)
        self._add_main_settings(self._layout)
        self._layout.addWidget(self.advanced_button)
        self._layout.addWidget(self._advanced)
        inside = QVBoxLayout(self._advanced)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(5)
        self._add_advanced_settings(inside)
        self._show_advanced(False)

        fields = list(self.fields.values())
        align_labels([field for field in fields if not self._advanced.isAncestorOf(field)])
        align_labels([field for field in fields if self._advanced.isAncestorOf(field)])
        self._show(self._recipe)
        self._restyle()

    def recipe(self) -> Recipe:
        """Give the recipe in force: the last valid one."""
        return self._recipe

    def base(self) -> Recipe:
        """Give the named recipe that the one in force is based on."""
        return self._base

    def is_valid(self) -> bool:
        """Tell whether what is typed is what is in force."""
        return self._is_valid

    def show_recipe(self, base: Recipe, current: Recipe) -> None:
        """Show a recipe, and how it differs from the one it is based on; half-typed text of the same is kept."""
        same = base == self._base and all(
            current.flat()[key] == value for key, value in self._recipe.flat().items() if key in self.fields
        )
        self._base, self._recipe = base, current
        if same:
            self._mark()
        else:
            self._show(current)

    def choose(self, key: str, text: str) -> None:
        """Change a setting that is edited outside this form, without an intent."""
        self._recipe = self._recipe.with_changes({key: text})

    def set_locked(self, why: str) -> None:
        """Lock every field and say why; an empty reason unlocks them."""
        self.reset_button.setEnabled(not why)
        for field in self.fields.values():
            field.set_locked(why)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._restyle()
        super().changeEvent(event)

    def _show(self, recipe: Recipe) -> None:
        values = recipe.flat()
        for key, field in self.fields.items():
            field.set_value(values[key])
            field.show_problem("")
        self._set_valid(True)
        self._mark()

    def _mark(self) -> None:
        theirs = {key: base for key, (base, _) in self._base.differences(self._recipe).items()}
        for key, field in self.fields.items():
            field.mark(as_text(theirs[key]) if key in theirs else None)
        count = len(self.fields.keys() & theirs.keys())
        # A line must not break inside a name.
        name = self._base.name.replace("-", "\N{NON-BREAKING HYPHEN}")
        if not count:
            text = self.tr("Settings as in {name}").format(name=name)
        elif count == 1:
            text = self.tr("1 setting differs from {name}").format(name=name)
        else:
            text = self.tr("{n} settings differ from {name}").format(n=count, name=name)
        self._differ.setText(text)
        self.reset_button.setVisible(bool(count) or not self._is_valid)

    def _edited(self, field: SettingField) -> None:
        typed = {key: other.typed() for key, other in self.fields.items()}
        changed, problems = try_changes(self._recipe, typed)
        said = dict.fromkeys(self.fields, "")
        for key, sentence in problems.items():
            said[self._field_at_fault(key, field)] = sentence
        for key, other in self.fields.items():
            other.show_problem(said[key])
        if any(said[key] for key in self.fields if self._advanced.isAncestorOf(self.fields[key])):
            self.advanced_button.setChecked(True)
        differs = changed is not None and changed != self._recipe
        if changed is not None:
            self._recipe = changed
        self._set_valid(changed is not None)
        self._mark()
        if differs:
            self.recipe_edited.emit(self._recipe)

    def _field_at_fault(self, key: str, edited: SettingField) -> str:
        """Find where to say it: settings that do not fit together are told at the one that was touched last."""
        if key in self.fields:
            return key
        if edited.key.startswith(key):
            return edited.key
        return next((name for name in self.fields if name.startswith(key)), edited.key)

    def _finished(self, field: SettingField) -> None:
        # "1e-3" and "-5" become what the recipe holds, once the person leaves the field.
        if self._is_valid:
            field.set_value(self._recipe.flat()[field.key])

    def _reset_one(self, field: SettingField) -> None:
        field.set_value(self._base.flat()[field.key])
        self._edited(field)

    def _reset_all(self) -> None:
        base = self._base.flat()
        back = self._recipe.with_changes({key: base[key] for key in self.fields})
        differs = back != self._recipe
        self._recipe = back
        self._show(back)
        if differs:
            self.recipe_edited.emit(back)

    def _set_valid(self, valid: bool) -> None:
        if valid != self._is_valid:
            self._is_valid = valid
            self.validity_changed.emit(valid)

    def _show_advanced(self, shown: bool) -> None:
        self.advanced_button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._advanced.setVisible(shown)

    def _restyle(self) -> None:
        colour = theme.current().foreground
        self.advanced_button.setStyleSheet(
            f"QToolButton {{ border: none; color: {colour}; }} QToolButton:focus {{ font-weight: bold; }}"
        )

    def _add(self, layout: QVBoxLayout, key: str, label: str, tip: str) -> None:
        field = SettingField(key, label, tip, make_editor(key))
        field.edited.connect(lambda: self._edited(field))
        field.finished.connect(lambda: self._finished(field))
        field.reset_clicked.connect(lambda: self._reset_one(field))
        if self._heading:
            field.editor.setAccessibleName(f"{self._heading}: {label}")
        layout.addWidget(field)
        self.fields[key] = field

    def _add_main_settings(self, layout: QVBoxLayout) -> None:
        for key, label, tip in (
            ("training.epochs", self.tr("Epochs"), self.tr("How often training goes through all training images.")),
            (
                "training.batch_size",
                self.tr("Batch size"),
                self.tr("How many images each step of training looks at. Small batches make noisy steps, but more."),
            ),
            (
                "training.learning_rate",
                self.tr("Learning rate"),
                self.tr("How far each step moves the weights, e.g. 1e-3. Too large and the loss jumps or explodes."),
            ),
            (
                "model.latent",
                self.tr("Latent dimensions"),
                self.tr("How many numbers describe an image in the latent space. Two of them are the map itself."),
            ),
            (
                "loss.beta",
                self.tr("β, KL weight"),
                self.tr("How strongly codes are drawn to the standard normal. Above 1: smoother map, blurrier images."),
            ),
            (
                "model.encoder.layers",
                self.tr("Encoder layers"),
                self.tr("Width of each hidden layer from image to code, e.g. 512, 256. Convolutional: its channels."),
            ),
            (
                "model.decoder.layers",
                self.tr("Decoder layers"),
                self.tr("Width of each hidden layer from code to image, e.g. 256, 512. Convolutional: its channels."),
            ),
            (
                "data.limit",
                self.tr("Training images"),
                self.tr("Train on the first so many images only, e.g. 1000. 'all' uses every one."),
            ),
            (
                "training.seed",
                self.tr("Seed"),
                self.tr("Where the random numbers start: the same seed gives the same run on the same machine."),
            ),
            (
                "training.device",
                self.tr("Compute on"),
                self.tr("Processor (cpu) or graphics card (cuda, mps). 'auto' takes the fastest that is there."),
            ),
        ):
            self._add(layout, key, label, tip)

    def _add_advanced_settings(self, layout: QVBoxLayout) -> None:
        network = self.tr("mlp: every pixel is connected to every unit. conv: small filters slide over the image.")
        dense = self.tr("Of a convolutional network: widths of connected layers between its filters and the code.")
        activation = self.tr("The function between two layers that lets the network bend: without it all is linear.")
        self._add_heading(layout, self.tr("Model"))
        self._add(
            layout,
            "model.kind",
            self.tr("Kind"),
            self.tr("vae: learns from images alone. cvae: is told the class, so that the map is left with style."),
        )
        self._add(
            layout,
            "model.output",
            self.tr("Output"),
            self.tr("Last function of the decoder. sigmoid: pixels in [0, 1]. tanh: pixels in [-1, 1]."),
        )
        self._add(
            layout,
            "loss.reconstruction",
            self.tr("Reconstruction"),
            self.tr("How the error of a rebuilt image is measured. bernoulli needs the output sigmoid."),
        )
        self._add_heading(layout, self.tr("Encoder"))
        self._add(layout, "model.encoder.kind", self.tr("Kind"), network)
        self._add(layout, "model.encoder.dense", self.tr("Dense layers"), dense)
        self._add(layout, "model.encoder.activation", self.tr("Activation"), activation)
        self._add_heading(layout, self.tr("Decoder"))
        self._add(layout, "model.decoder.kind", self.tr("Kind"), network)
        self._add(layout, "model.decoder.dense", self.tr("Dense layers"), dense)
        self._add(layout, "model.decoder.activation", self.tr("Activation"), activation)
        self._add_heading(layout, self.tr("Steps"))
        self._add(
            layout,
            "training.optimiser",
            self.tr("Optimiser"),
            self.tr("How gradients become steps. adamw also pulls the weights a little towards zero."),
        )
        self._add(
            layout,
            "training.beta1",
            self.tr("Momentum β₁"),
            self.tr("How much of the last steps' direction is kept, from 0 to below 1."),
        )
        self._add(
            layout,
            "training.schedule",
            self.tr("Schedule"),
            self.tr("constant: one learning rate. one-cycle: it rises to the learning rate, then falls to zero."),
        )
        self._add_heading(layout, self.tr("Random changes of the training images"))
        for leaf, label, tip in (
            ("rotation", self.tr("Rotation"), self.tr("Images are turned at random by up to so many degrees.")),
            ("scale", self.tr("Scale"), self.tr("Images are scaled at random by up to this share: 0.1 is 10 %.")),
            ("shear", self.tr("Slant"), self.tr("Images are slanted at random by up to this amount.")),
            ("shift", self.tr("Shift"), self.tr("Images are moved at random by up to so many pixels.")),
            ("until", self.tr("Until"), self.tr("Share of the run after which images are left as they are: 1 is all.")),
        ):
            self._add(layout, f"training.augmentation.{leaf}", label, tip)

    def _add_heading(self, layout: QVBoxLayout, text: str) -> None:
        self._heading = text
        layout.addWidget(QLabel(text, wordWrap=True))
