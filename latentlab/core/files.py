"""Where the files that come with the program lie: in the wheel, or beside the package in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """Give the path of a bundled file or folder.

    Parameters
    ----------
    *parts : str
        Components below ``resources``, e.g. ``"recipes", "mlp-vae-2d.toml"``.

    Returns
    -------
    Path
        It is not checked that it exists.
    """
    installed = _PACKAGE / "resources"
    root = installed if installed.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)
