"""How everything looks."""

import sys

# pyqtgraph looks for CUDA, for a widget that nobody uses here: where torch has brought that along, a tenth of a second.
if "cuda" not in sys.modules:
    sys.modules["cuda"] = None  # as if it were not installed
    import pyqtgraph  # noqa: F401

    del sys.modules["cuda"]
