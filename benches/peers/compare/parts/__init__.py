"""The parts of the comparison, each with the work that it has the sides do."""
