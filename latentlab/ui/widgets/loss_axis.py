"""The axis of a loss plot, linear or logarithmic."""

from __future__ import annotations

import math

import pyqtgraph as pg


class LossAxis(pg.AxisItem):
    """An axis that also has round ticks where a logarithmic scale spans less than a decade or two."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float | None, list[float]]]:
        """Give linear ticks, moved to where a logarithmic scale has them."""
        if not self.logMode or high - low > 2 or abs(low) > 15 or abs(high) > 15:
            return super().tickValues(low, high, size)
        self.logMode = False
        levels = super().tickValues(10**low, 10**high, size)
        self.logMode = True
        return [(None, [math.log10(value) for value in values if value > 0]) for _, values in levels]

    def tickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        """Write losses, not their logarithms."""
        if not self.logMode:
            return super().tickStrings(values, scale, spacing)
        return [f"{10**value:.6g}" for value in values]
