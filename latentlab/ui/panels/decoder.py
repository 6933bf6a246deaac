"""What the decoder makes of the pick: the image, samples around it, every label, every dimension."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from latentlab.core.map.projection import dimension_name
from latentlab.core.map.results import Decoded
from latentlab.core.views.restored import Damage, RestoredImage
from latentlab.ui.style.texts import plain_label, rich_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.forms.dimension_sliders import DimensionSliders
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard
from latentlab.ui.widgets.images.damage_strip import DamageStrip
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.label_choice import LabelChoice
from latentlab.ui.widgets.section import Section
from latentlab.ui.widgets.slider import Slider, SliderScale

_STEPS = 100  # of the slider, per unit of temperature
_SAMPLES, _SAMPLES_IN_A_ROW = 8, 4
_LEAST_HEIGHT, _LEAST_IMAGE = 140, 120  # pixels


class DecoderPanel(QScrollArea):
    """Shows what a code decodes to, and asks for another temperature, label, sample or code, or for damage."""

    temperature_changed = Signal(float)
    label_changed = Signal(int)
    noise_requested = Signal()
    prior_requested = Signal()
    sample_picked = Signal(int)
    dimension_changed = Signal(int, float)
    damage_asked = Signal(object)  # Damage, or None where its section is closed

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its parts take it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(QWidget())
        self._fitted: tuple[QSize, ...] = ()
        top, self._samples_box, self._label_box = self._make_top(), self._make_samples(), self._make_labels()
        # The label above the samples: where there is no room for all, these go on below the edge.
        parts = (top, self._label_box, self._samples_box, self._make_dimensions(), self._make_damage())
        column(*parts, STRETCH, margins=(8, 8, 8, 8), spacing=6, on=self.widget())
        self.set_temperature(1.0)
        self.clear_model()

    def show_decoded(self, decoded: Decoded | None) -> None:
        """Show what was decoded, or that nothing is picked; samples and labels that are to come are waited for."""
        is_whole = decoded is None or decoded.samples is not None
        for strip in (self._samples, self._labels):
            strip.set_waiting(not is_whole)
        if is_whole:
            self._samples.set_images(None if decoded is None else decoded.samples)
        self._image.set_pixels(None if decoded is None else decoded.image)
        if decoded is None:
            self._labels.show_images(None)
            self._code.setText(self.tr("Nothing is\npicked"))  # two lines, as of a pick: nothing moves
            self._describe_samples(prior=False, has_posterior=True, is_mixture=False)
            return
        self.set_temperature(decoded.temperature)
        self._describe_samples(
            prior=decoded.samples_are_prior,
            has_posterior=bool(decoded.deviation.any()),
            is_mixture=decoded.prior_is_mixture,
        )
        if len(decoded.code) <= 2:
            pairs = zip(decoded.code.tolist(), decoded.deviation.tolist(), strict=True)
            self._code.setText("\n".join(self._coordinate(number, *pair) for number, pair in enumerate(pairs)))
        else:
            x, y = decoded.position
            text = self.tr("z in {count}-D, at\n({x}, {y})")
            self._code.setText(text.format(count=len(decoded.code), x=_number(x), y=_number(y)))
            self._dimensions.set_code(decoded.code)
        if decoded.by_label is not None:
            self._labels.show_images(decoded.by_label, decoded.labels)
        if decoded.label is not None:
            self.set_label(decoded.label)

    def set_waiting(self, is_waiting: bool) -> None:
        """Say that what is shown is not yet of the pick."""
        self._image.set_waiting(is_waiting)

    def copy_image(self) -> None:
        """Put the decoded image on the clipboard."""
        self._image.copy()

    def set_restoring(self, is_waiting: bool) -> None:
        """Say that what is shown damaged and restored is not yet what is looked at."""
        self._damage.set_waiting(is_waiting)

    def set_model(self, latent: int, class_names: tuple[str, ...], uses_labels: bool) -> None:
        """Fit the sliders to a model with so many latent dimensions and these classes."""
        self.show_decoded(None)
        self._set_enabled(True)
        self._labels.set_names(
            class_names if uses_labels else (),
            self.tr(
                "This model's decoder takes no label: it decodes a code in one way only. "
                "A recipe with a CVAE, such as conv-cvae-2d, learns to decode under a label."
            ),
        )
        self._dimensions.set_dimensions(latent if latent > 2 else 0)
        self._dimension_box.setVisible(latent > 2)
        self._label_box.setVisible(uses_labels)
        self._fit_image()
        self.updateGeometry()  # another height is useful

    def clear_model(self) -> None:
        """Show that there is no model to decode with."""
        self.show_decoded(None)
        self._labels.set_names((), self.tr("There is no model yet: train one, or open a run."))
        self._labels.set_text(self.tr("Label"))
        self._dimensions.set_dimensions(0)
        self._dimension_box.setVisible(False)
        self._label_box.setVisible(False)
        self._set_enabled(False)
        self.updateGeometry()

    def set_temperature(self, temperature: float) -> None:
        """Put the slider at a temperature."""
        with QSignalBlocker(self._temperature):
            self._temperature.setValue(round(temperature * _STEPS))
        self._temperature_text.setText(self.tr("Temperature <b>{value:.2f}</b>").format(value=temperature))

    def set_label(self, label: int) -> None:
        """Put the slider at a label."""
        self._labels.set_label(label)

    def show_damage(self, damage: Damage | None, is_denoising: bool) -> None:
        """Show which damage is done, or close its section; `is_denoising` offers the damage of the training."""
        self._damage.show_damage(damage, is_denoising)
        self._damage_box.set_open(damage is not None)
        layout = self.widget().layout()
        layout.removeWidget(self._damage_box)  # first where a model is about it, else last, before the stretch
        layout.insertWidget(1 if is_denoising else layout.count() - 1, self._damage_box)
        self._fit_image()

    def show_restored(self, restored: RestoredImage | None) -> None:
        """Show what is looked at damaged, and what the model restores of it."""
        self._damage.show_restored(restored)

    def useful_height(self, width: int) -> int:
        """Give the height in which image, temperature, labels and a row of samples are in sight, in a width."""
        layout = self.widget().layout()
        margins, spacing = layout.contentsMargins(), layout.spacing()
        width -= margins.left() + margins.right()
        top, samples = self._least_top(width), self._samples.height_in_rows(width, _SAMPLES)
        labels = 0 if self._label_box.isHidden() else _height(self._label_box, width) + spacing
        return top + labels + self._samples_text.sizeHint().height() + samples + spacing + margins.top()

    def useful_width(self) -> int:
        """Give the width in which the image lies beside the temperature, whatever is picked."""
        margins, bar = self.widget().layout().contentsMargins(), self.verticalScrollBar().sizeHint().width()
        side = max(self._code.minimumWidth(), *(part.sizeHint().width() for part in (self._noise, self._prior)))
        return _LEAST_IMAGE + self._top.spacing() + side + margins.left() + margins.right() + bar

    def sizeHint(self) -> QSize:
        """Prefer room for everything."""
        return self.widget().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Scroll rather than ask for height."""
        margins, scroll_bar = self.widget().layout().contentsMargins(), self.verticalScrollBar().sizeHint().width()
        widest = max(part.minimumSizeHint().width() for part in (self._side, *self._below()))
        inside = max(widest, _LEAST_IMAGE)  # whether or not the image is beside the temperature at the moment
        return QSize(inside + margins.left() + margins.right() + scroll_bar, _LEAST_HEIGHT)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._reserve_code()
            self._fit_image()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make it so anew once what lies beside and below it has taken the size of its text."""
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest and self._asked() != self._fitted:
            self._fit_image()
        return super().eventFilter(watched, event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take what its parts leave over: a click on them goes no further."""
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the image as large as it gets."""
        super().resizeEvent(event)
        self._fit_image()

    def _make_top(self) -> QHBoxLayout:
        self._image = ImageView(200, self.tr("Click on the map to decode a point"))
        self._image.setObjectName("decodedImage")
        self._image.setAccessibleName(self.tr("Decoded image"))
        self._image.setMinimumSize(_LEAST_IMAGE, _LEAST_IMAGE)
        self._image.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)

        self._code = plain_label()
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._code.setToolTip(
            self.tr("The code z that is picked, ± the deviation σ of the encoder's posterior for the decoded image")
        )

        self._temperature_text = rich_label()
        for text in (self._code, self._temperature_text):  # where room is short, not at the cost of what is read
            text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

        self._temperature = Slider(0, 2 * _STEPS)
        self._temperature.setObjectName("temperatureSlider")
        self._temperature.setAccessibleName(self.tr("Temperature"))
        self._temperature.setToolTip(
            self.tr("T: how far samples stray from the pick. 0 gives the image itself, 1 the encoder's own posterior.")
        )
        self._temperature.setSingleStep(5)
        self._temperature.setPageStep(25)
        self._temperature.setMinimumWidth(100)
        self._temperature.valueChanged.connect(self._change_temperature)
        WheelGuard(self._temperature)
        scale = SliderScale(self._temperature, {0: "0", _STEPS: "1.0", 2 * _STEPS: "2"})
        scale.emphasise(_STEPS)
        scale.picked.connect(self._temperature.setValue)

        self._noise = QPushButton(self.tr("New noise"), objectName="newNoiseButton")
        self._noise.setToolTip(self.tr("Draw the samples anew; while a slider moves, the noise stays the same."))
        self._noise.clicked.connect(self.noise_requested)
        self._prior = QPushButton(self.tr("Sample the prior"), objectName="priorButton")
        self._prior.setToolTip(self.tr("Decode codes drawn from the prior, at T, wherever they fall on the map."))
        self._prior.clicked.connect(self.prior_requested)

        slider = (self._code, self._temperature_text, self._temperature, scale)
        self._side = QWidget()
        column(*slider, 6, self._noise, 2, self._prior, STRETCH, spacing=2, on=self._side)
        self._reserve_code()
        above = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter
        self._top = row((self._image, 0, above), (self._side, 1), spacing=12)
        return self._top

    def _make_samples(self) -> QWidget:
        self._samples_text = plain_label(wordWrap=True, objectName="samplesText")
        self._samples = ImageStrip(_SAMPLES, _SAMPLES_IN_A_ROW)
        self._samples.setAccessibleName(self.tr("Samples"))
        self._samples.setToolTip(self.tr("Click on a sample to move there."))
        self._samples.picked.connect(self.sample_picked)
        return _stacked(self._samples_text, self._samples)

    def _make_labels(self) -> QWidget:
        self._labels = LabelChoice()
        self._labels.chosen.connect(self.label_changed)
        return self._labels

    def _make_dimensions(self) -> QWidget:
        self._dimensions = DimensionSliders()
        self._dimensions.dimension_changed.connect(self.dimension_changed)
        self._dimension_box = Section(self.tr("Dimensions of z"), self._dimensions)
        self._dimension_box.toggled.connect(self._fit_image)
        return self._dimension_box

    def _make_damage(self) -> QWidget:
        self._damage = DamageStrip()
        self._damage.changed.connect(self._ask_for_damage)
        self._damage_box = Section(self.tr("Damage"), self._damage)
        self._damage_box.button.setObjectName("damageButton")
        self._damage_box.button.setToolTip(
            self.tr("Damage the image that was picked or drawn last, and see what the model restores of it")
        )
        self._damage_box.toggled.connect(self._toggle_damage)
        return self._damage_box

    def _fit_image(self) -> None:
        """Put the image beside the temperature, or above it where a tall panel makes it larger so."""
        layout = self.widget().layout()
        margins = layout.contentsMargins()
        # All of it, if nothing is to be scrolled then: the bar itself may be what makes it necessary.
        whole, sections = self.maximumViewportSize(), (self._dimension_box, self._damage_box)
        asked = sum(_height(box, whole.width()) + layout.spacing() for box in sections if not box.isHidden())
        fits = self.useful_height(whole.width()) + margins.bottom() + asked <= whole.height()
        width = (whole if fits else self.viewport()).width() - margins.left() - margins.right()
        height = self.viewport().height() - margins.top() - margins.bottom() - layout.spacing()
        self._fit_samples(width, height)
        height -= sum(_height(box, width) + layout.spacing() for box in self._below())
        side = self._side.sizeHint()
        beside = min(width - side.width() - self._top.spacing(), max(height, side.height()))
        above = min(width, height - side.height() - self._top.spacing())
        goes_above = above > beside or beside < _LEAST_IMAGE
        self._top.setDirection(QBoxLayout.Direction.TopToBottom if goes_above else QBoxLayout.Direction.LeftToRight)
        self._image.set_side(max(beside, above, _LEAST_IMAGE))
        self._fitted = self._asked()
        self.updateGeometry()

    def _asked(self) -> tuple[QSize, ...]:
        """Give what is asked for by the parts that the image leaves room for."""
        return tuple(part.sizeHint() for part in (self._side, self._label_box, self._samples_text))

    def _least_top(self, width: int) -> int:
        """Give the height of the smallest image, and of what lies beside it, or below it where that is too wide."""
        side = self._side.sizeHint()
        is_beside = width - side.width() - self._top.spacing() >= _LEAST_IMAGE
        return max(side.height(), _LEAST_IMAGE) if is_beside else side.height() + self._top.spacing() + _LEAST_IMAGE

    def _fit_samples(self, width: int, height: int) -> None:
        """Show the samples in two rows, or in one where two would be cut off."""
        others = sum(_height(box, width) + self.widget().layout().spacing() for box in self._below())
        others -= self._samples.heightForWidth(width)
        room = height - others - self._least_top(width)
        fit = self._samples.height_in_rows(width, _SAMPLES_IN_A_ROW) <= room
        self._samples.set_per_row(_SAMPLES_IN_A_ROW if fit else _SAMPLES)

    def _below(self) -> list[QWidget]:
        """Give what is shown below the image."""
        below = (self._samples_box, self._label_box, self._dimension_box, self._damage_box)
        return [box for box in below if not box.isHidden()]

    def _reserve_code(self) -> None:
        """Keep room for a code, so that nothing moves at the first pick."""
        metrics, widest = self._code.fontMetrics(), self._coordinate(1, -0.08, 0.08)
        self._code.setMinimumSize(metrics.horizontalAdvance(widest), 2 * metrics.lineSpacing())

    def _coordinate(self, dimension: int, value: float, deviation: float) -> str:
        text = self.tr("{name} = {value} ± {deviation:.2f}") if deviation else self.tr("{name} = {value}")
        return text.format(name=dimension_name(dimension), value=_number(value), deviation=deviation)

    def _set_enabled(self, enabled: bool) -> None:
        for widget in (self._temperature, self._noise, self._prior, self._samples):
            widget.setEnabled(enabled)

    def _describe_samples(self, *, prior: bool, has_posterior: bool, is_mixture: bool) -> None:
        if prior:
            text = self.tr("Samples of the prior") if has_posterior else self.tr("Random: an autoencoder has no prior")
            tip = self.tr("T·ε: codes drawn at random from a Gaussian around 0, T times as wide as the prior N(0, I)")
            if is_mixture:
                tip = self.tr("Codes drawn at random from the Gaussians of the prior, each T times as wide as it is")
        elif has_posterior:
            text = self.tr("Samples around the pick")
            tip = self.tr("z + T·σ·ε: the pick moved by noise ε, T times as wide as the encoder's posterior is there")
        else:
            text, tip = (
                self.tr("Copies: an autoencoder has no posterior"),
                self.tr("σ = 0: noise does not move the pick"),
            )
        self._samples_text.setText(text)
        self._samples_text.setToolTip(tip)

    def _change_temperature(self, value: int) -> None:
        self.set_temperature(value / _STEPS)
        self.temperature_changed.emit(value / _STEPS)

    def _toggle_damage(self) -> None:
        self._fit_image()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # so that there is room to scroll
        self.ensureWidgetVisible(self._damage_box, 0, 0)
        self._ask_for_damage()

    def _ask_for_damage(self) -> None:
        self.damage_asked.emit(self._damage.damage() if self._damage_box.is_open() else None)


def _stacked(*widgets: QWidget) -> QWidget:
    box = QWidget()
    column(*widgets, spacing=2, on=box)
    return box


def _height(box: QWidget, width: int) -> int:
    return box.heightForWidth(width) if box.hasHeightForWidth() else box.sizeHint().height()


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
