"""The panels around the map, a file a panel: setters in, intents out."""
