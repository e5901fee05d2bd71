"""The parts of a local stack, one module each."""
