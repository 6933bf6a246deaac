"""Everything that learns, measures and stores; it knows nothing of Qt and runs on a server."""
