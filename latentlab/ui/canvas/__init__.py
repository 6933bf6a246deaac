"""The map of encoder means that doubles as a canvas, a file a layer."""
