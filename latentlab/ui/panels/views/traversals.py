"""Traversals: a row of images for each latent dimension, which alone changes along it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox, QWidget

from latentlab.core.arrays import Floats
from latentlab.core.map.projection import dimension_name
from latentlab.core.map.results import DataPoint, Decoded
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.dimension_use import DimensionUse
from latentlab.core.views.traversals import Traversals, TraversalsQuestion
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.images.traversal_rows import TraversalRow, TraversalRows
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_PAGE = 20  # rows at first, and more of them each time
_MOST_NAMED = 12  # unused dimensions that are listed by name


class TraversalsPanel(ViewPanel):
    """Shows a row per dimension, the most telling first, through the pick or the mean; a click picks an image's code.

    Dimensions that the model does not use are listed by name, or shown dimmed.
    """

    code_picked = Signal(object)
    """Pick this code: float32 (L,)."""

    NAME = "traversalsView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("TraversalsPanel", "Sliders"),
            translate(
                "TraversalsPanel",
                "What each latent dimension changes in the image: a row for each, all others stay. Click to go there.",
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: Traversals | None = None
        self._awaits = False
        self._code: Floats | None = None
        self._point: int | None = None
        self._label = 0
        self._page = 1
        self._make_bar()
        self._rows = TraversalRows()
        self._rows.setObjectName("traversalRows")
        self._rows.setAccessibleName(self.tr("Images along each latent dimension"))
        self._rows.picked.connect(self._pick)
        self._unused = plain_label(wordWrap=True, objectName="traversalUnused")
        self._more = bar_button("", self.tr("Show the dimensions that tell less too"), "traversalMoreButton")
        self._more.clicked.connect(self._show_more)
        foot = row((self._unused, 1), self._more, margins=(8, 0, 8, 0))
        content = QWidget()
        column((self._rows, 1), foot, spacing=4, on=content)
        self.set_content(content)
        # What is picked is told in several signals: asked when all of them have come.
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._follow)

    def set_model(self, facts: ModelFacts | None) -> None:
        """Begin with the first rows of another kind of model."""
        super().set_model(facts)
        self._awaits, self._page = False, 1
        self._radius.setToolTip(
            self.tr("From minus to plus so much")
            if facts is None or facts.is_variational
            else self.tr("From minus to plus so many deviations of a dimension around its mean")
        )

    def question(self) -> TraversalsQuestion:
        """Ask for the rows."""
        through: int | tuple[float, ...] | None = None
        if self._through.currentData() == "pick" and self._code is not None and np.isfinite(self._code).all():
            through = tuple(self._code.tolist()) if self._point is None else self._point
        uses_label = self.facts is not None and self.facts.uses_labels
        return TraversalsQuestion(
            through=through,
            radius=self._radius.value(),
            steps=self._steps.value() | 1,
            rows=self._page * _PAGE,
            with_unused=self._with_unused.isChecked(),
            label=self._label if uses_label else 0,
        )

    def ask(self) -> None:
        """Ask the question as the options now stand."""
        self._awaits = True
        super().ask()

    def show_answer(self, answer: Traversals) -> None:
        """Show the rows."""
        super().show_answer(answer)
        self._awaits, self._answer = False, answer
        rows = tuple(
            self._row(answer.use, dimension, values)
            for dimension, values in zip(answer.dimensions.tolist(), answer.values, strict=True)
        )
        self._rows.set_rows(rows, answer.images, self._ticks(answer))
        self._mark()
        self._tell_unused(answer)
        self._more.setText(self.tr("{n} more").format(n=min(_PAGE, answer.left)))
        self._more.setVisible(answer.left > 0)
        self.caption.setText(self._caption(answer))
        self._soon.start(0)

    def show_problem(self, sentence: str) -> None:
        """Say why there are no rows."""
        super().show_problem(sentence)
        self._awaits = False

    @Slot(object)
    def set_decoded(self, decoded: Decoded | None) -> None:
        """Follow what is picked, or looked at in passing."""
        self._code = None if decoded is None else decoded.code
        self._mark()
        self._soon.start(0)

    @Slot(object)
    def set_point(self, point: DataPoint | None) -> None:
        """Follow an image of the data, whose code changes while the model trains."""
        self._point = None if point is None else point.index
        self._soon.start(0)

    @Slot(int)
    def set_label(self, label: int) -> None:
        """Decode under another label, with a CVAE."""
        self._label = label
        self._soon.start(0)

    def picture(self) -> QImage:
        """Give all rows that are shown, with their names."""
        return self._rows.picture()

    def _make_bar(self) -> None:
        self._through = QComboBox(objectName="traversalThroughBox")
        self._through.setAccessibleName(self.tr("Code that the rows lead through"))
        self._through.setToolTip(self.tr("All other dimensions stay as they are in this code"))
        self._through.addItem(self.tr("through the pick"), "pick")
        self._through.addItem(self.tr("through the mean"), "mean")
        self._through.currentIndexChanged.connect(self.ask)
        self._radius = QDoubleSpinBox(minimum=0.5, maximum=1000, value=3, decimals=1, singleStep=0.5, prefix="± ")
        self._radius.setObjectName("traversalRadiusBox")
        self._radius.setAccessibleName(self.tr("Range of the values"))
        self._radius.valueChanged.connect(self.ask)
        self._steps = QSpinBox(minimum=3, maximum=31, value=13, singleStep=2)
        self._steps.setSuffix(self.tr(" steps"))
        self._steps.setObjectName("traversalStepsBox")
        self._steps.setAccessibleName(self.tr("Images in a row"))
        self._steps.setToolTip(self.tr("Images in a row: an odd number, so that the middle is among them"))
        self._steps.valueChanged.connect(self.ask)
        self._steps.editingFinished.connect(self._make_odd)
        self._with_unused = QCheckBox(self.tr("unused too"), objectName="traversalUnusedBox")
        self._with_unused.setToolTip(self.tr("Show the dimensions that the model does not use too"))
        self._with_unused.toggled.connect(self.ask)
        for widget in (self._through, self._radius, self._steps, self._with_unused):
            self.bar.addWidget(widget)

    def _row(self, use: DimensionUse, dimension: int, values: Floats) -> TraversalRow:
        name, is_used = dimension_name(dimension), bool(use.used[dimension])
        told = self.tr("{amount:.1f} nats") if use.is_kl else self.tr("variance {amount:.3g}")
        told = told.format(amount=float(use.amounts[dimension])) if is_used else self.tr("unused")
        tips = tuple(self.tr("{name} = {value}").format(name=name, value=_number(value)) for value in values.tolist())
        return TraversalRow(name, told, is_used, values, tips)

    def _ticks(self, answer: Traversals) -> tuple[str, ...]:
        steps = answer.question.steps
        ticks = np.linspace(-answer.question.radius, answer.question.radius, steps).tolist()
        unit = "" if answer.use.is_kl else " σ"
        told = {0, steps // 4, steps // 2, steps - 1 - steps // 4, steps - 1}
        return tuple(_number(tick) + unit * (tick != 0) if n in told else "" for n, tick in enumerate(ticks))

    def _caption(self, answer: Traversals) -> str:
        if answer.use.is_kl:
            text = self.tr("Ordered by KL, nats per image, over {count:,} images.")
        else:
            text = self.tr("An autoencoder has no KL: ordered by variance. σ is how much a dimension deviates.")
        if self._through.currentData() == "pick" and answer.question.through is None:
            text += " " + self.tr("Nothing is picked: the rows lead through the mean code.")
        return text.format(count=answer.use.images)

    def _tell_unused(self, answer: Traversals) -> None:
        order = answer.use.order
        unused = order[~answer.use.used[order]].tolist()
        names = " ".join(dimension_name(dimension) for dimension in sorted(unused)[:_MOST_NAMED])
        text = self.tr("{n} of {count} dimensions unused: {names}").format(
            n=len(unused), count=len(order), names=names + (" …" if len(unused) > _MOST_NAMED else "")
        )
        self._unused.setText(text)
        self._unused.setVisible(bool(unused) and not answer.question.with_unused)

    def _mark(self) -> None:
        if self._answer is None:
            return
        fits = self._code is not None and len(self._code) == len(self._answer.code)
        self._rows.set_marks(self._code[self._answer.dimensions] if fits else None)

    @Slot()
    def _follow(self) -> None:
        """Ask again where the rows would be others, one question at a time."""
        can_ask = self.isVisible() and not self._awaits and self.facts is not None and self._answer is not None
        if can_ask and self.question() != self._answer.question:
            self.ask()

    @Slot(int, int)
    def _pick(self, row: int, column: int) -> None:
        if self._answer is not None:
            code = self._answer.code.copy()
            code[self._answer.dimensions[row]] = self._answer.values[row, column]
            self.code_picked.emit(code)

    @Slot()
    def _show_more(self) -> None:
        self._page += 1
        self.ask()

    @Slot()
    def _make_odd(self) -> None:
        with QSignalBlocker(self._steps):
            self._steps.setValue(self._steps.value() | 1)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
