"""How long a run takes: many entities that send a value each to as many others.

    speed.py ENTITIES STEPS [PROGRAM]    PROGRAM has both simulators; else they are those of sims.py

Prints JSON: the seconds that mosaik and the simulators have computed, and a sum that must be
the same for all.
"""

import json
import os
import resource
import sys
import time
import warnings

import mosaik
import mosaik_api_v3

import sims
from commands import starter

warnings.simplefilter('ignore')

class Last(mosaik_api_v3.Simulator):
    total = 0.0

    def __init__(self):
        super().__init__({'type': 'time-based', 'models': {'Last': {'public': True, 'any_inputs': True, 'params': [], 'attrs': []}}})

    def create(self, num, model):
        return [{'eid': 'last', 'type': model}]

    def step(self, time, inputs, max_advance):
        for v in inputs['last']['q'].values():
            Last.total += v
        return time + max(1, STEPS - 1)

    def get_data(self, outputs):
        return {}


ENTITIES, STEPS = int(sys.argv[1]), int(sys.argv[2])
program = sys.argv[3:] or [sys.executable, os.path.abspath(sims.__file__)]

with mosaik.World({'Scale': starter(*program, 'scale'), 'Last': {'python': '__main__:Last'}}, skip_greetings=True, configure_logging=False) as world:
    sources = world.start('Scale').S.create(ENTITIES)
    sinks = world.start('Scale').S.create(ENTITIES)
    last = world.start('Last').Last()
    for a, b in zip(sources, sinks):
        world.connect(a, b, ('p', 'q'))
        world.connect(b, last, 'q')
    begin = time.process_time()
    world.run(until=STEPS, print_progress=False)
    mine = time.process_time() - begin
simulators = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({'mosaik': mine, 'simulators': simulators.ru_utime + simulators.ru_stime, 'sum': Last.total}))
