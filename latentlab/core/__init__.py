"""Everything that learns, measures and stores; it knows nothing of Qt and runs on a server."""

import os

# Before its first model is made pydantic would read what each installed package says of itself, in search of plugins.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
