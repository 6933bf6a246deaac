"""How much two colours differ to whoever has to tell them apart."""

import numpy as np


def linear(colour):
    """Give a colour, red, green and blue up to 255, in shares of light."""
    part = np.asarray(colour, float) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    """Give the relative luminance of a colour (WCAG 2), from 0 to 1."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    """Give the contrast ratio of WCAG 2, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
