"""Scenarios for real mosaik, to be run with simulators of either language.

    scenarios.py NAME OUT [--go PROGRAM --with SIM=cmd|connect …] [--args JSON]

Simulators that are not named by --with are those of sims.py in this process. The result,
what the collector saw and mosaik's execution graph, is written to OUT: a JSON text for each.
"""

import argparse
import asyncio
import json
import math
import os
import random
import selectors
import socket
import subprocess
import sys
import time
import warnings

import mosaik
import mosaik_api_v3
from loguru import logger

import sims
from commands import starter

warnings.simplefilter('ignore')
logger.remove()
ERRORS = []
logger.enable('mosaik')
logger.add(lambda m: ERRORS.append(m.record['message']), level='ERROR')


class Collector(mosaik_api_v3.Simulator):
    """Remembers all inputs in their order."""

    all = []

    def __init__(self):
        super().__init__({
            'type': 'event-based',
            'models': {'Monitor': {'public': True, 'any_inputs': True, 'params': [], 'attrs': []}},
        })
        self.data = []
        self.all.append(self.data)

    def create(self, num, model):
        return [{'eid': 'monitor', 'type': model}]

    def step(self, time, inputs, max_advance):
        self.data.append([time, [[a, list(v.items())] for a, v in sorted(inputs.get('monitor', {}).items())]])
        return None

    def get_data(self, outputs):
        return {}


class Blocking(mosaik.starters.Starter):
    """Starts a simulator like cmd, but nothing else goes on while it is called.

    Where simulators run beside each other, what mosaik has in its caches, and with 3.6 whether
    it goes on at all ("cannot progress backwards"), depends on who is quicker, in any language.
    So random scenarios are run as if all simulators were in this process.
    """

    api_version = None

    def __init__(self, command):
        self.command = command

    @classmethod
    def from_starter_config(cls, config):
        return None

    async def start(self, sim_id, mosaik_remote, mosaik_config):
        with socket.create_server(('127.0.0.1', 0)) as server:
            process = subprocess.Popen([*self.command, '127.0.0.1:%d' % server.getsockname()[1]])
            server.settimeout(20)
            return BlockingProxy(server.accept()[0], process)


class BlockingProxy(mosaik.proxies.BaseProxy):
    def __init__(self, conn, process):
        self.conn, self.process, self.id = conn, process, 0
        self.file = conn.makefile('rb')

    async def init(self, sid, **kwargs):
        self._meta = await self.send(['init', (sid,), kwargs])
        return [3, 0]

    @property
    def meta(self):
        return self._meta

    async def send(self, request):
        self.conn.sendall(mosaik_api_v3.connection.encode([0, self.id, request]))
        kind, answered, content = json.loads(self.file.read(int.from_bytes(self.file.read(4), 'big')))
        assert answered == self.id
        self.id += 1
        if kind == 2:
            raise mosaik_api_v3.connection.RemoteException(*content)
        return content

    async def stop(self):
        self.conn.sendall(mosaik_api_v3.connection.encode([0, self.id, ['stop', [], {}]]))
        answer = self.file.read()  # None, or just the end of the stream
        assert not answer or json.loads(answer[4:]) == [1, self.id, None], answer
        self.file.close()
        self.conn.close()
        assert self.process.wait(20) == 0


class Selector(selectors.DefaultSelector):
    """For a world whose simulators are all in this process, or as if they were.

    A loop that waits without a limit, with no socket but the one by which it wakes itself, waits
    for ever. mosaik 3.6 has such scenarios (seed 453), with simulators in Python alone as well.
    They are cancelled, and end as they would by Ctrl-C.
    """

    loop = None

    def select(self, timeout=None):
        if timeout is None and len(self.get_map()) == 1:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            return []
        return super().select(timeout)


class Run:
    """One world with its simulators started as the command line says."""

    def __init__(self, how, go, **options):
        ERRORS.clear()
        Collector.all.clear()
        self.how, self.go = how, go
        self.servers = []
        self.out = {}
        config = {'Collector': {'python': 'scenarios:Collector'}}
        for name, cls in sims.SIMS.items():
            config[cls.__name__] = self.starter(name, cls)
        self.world = mosaik.World(config, debug=True, skip_greetings=True, configure_logging=False, **options)

    def starter(self, name, cls):
        how = self.how.get(name, 'python')
        if how == 'python':
            return {'python': f'sims:{cls.__name__}'}
        if how == 'pycmd':
            return starter(sys.executable, os.path.abspath(sims.__file__), name)
        if how == 'blocking':
            return Blocking([self.go, name])
        return starter(self.go, name)

    def start(self, cls, **params):
        if self.how.get(cls.lower()) == 'connect':
            with socket.socket() as s:
                s.bind(('127.0.0.1', 0))
                addr = f'127.0.0.1:{s.getsockname()[1]}'
            self.servers.append(subprocess.Popen([self.go, cls.lower(), '--remote', '-t', '20', addr]))
            wait_for(addr)
            self.world._async_world.sim_config[cls] = {'connect': addr}
        return self.world.start(cls, **params)

    def collect(self, *sources):
        monitor = self.world.start('Collector').Monitor()
        for entity, *attrs in sources:
            self.world.connect(entity, monitor, *attrs)

    def run(self, until, **options):
        self.world.run(until=until, print_progress=False, shutdown=False, **options)

    def finish(self):
        self.world.shutdown()
        self.out['servers'] = [s.wait(20) for s in self.servers]
        self.out['errors'] = list(ERRORS)
        self.out['data'] = list(Collector.all)
        self.out['graph'] = graph(self.world)
        return self.out


def wait_for(addr):
    """Wait until somebody listens, without connecting: a simulator accepts one connection."""
    port = '%04X' % int(addr.split(':')[1])
    for _ in range(2000):
        with open('/proc/net/tcp') as f:
            if any(line.split()[1].endswith(':' + port) and line.split()[3] == '0A' for line in f.readlines()[1:]):
                return
        time.sleep(0.01)
    raise TimeoutError(addr)


def graph(world):
    g = world.execution_graph

    def name(node):
        return f'{node[0]}~{node[1]}'
    return {
        'nodes': sorted([name(n), data.get('inputs')] for n, data in g.nodes(data=True)),
        'edges': sorted([name(a), name(b)] for a, b in g.edges),
    }


def scenario_model(r):
    """The first tutorial: a model and a collector."""
    model = r.start('Model', step_size=2)
    a = model.ExampleModel(init_val=1)
    b = model.ExampleModel.create(2, init_val=0.1)
    r.collect(*[(e, 'val', 'delta') for e in [a, *b]])
    r.out['scaled'] = model.scale(3, eid='Model_1')
    r.run(7)


def scenario_controller(r):
    """The second tutorial: a controller acts on the model."""
    model = r.start('Model', eid_prefix='m.')
    agents = r.start('Controller')
    models = [model.ExampleModel(init_val=i) for i in range(-2, 3, 2)]
    for i, m in enumerate(models):
        agent = agents.Agent(limit=3 + i)
        r.world.connect(m, agent, ('val', 'val_in'))
        r.world.connect(agent, m, 'delta', time_shifted=1)
    r.collect(*[(m, 'val', 'delta') for m in models])
    r.run(20)


def scenario_loop(r):
    """A same-time loop."""
    with r.world.group():
        first = r.start('Halver')
        second = r.start('Halver')
        a, b = first.Halver(start=7.7), second.Halver()
        r.world.connect(a, b, ('y', 'x'))
        r.world.connect(b, a, ('y', 'x'), weak=True)
    r.world.set_initial_event('Halver-0')
    r.collect((a, 'y'), (b, 'y'))
    r.run(12)


def scenario_setpoints(r):
    """Asynchronous requests, and inputs set by them."""
    model = r.start('Model')
    agents = r.start('Agents')
    models = model.ExampleModel.create(3, init_val=0.1)
    for agent, m in zip(agents.Agent.create(2), models):
        r.world.connect(m, agent, async_requests=True)
    r.collect(*[(m, 'val', 'delta') for m in models])
    r.run(9)


def scenario_realtime(r):
    """A simulator that sets its own events."""
    clock = r.start('Clock')
    c = clock.Clock()
    r.world.set_initial_event('Clock-0')
    r.collect((c, 'tick'))
    r.run(4, rt_factor=0.05)


def scenario_notrealtime(r):
    clock = r.start('Clock')
    c = clock.Clock()
    r.world.set_initial_event('Clock-0')
    r.collect((c, 'tick'))
    r.run(4)


def scenario_grid(r):
    """Children, relations, any inputs, initial data, time shifts."""
    model = r.start('Model')
    grid = r.start('Grid')
    g = grid.Grid(nodes=2, extra={'a': [1, None]})
    r.out['extra'] = [g.extra_info, [c.full_id for c in g.children], [c.model for c in g.children]]
    m = model.ExampleModel.create(2, init_val=5)
    r.world.connect(m[0], g.children[0], ('val', 'p'))
    r.world.connect(m[1], g.children[0], ('val', 'p'), time_shifted=2, initial_data={'val': -1.5})
    r.world.connect(m[1], g, ('val', 'anything'))
    r.world.connect(m[1], g, ('delta', 'go'), time_shifted=1)
    r.world.connect(g.children[0], m[0], ('v', 'delta'), time_shifted=1)
    r.collect((g, 'log'), (g.children[0], 'p', 'v'), (m[0], 'val'))
    r.run(11)


def scenario_values(r):
    """Values of all kinds through a chain."""
    echo = r.start('Echo')
    values = [0.0, -0.0, 1, 1.0, 2**53 + 1, 2**70, 1e300, 5e-324, math.inf, -math.inf, math.nan, True, None, '', 'é\ud800',
              [1, [2.0]], {'b': 1, 'a': {'': None}}, 420.0, 4000]
    entities = [echo.Echo(value=v) for v in values]
    other = r.start('Echo')
    sinks = [other.Echo(value=None) for _ in values]
    for e, s in zip(entities, sinks):
        r.world.connect(e, s, ('y', 'x'))
    r.collect(*[(e, 'y') for e in entities], *[(s, ('y', 'z')) for s in sinks])
    r.run(2)


def scenario_failures(r):
    """A controller that raises ends the run; the connection goes on."""
    model = r.start('Model')
    agents = r.start('Controller')
    a, b = model.ExampleModel.create(2)
    agent = agents.Agent()
    r.world.connect(a, agent, ('val', 'val_in'))
    r.world.connect(b, agent, ('val', 'val_in'))
    r.collect((a, 'val'))
    r.run(5)
    r.out['scaled'] = model.scale(factor=2)


def scenario_random(r, seed=0):
    rng = random.Random(seed)
    kinds = ['time-based', 'event-based', 'hybrid']
    grouped = rng.random() < 0.5
    context = r.world.group() if grouped else Nothing()
    entities = []
    with context:
        for i in range(rng.randint(2, 4)):
            kind = rng.choice(kinds)
            sim = r.start('Rand', seed=rng.randrange(10**6), kind=kind)
            if kind == 'event-based' and rng.random() < 0.7:
                r.world.set_initial_event(f'Rand-{i}', time=rng.randint(0, 2))
            made = sim.R.create(rng.randint(1, 3), start=rng.choice([0, 1.5, -3]))
            entities.append((i, kind, made))
        for i, _, a in entities:
            for j, _, b in entities:
                if i == j or rng.random() < 0.5:
                    continue
                for _ in range(rng.randint(1, 2)):
                    src, dest = rng.choice(a), rng.choice(b)
                    pair = (rng.choice(['out_p', 'out_e']), rng.choice(['in_a', 'in_b']))
                    options = {}
                    if i > j:
                        options = {'weak': True} if grouped and rng.random() < 0.4 else {'time_shifted': rng.randint(1, 2)}
                        options['initial_data'] = {pair[0]: rng.choice([0.5, -2])}
                    try:
                        r.world.connect(src, dest, pair, **options)
                    except mosaik.exceptions.ScenarioError:
                        r.out['refused'] = r.out.get('refused', 0) + 1
    r.collect(*[(e, 'out_p', 'out_e') for _, _, made in entities for e in made])
    r.run(rng.randint(3, 15), lazy_stepping=rng.random() < 0.5)


class Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


SCENARIOS = {name.removeprefix('scenario_'): f for name, f in list(globals().items()) if name.startswith('scenario_')}


def one(name, how, go, args, **options):
    r = Run(how, go, **options)
    try:
        SCENARIOS[name](r, **args)
    except (Exception, asyncio.CancelledError) as e:
        r.out['raised'] = [type(e).__name__, str(e)]
    return r.finish()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('name')
    parser.add_argument('out')
    parser.add_argument('--go')
    parser.add_argument('--with', dest='how', action='append', default=[])
    parser.add_argument('--args', default='{}')
    parser.add_argument('--seeds', help='FIRST:END, for random: both languages, compared here')
    a = parser.parse_args()
    how = dict(w.split('=') for w in a.how)
    if a.seeds:
        result = compare(range(*map(int, a.seeds.split(':'))), a.go)
    else:
        result = one(a.name, how, a.go, json.loads(a.args))
    with open(a.out, 'w') as f:
        json.dump({key: json.dumps(value) for key, value in result.items()}, f)


def compare(seeds, go):
    """Run random scenarios with both languages, and tell which differ."""
    differ = []
    steps = stuck = 0
    for seed in seeds:
        def run(seed=seed, **how):
            selector = Selector()
            loop = selector.loop = asyncio.SelectorEventLoop(selector)
            try:
                return one('random', how, go, {'seed': seed}, cache=seed % 4 != 0, asyncio_loop=loop)
            finally:
                loop.close()

        python, other = run(), run(rand='blocking')
        steps += len(python['graph']['nodes'])
        stuck += python.get('raised', [''])[0] == 'CancelledError'
        for key in sorted(set(python) | set(other)):
            a, b = (json.dumps(x.get(key), sort_keys=True) for x in (python, other))
            if a != b:
                differ.append([seed, key, a[:2000], b[:2000]])
    return {'scenarios': len(seeds), 'steps': steps, 'stuck': stuck, 'differ': differ}


if __name__ == '__main__':
    sys.modules['scenarios'] = sys.modules['__main__']
    main()
