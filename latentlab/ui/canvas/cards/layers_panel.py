"""What the map shows, layer by layer: a small panel that a button over the map opens."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QFrame, QRadioButton, QWidget

from latentlab.ui.canvas.cards.card_button import CardButton
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain, rich_label
from latentlab.ui.widgets.boxes import column, row

_NATIVE = QKeySequence.SequenceFormat.NativeText
_COUNTS = (1_000, 5_000, 10_000, 0)
_LONGEST = 24  # letters on the button
_USUAL = ("test", 10_000)


class LayersPanel(QFrame):
    """Offers which images are points, what is drawn around them, and what lies behind them.

    It closes by Esc, or by a click beside it.
    """

    source_chosen = Signal(str, int)
    """Show "test", "training" or "both" images, and how many; 0 for all."""
    field_chosen = Signal(object)
    """Lay this behind the points: the name of a kind of field, or None."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("mapLayersPanel")
        self.setAccessibleName(self.tr("Layers of the map"))
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)  # a click on the button closes it, and opens none anew
        self.button = CardButton(
            self.tr("Layers"), self.tr("What the map shows"), "mapLayersButton", has_card=True, opens=True
        )
        self.button.setProperty("mayShorten", True)  # on a narrow map; whole where the mouse rests
        self.button.clicked.connect(self.open)
        self._few = ""
        self._switches: dict[QAction, tuple[QCheckBox, str]] = {}
        self._switch_box = column(spacing=4)
        self._source, self._count = self._make_source()
        fields = self._make_fields()
        points, behind = self.tr("Points"), self.tr("Behind the points")
        column(
            rich_label(f"<b>{points}</b>"),
            row(self._source, self._count, spacing=6),
            6,
            self._switch_box,
            6,
            rich_label(f"<b>{behind}</b>"),
            *fields,
            margins=(12, 10, 12, 12),
            spacing=4,
            on=self,
        )

    def add_switch(self, action: QAction, name: str, words: str = "") -> None:
        """Offer a switch of the menus, under an object name; `words` say on the button that it is not as usual."""
        box = QCheckBox(objectName=name)

        def describe() -> None:
            """Follow keys that are changed."""
            keys, text = action.shortcut().toString(_NATIVE), action.text().replace("&", "")
            box.setText(f"{text} ({keys})" if keys else text)
            box.setToolTip(action.toolTip())

        describe()
        action.changed.connect(describe)
        box.setChecked(action.isChecked())
        box.toggled.connect(action.setChecked)
        action.toggled.connect(box.setChecked)
        action.toggled.connect(self._tell)
        self._switches[action] = (box, words)
        self._usual = {each: each.isChecked() for each in self._switches}
        self._switch_box.addWidget(box)

    def unusual(self) -> list[str]:
        """Give in a few words each what is not as it is at first."""
        said = [self._few] if self._few else []
        for box, usual in zip((self._source, self._count), _USUAL, strict=True):
            if box.currentData() != usual and not (self._few and box is self._source):
                said.append(box.currentText())
        said += [
            words
            for action, (_, words) in self._switches.items()
            if words and action.isChecked() != self._usual[action]
        ]
        if (field := self._fields.checkedButton()) is not self._fields.buttons()[0]:
            said.append(field.text())
        return said

    def set_few(self, split: str, shown: int, total: int) -> None:
        """Say on the button that few of the images that there are are points, and of which split; none, say nothing."""
        texts = {
            "test": self.tr("{n:,} test images of {total:,}"),
            "training": self.tr("{n:,} training images of {total:,}"),
            "both": self.tr("{n:,} images of {total:,}"),
        }
        few = texts[split].format(n=shown, total=total) if shown else ""
        if few != self._few:
            self._few = few
            self._tell()

    @Slot()
    def open(self) -> None:
        """Open below the button, and take the keyboard."""
        self.adjustSize()
        corner = self.button.mapToGlobal(QPoint(self.button.width(), self.button.height() + 4))
        room = self.button.screen().availableGeometry()
        x = min(max(corner.x() - self.width(), room.left()), room.right() - self.width())
        y = min(corner.y(), room.bottom() - self.height())
        self.move(x, max(y, room.top()))
        self.show()
        self._source.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw an edge, which the panel's ground does not have above a dark map."""
        painter = QPainter(self)
        painter.setPen(QColor(theme.current().muted))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _make_source(self) -> tuple[QComboBox, QComboBox]:
        source = QComboBox(objectName="mapSourceBox", toolTip=self.tr("Which images the map shows"))
        source.setAccessibleName(self.tr("Images on the map"))
        for name, key in (
            (self.tr("test images"), "test"),
            (self.tr("training images"), "training"),
            (self.tr("both"), "both"),
        ):
            source.addItem(name, key)
        tip = self.tr("How many images the map shows, drawn at random; a small set is shown whole")
        count = QComboBox(objectName="mapCountBox", toolTip=tip)
        count.setAccessibleName(self.tr("Number of images on the map"))
        for number in _COUNTS:
            count.addItem(self.tr("{n:,}").format(n=number) if number else self.tr("all"), number)
        source.setCurrentIndex(source.findData(_USUAL[0]))
        count.setCurrentIndex(count.findData(_USUAL[1]))
        for box in (source, count):
            box.currentIndexChanged.connect(self._choose_source)
        return source, count

    def _make_fields(self) -> list[QRadioButton]:
        kinds = (
            ("None", None, self.tr("None"), self.tr("Nothing but the ground and the grid")),
            (
                "Gaps",
                "gaps",
                self.tr("Gaps"),
                self.tr(
                    "The places whose decoded image the encoder would put elsewhere, by how far in radii of the map; "
                    "from half a radius on a place counts as a gap"
                ),
            ),
            (
                "Magnification",
                "magnification",
                self.tr("Magnification"),
                self.tr(
                    "√det(JᵀJ), J the Jacobian of the decoded image by the place on the map: the area of the surface "
                    "of decoded images over a unit of area of the map, in pixels from black to white, on a logarithmic "
                    "scale. High where a small step changes the image much (Arvanitidis, Hansen and Hauberg 2018; "
                    "Shao, Kumar and Fletcher 2018)"
                ),
            ),
            (
                "Density",
                "density",
                self.tr("Density"),
                self.tr(
                    "q(z), the aggregate posterior: the mean of the posteriors of all images; of an autoencoder "
                    "its codes. What is shown is its mean over each cell"
                ),
            ),
            (
                "Ratio",
                "ratio",
                self.tr("Density against the prior"),
                self.tr(
                    "log q(z)/p(z), in nats, of the means over each cell: below 0 there are fewer images than the "
                    "prior has, above 0 more"
                ),
            ),
            (
                "Regions",
                "regions",
                self.tr("Class regions"),
                self.tr("The class that most of the 15 nearest images have, paler where classes meet"),
            ),
        )
        self._fields = QButtonGroup(self)
        made = []
        for name, kind, text, tip in kinds:
            button = QRadioButton(text, objectName=f"mapField{name}Button", toolTip=tip)
            button.toggled.connect(lambda is_on, kind=kind: self._choose_field(kind) if is_on else None)
            self._fields.addButton(button)
            made.append(button)
        with QSignalBlocker(made[0]):
            made[0].setChecked(True)
        return made

    @Slot()
    def _choose_source(self) -> None:
        self._tell()
        self.source_chosen.emit(self._source.currentData(), self._count.currentData())

    def _choose_field(self, kind: str | None) -> None:
        self._tell()
        self.field_chosen.emit(kind)

    @Slot()
    def _tell(self) -> None:
        """Say on the button what is not as usual: as much as has room, and how many more there are."""
        said = self.unusual()
        shown = max((n for n in range(1, len(said) + 1) if len(", ".join(said[:n])) <= _LONGEST), default=1)
        text = ", ".join(said[:shown]) + (self.tr(" + {n}").format(n=len(said) - shown) if len(said) > shown else "")
        self.button.setText(self.tr("Layers: {what}").format(what=text) if text else self.tr("Layers"))
        what = self.tr("What the map shows")
        self.button.setToolTip(plain(f"{what}: {', '.join(said)}" if said else what))
        self.button.updateGeometry()
