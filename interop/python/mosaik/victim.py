"""A scenario that hangs in the middle of a step, or aborts, for tests of what is left.

    victim.py PROGRAM WHAT    WHAT is hang or abort; prints "stepping" when the step has begun
"""

import sys
import threading
import time
import warnings

import mosaik
import mosaik_api_v3

from commands import starter

warnings.simplefilter('ignore')


class Bad(mosaik_api_v3.Simulator):
    def __init__(self):
        super().__init__({'type': 'time-based', 'models': {'B': {'public': True, 'params': [], 'attrs': []}}})

    def create(self, num, model):
        return [{'eid': 'b', 'type': model}]

    def step(self, time_, inputs, max_advance):
        print('stepping', flush=True)
        raise RuntimeError('aborted')


def main():
    world = mosaik.World({'Go': starter(sys.argv[1], 'stuck'), 'Bad': {'python': '__main__:Bad'}}, skip_greetings=True, configure_logging=False)
    with world:
        world.start('Go').M()
        if sys.argv[2] == 'abort':
            world.start('Bad').B()
        world.run(until=10, print_progress=False)


main()
