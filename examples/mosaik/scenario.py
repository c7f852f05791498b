"""Two houses for two days: their sun is simulated in Python, batteries and controllers in Go.

    scenario.py DIRECTORY_OF_THE_GO_PROGRAMS TRACE
"""

import math
import shlex
import sys

import mosaik
import mosaik_api_v3
from loguru import logger

logger.enable('mosaik')  # else failures of simulators are not shown
logger.remove()
logger.add(sys.stderr, level='ERROR')

PROGRAMS, TRACE = sys.argv[1:]
DAY = 24 * 3600


class Sun(mosaik_api_v3.Simulator):
    """Photovoltaics under a clear sky."""

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'PV': {'public': True, 'params': ['peak'], 'attrs': ['p']}},
        })
        self.peaks = {}

    def create(self, num, model, peak):
        ids = [f'PV_{len(self.peaks) + i}' for i in range(num)]
        self.peaks.update(dict.fromkeys(ids, peak))
        return [{'eid': eid, 'type': model} for eid in ids]

    def step(self, time, inputs, max_advance):
        self.height = max(0, math.sin(2 * math.pi * (time / DAY - 0.25)))
        return time + 900

    def get_data(self, outputs):
        return {eid: {'p': self.peaks[eid] * self.height} for eid in outputs}


class Diary(mosaik_api_v3.Simulator):
    """Prints the charge every six hours."""

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'Diary': {'public': True, 'any_inputs': True, 'params': [], 'attrs': []}},
        })

    def create(self, num, model):
        return [{'eid': 'diary', 'type': model}]

    def step(self, time, inputs, max_advance):
        charges = '   '.join(f'{name} {100 * soc:5.1f} %' for name, soc in inputs['diary']['soc'].items())
        print(f'day {time // DAY + 1}, {time % DAY // 3600:2d}:00   {charges}', flush=True)
        return time + 6 * 3600


def go_program(name):
    command = shlex.join([f'{PROGRAMS}/{name}', '--trace', TRACE]).replace('%', '%%')  # the paths may have spaces
    return {'cmd': f'{command} %(addr)s', 'posix': True}


SIMULATORS = {
    'Sun': {'python': '__main__:Sun'},
    'Diary': {'python': '__main__:Diary'},
    'Battery': go_program('battery'),
    'Controller': go_program('controller'),
}

with mosaik.World(SIMULATORS, skip_greetings=True, configure_logging=False) as world:
    sun, diary = world.start('Sun'), world.start('Diary').Diary()
    batteries, controllers = world.start('Battery'), world.start('Controller')
    for peak, load, capacity in [(3000, 500, 8000), (5000, 900, 12000)]:
        pv = sun.PV(peak=peak)
        battery = batteries.Battery(capacity=capacity)
        controller = controllers.Controller(load=load)
        world.connect(pv, controller, ('p', 'pv'))
        world.connect(controller, battery, ('p_battery', 'p'))
        world.connect(battery, controller, 'soc', time_shifted=900)
        world.connect(battery, diary, 'soc')
    world.run(until=2 * DAY, print_progress=False)
