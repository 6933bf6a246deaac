"""Which signal goes to which slot, a file a feature: it joins a part of the session to its widgets."""
