"""The shape of mosaik's demo, with simulators from PyPI: houses (mosaik-householdsim) and
photovoltaics (mosaik-csv) in a grid (mosaik-pypower), recorded by mosaik-hdf5.

    others.py OUT [--pv PROGRAM] [--cmd] [--web]

With --pv the photovoltaics are another program. With --cmd the simulators from PyPI are
processes of their own. OUT gets all that is in the database, floats as hexadecimal.

With --web there is a page of mosaik-web, too. Its address is printed before the run, "half" in
the middle of it, and at the end, as JSON, what each node is to show. After each of these the
scenario waits for a line.
"""

import argparse
import json
import os
import socket
import sys
import tempfile
import warnings

import h5py
import mosaik
import mosaik_api_v3
from loguru import logger

from commands import starter

warnings.simplefilter('ignore')
errors = []
logger.remove()
logger.enable('mosaik')
logger.add(lambda m: errors.append(m.record['message']), level='ERROR')

START = '2014-01-01 00:00:00'
STEPS = 24
SIZE = 900
NODES = ['node_a', 'node_b', 'node_c']


def write_files(folder):
    houses = os.path.join(folder, 'profiles.data')
    with open(houses, 'w') as f:
        f.write('# meta\n')
        f.write(json.dumps({'start_date': '2014-01-01 00:00', 'resolution': 15, 'unit': 'W', 'num_profiles': 2}) + '\n')
        f.write('# id_list\n' + json.dumps({'grid': NODES + NODES[:1]}) + '\n# attrs\n')
        f.write('num_hh,1,2\nnum_residents,2,4\n# profiles\n')
        for i in range(STEPS + 2):
            f.write(f'2014-01-01 {i // 4:02d}:{i % 4 * 15:02d}:00,{300 + i * 7.3},{500.1 + i * i * 0.7}\n')
    pv = os.path.join(folder, 'pv.csv')
    with open(pv, 'w') as f:
        f.write('PV\nDate,P\n')
        for i in range(STEPS + 2):
            f.write(f'2014-01-01 {i // 4:02d}:{i % 4 * 15:02d}:00,{-max(0, i - 5) * 111.1}\n')
    grid = os.path.join(folder, 'grid.json')
    with open(grid, 'w') as f:
        json.dump({
            'bus': [['tr_pri', 'REF', 20.0], ['tr_sec', 'PQ', 0.4], *[[n, 'PQ', 0.4] for n in NODES]],
            'trafo': [['transformer', 'tr_pri', 'tr_sec', 'TRAFO_250', True, 0]],
            'branch': [[f'line_{n}', a, n, 'NAYY_150', 0.12, True] for a, n in zip(['tr_sec', *NODES], NODES)],
        }, f)
    return houses, pv, grid


class Watch(mosaik_api_v3.Simulator):
    """Waits for a line in the middle of the run, and has the last values."""

    last = {}

    def __init__(self):
        super().__init__({'type': 'time-based', 'models': {'Watch': {'public': True, 'any_inputs': True, 'params': [], 'attrs': []}}})

    def create(self, num, model):
        return [{'eid': 'watch', 'type': model}]

    def step(self, time, inputs, max_advance):
        if time == STEPS // 2 * SIZE:
            say('half')
        for values in inputs['watch'].values():
            self.last.update(values)
        return time + SIZE

    def get_data(self, outputs):
        return {}


def say(line):
    print(line, flush=True)
    sys.stdin.readline()


def web(world, config, shown):
    """A page with these entities, and what is to be seen of each."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        addr = f'127.0.0.1:{s.getsockname()[1]}'
    config['Web'] = starter(os.path.join(sys.prefix, 'bin', 'mosaik-web'), f'--serve={addr}')
    config['Watch'] = {'python': '__main__:Watch'}
    page = world.start('Web', start_date=START, step_size=SIZE)
    page.set_config(ignore_types=['Topology', 'Watch', 'ResidentialLoads', 'Grid', 'Database'], merge_types=['Branch', 'Transformer'])
    page.set_etypes({
        'RefBus': {'cls': 'refbus', 'attr': 'P', 'unit': 'P [W]', 'default': 0, 'min': 0, 'max': 30000},
        'PQBus': {'cls': 'pqbus', 'attr': 'Vm', 'unit': 'U [V]', 'default': 400, 'min': 390, 'max': 410},
        'House': {'cls': 'load', 'attr': 'P_out', 'unit': 'P [W]', 'default': 0, 'min': 0, 'max': 3000},
        'PV': {'cls': 'gen', 'attr': 'P', 'unit': 'P [W]', 'default': 0, 'min': -10000, 'max': 0},
    })
    topology, watch = page.Topology(), world.start('Watch').Watch()
    for entity, attr in shown:
        world.connect(entity, topology, attr)
        world.connect(entity, watch, attr)
    say(f'http://{addr}/')


def start(cls):
    module, name = cls.split(':')
    code = (f"import sys, mosaik_api_v3, {module} as m\n"
            f"sys.exit(mosaik_api_v3.start_simulation(m.{name}(), configure_logging=False))\n")
    path = os.path.join(tempfile.gettempdir(), f'{module.replace(".", "_")}-{os.getpid()}.py')
    with open(path, 'w') as f:
        f.write(code)
    return starter(sys.executable, '-W', 'ignore', path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out')
    parser.add_argument('--pv')
    parser.add_argument('--cmd', action='store_true')
    parser.add_argument('--web', action='store_true')
    args = parser.parse_args()
    classes = {
        'Houses': 'mosaik_components.household.mosaik:Simulator', 'CSV': 'mosaik_csv:CSV',
        'Grid': 'mosaik_components.mosaik_pypower.mosaik:PyPower', 'DB': 'mosaik_components.hdf5:Simulator',
    }
    config = {name: start(cls) if args.cmd else {'python': cls} for name, cls in classes.items()}
    if args.pv:
        config['CSV'] = starter(args.pv, 'csv')
    with tempfile.TemporaryDirectory() as folder:
        houses_file, pv_file, grid_file = write_files(folder)
        database = os.path.join(folder, 'data.hdf5')
        with mosaik.World(config, skip_greetings=True, configure_logging=False) as world:
            houses = world.start('Houses').ResidentialLoads(sim_start=START, profile_file=houses_file, grid_name='grid').children
            pvs = world.start('CSV', sim_start=START, datafile=pv_file).PV.create(3)
            grid = world.start('Grid', step_size=SIZE).Grid(gridfile=grid_file).children
            hdf5 = world.start('DB', step_size=SIZE, duration=STEPS * SIZE)
            db = hdf5.Database(filename=database)
            buses = {e.eid.split('-')[1]: e for e in grid if e.type == 'PQBus'}
            for i, house in enumerate(houses):
                world.connect(house, buses[NODES[i % 3]], ('P_out', 'P'))
                world.connect(house, db, 'P_out')
            for pv, node in zip(pvs, NODES):
                world.connect(pv, buses[node], 'P')
                world.connect(pv, db, 'P')
            for e in grid:
                if e.type in ('PQBus', 'RefBus'):
                    world.connect(e, db, 'P', 'Q', 'Vm', 'Va')
                elif e.type == 'Branch':
                    world.connect(e, db, 'P_from', 'I_real')
            hdf5.set_meta_data({'steps': STEPS})
            if args.web:
                buses = [(e, 'P' if e.type == 'RefBus' else 'Vm') for e in grid if e.type in ('PQBus', 'RefBus')]
                web(world, config, [*buses, *[(pv, 'P') for pv in pvs], *[(h, 'P_out') for h in houses]])
            world.run(until=STEPS * SIZE, print_progress=False, shutdown=False)
            if args.web:
                say(json.dumps(Watch.last))
        out = {}
        with h5py.File(database) as f:
            def visit(name, node):
                if isinstance(node, h5py.Dataset):
                    values = node[()].tolist()
                    out[name] = [str(node.dtype), [v.hex() if isinstance(v, float) else str(v) for v in values]]
            f.visititems(visit)
    with open(args.out, 'w') as f:
        json.dump({'data': out, 'errors': errors}, f)


main()
