"""Qt's tools for translators, as PySide6 brings them along, and small translations made with them."""

import functools
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape


def tool(name, *arguments):
    """Run ``lupdate`` or ``lrelease``."""
    command = [Path(sys.executable).with_name(f"pyside6-{name}"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


@functools.cache
def compiled(*texts):
    """Give the bytes of a translation.

    Parameters
    ----------
    texts : tuple of str
        Each the context, the text in English, and its translation.
    """
    messages = "".join(
        f"<context><name>{escape(context)}</name><message><source>{escape(source)}</source>"
        f"<translation>{escape(translation)}</translation></message></context>"
        for context, source, translation in texts
    )
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "small.ts")
        written.write_text(f'<!DOCTYPE TS><TS version="2.1" language="de">{messages}</TS>', encoding="utf-8")
        tool("lrelease", written, "-qm", written.with_suffix(".qm"))
        return written.with_suffix(".qm").read_bytes()
