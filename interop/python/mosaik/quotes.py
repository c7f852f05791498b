"""Runs a scenario with one simulator, whose command is the argument."""

import sys

import mosaik

with mosaik.World({'Go': {'cmd': sys.argv[1]}}, skip_greetings=True, configure_logging=False) as world:
    world.start('Go').ExampleModel()
    world.run(until=3, print_progress=False)
