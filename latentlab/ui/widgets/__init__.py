"""The parts that panels are made of: widgets that know no panel, no session and no model."""
