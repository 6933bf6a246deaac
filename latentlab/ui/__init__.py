"""Everything that a person sees and touches; it knows nothing of optimisers."""
