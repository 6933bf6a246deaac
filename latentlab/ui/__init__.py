"""Everything that a person sees and touches; it knows nothing of optimisers."""

import sys

if sys.platform == "win32":
    import torch  # noqa: F401  Once Qt's libraries are loaded, torch's do not load on Windows
