"""The part of the session's state that is the map: what is laid behind its points, chosen on it and walked."""
