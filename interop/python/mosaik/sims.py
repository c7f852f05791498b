"""The simulators of the tests, in Python. interop/tests/mosaik/sims has the same in Go.

    sims.py NAME [options] HOST:PORT
"""

import sys

import mosaik_api_v3


class Model(mosaik_api_v3.Simulator):
    """Entities that count by delta: the example model of mosaik's tutorials."""

    def __init__(self):
        super().__init__({
            'type': 'hybrid',
            'models': {'ExampleModel': {
                'public': True, 'params': ['init_val'], 'attrs': ['delta', 'val'], 'trigger': ['delta'],
            }},
            'extra_methods': ['scale'],
        })
        self.entities = {}

    def init(self, sid, time_resolution, step_size=1, eid_prefix='Model_'):
        self.step_size = step_size
        self.eid_prefix = eid_prefix
        return self.meta

    def create(self, num, model, init_val=0):
        made = []
        for _ in range(num):
            eid = f'{self.eid_prefix}{len(self.entities)}'
            self.entities[eid] = [1, init_val]
            made.append({'eid': eid, 'type': model})
        return made

    def scale(self, factor, eid=None):
        for name, e in self.entities.items():
            if eid is None or eid == name:
                e[1] *= factor
        return [e[1] for e in self.entities.values()]

    def step(self, time, inputs, max_advance):
        for eid, e in self.entities.items():
            values = inputs.get(eid, {}).get('delta', {})
            if values:
                total = 0
                for v in values.values():
                    total += v
                e[0] = total
            e[1] += e[0]
        return time + self.step_size

    def get_data(self, outputs):
        return {eid: {attr: self.entities[eid][attr == 'val'] for attr in attrs} for eid, attrs in outputs.items()}


class Controller(mosaik_api_v3.Simulator):
    """Agents that turn the model around at a limit."""

    def __init__(self):
        super().__init__({
            'type': 'event-based',
            'models': {'Agent': {'public': True, 'params': ['limit'], 'attrs': ['val_in', 'delta']}},
        })
        self.limits = {}
        self.data = {}

    def create(self, num, model, limit=3):
        made = []
        for _ in range(num):
            eid = f'Agent_{len(self.limits)}'
            self.limits[eid] = limit
            made.append({'eid': eid, 'type': model})
        return made

    def step(self, time, inputs, max_advance):
        self.data = {}
        self.time = time
        for eid, attrs in inputs.items():
            values = list(attrs.get('val_in', {}).values())
            if len(values) != 1:
                raise RuntimeError(f'{len(values)} values for {eid}')
            if values[0] >= self.limits[eid]:
                self.data[eid] = -1
            elif values[0] <= -self.limits[eid]:
                self.data[eid] = 1
        return None

    def get_data(self, outputs):
        data = {}
        for eid, attrs in outputs.items():
            if eid in self.data and 'delta' in attrs:
                data[eid] = {'delta': self.data[eid]}
        if data:
            data['time'] = self.time
        return data


class Halver(mosaik_api_v3.Simulator):
    """Two of these in a same-time loop send a value to each other, halved, until it is small."""

    def __init__(self):
        super().__init__({
            'type': 'event-based',
            'models': {'Halver': {'public': True, 'params': ['start'], 'attrs': ['x', 'y']}},
        })
        self.eids = []
        self.out = {}

    def create(self, num, model, start=0.0):
        self.start = start
        made = [{'eid': f'h{len(self.eids) + i}', 'type': model} for i in range(num)]
        self.eids += [e['eid'] for e in made]
        return made

    def step(self, time, inputs, max_advance):
        self.out = {}
        for eid in self.eids:
            values = inputs.get(eid, {}).get('x', {})
            if values:
                x = sum(values.values()) / 2
                if abs(x) >= 0.1:
                    self.out[eid] = x
            elif self.start:
                self.out[eid] = self.start
        return time + 5 if self.start and not inputs else None

    def get_data(self, outputs):
        return {eid: {'y': self.out[eid]} for eid in outputs if eid in self.out}


class Agents(mosaik_api_v3.Simulator):
    """Asks mosaik in the middle of its steps, and sets inputs of others."""

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'Agent': {'public': True, 'params': [], 'attrs': ['seen']}},
        })
        self.eids = []
        self.seen = {}

    def init(self, sid, time_resolution):
        self.sid = sid
        return self.meta

    def create(self, num, model):
        made = [{'eid': f'a.{len(self.eids) + i}', 'type': model} for i in range(num)]
        self.eids += [e['eid'] for e in made]
        return made

    def step(self, time, inputs, max_advance):
        progress = yield self.mosaik.get_progress()
        ids = [f'{self.sid}.{eid}' for eid in self.eids]
        related = yield self.mosaik.get_related_entities(ids)
        one = yield self.mosaik.get_related_entities(ids[0])
        graph = yield self.mosaik.get_related_entities()
        settings = {}
        for eid, full in zip(self.eids, ids):
            others = sorted(o for o in related[full] if related[full][o]['type'] == 'ExampleModel')
            data = yield self.mosaik.get_data({o: ['val', 'delta'] for o in others})
            total = 0
            for o in others:
                total += data[o]['val'] * 0.1
                settings.setdefault(full, {})[o] = {'delta': data[o]['delta'] + 0.3}
            self.seen[eid] = [
                progress >= 0, total, sorted(one), len(graph['nodes']), len(graph['edges']),
                sorted(graph['nodes'][full].items()),
            ]
        yield self.mosaik.set_data(settings)
        return time + 2

    def get_data(self, outputs):
        return {eid: {attr: self.seen.get(eid) for attr in attrs} for eid, attrs in outputs.items()}


class Clock(mosaik_api_v3.Simulator):
    """Event-based, and sets its own events in real time."""

    def __init__(self):
        super().__init__({
            'type': 'event-based',
            'models': {'Clock': {'public': True, 'params': [], 'attrs': ['tick']}},
        })
        self.steps = []

    def create(self, num, model):
        return [{'eid': 'clock', 'type': model}]

    def step(self, time, inputs, max_advance):
        self.steps.append(time)
        if time < 2:
            yield self.mosaik.set_event(time + 1)
        return None

    def get_data(self, outputs):
        return {'clock': {'tick': list(self.steps)}}


class Grid(mosaik_api_v3.Simulator):
    """A parent with children of a model that is not public, any inputs, relations."""

    def __init__(self):
        super().__init__({
            'type': 'hybrid',
            'models': {
                'Grid': {'public': True, 'params': ['nodes', 'extra'], 'attrs': ['log'], 'any_inputs': True, 'trigger': ['go'],
                         'non-persistent': []},
                'Node': {'public': False, 'params': [], 'attrs': ['p', 'v'], 'trigger': [], 'non-persistent': ['v']},
            },
        })
        self.nodes = {}
        self.count = 0
        self.log = []

    def setup_done(self):
        graph = yield self.mosaik.get_related_entities()
        self.log.append(['setup', len(graph['nodes'])])

    def create(self, num, model, nodes, extra=None):
        made = []
        for i in range(self.count, self.count + num):
            children = [{'eid': f'n{i}.{k}', 'type': 'Node', 'rel': [f'n{i}.{k - 1}'] if k else []} for k in range(nodes)]
            for c in children:
                self.nodes[c['eid']] = 0.0
            made.append({'eid': f'grid{i}', 'type': model, 'rel': [], 'children': children, 'extra_info': extra})
        self.count += num
        return made

    def step(self, time, inputs, max_advance):
        for eid, attrs in inputs.items():
            for attr, values in attrs.items():
                for source, value in values.items():
                    self.log.append([time, eid, attr, source, value])
                    if eid in self.nodes and attr == 'p' and value is not None:
                        self.nodes[eid] = self.nodes[eid] * 0.5 + value
        self.time = time
        return time + 3

    def get_data(self, outputs):
        data = {}
        for eid, attrs in outputs.items():
            data[eid] = {}
            for attr in attrs:
                if attr == 'log':
                    data[eid]['log'] = len(self.log)
                elif attr == 'p':
                    data[eid]['p'] = self.nodes[eid]
                elif attr == 'v' and self.time % 2 == 0:
                    data[eid]['v'] = -self.nodes[eid]
                    data['time'] = self.time + 1
        return data

    def finalize(self):
        self.log.append('finalize')


class Echo(mosaik_api_v3.Simulator):
    """Puts out what came in, whatever it is."""

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'Echo': {'public': True, 'params': ['value'], 'attrs': ['x', 'y']}},
        })
        self.values = {}

    def create(self, num, model, value):
        made = []
        for _ in range(num):
            eid = f'e{len(self.values)}'
            self.values[eid] = value
            made.append({'eid': eid, 'type': model})
        return made

    def step(self, time, inputs, max_advance):
        for eid, attrs in inputs.items():
            for value in attrs.get('x', {}).values():
                self.values[eid] = value
        return time + 1

    def get_data(self, outputs):
        return {eid: {'y': self.values[eid]} for eid in outputs}


MASK = 2**64 - 1


def mix(*parts):
    h = 0x243F6A8885A308D3
    for p in parts:
        h = ((h ^ p) * 0x9E3779B97F4A7C15) & MASK
        h ^= h >> 29
    return h


class Rand(mosaik_api_v3.Simulator):
    """Steps, events and values by a seed."""

    def __init__(self):
        super().__init__({})

    def init(self, sid, time_resolution, seed, kind):
        self.seed, self.kind = seed, kind
        model = {'public': True, 'params': ['start'], 'attrs': ['in_a', 'in_b', 'out_p', 'out_e']}
        if kind == 'hybrid':
            model['trigger'] = ['in_b'] if seed % 3 else []
            model['non-persistent'] = ['out_e']
        self.meta.update({'type': kind, 'models': {'R': model}})
        self.x = {}
        self.count = 0
        self.last, self.loops = -1, 0
        return self.meta

    def create(self, num, model, start):
        made = []
        for _ in range(num):
            eid = f'r.{len(self.x)}'
            self.x[eid] = start
            made.append({'eid': eid, 'type': model, 'rel': []})
        return made

    def step(self, time, inputs, max_advance):
        self.loops = self.loops + 1 if time == self.last else 0
        self.last = time
        self.count += 1
        for eid in self.x:
            attrs = inputs.get(eid, {})
            for attr in sorted(attrs):
                for source in sorted(attrs[attr]):
                    value = attrs[attr][source]
                    if value is not None:
                        self.x[eid] = self.x[eid] * 0.75 + value
            self.x[eid] += 0.1 * (1 + max_advance % 7)  # so that it is compared, too
        h = self.h = mix(self.seed, time, self.loops)
        if self.kind == 'time-based':
            return time + 1 + h % 3
        if h % 4 == 0:
            return None
        return time + 1 + h % 5

    def get_data(self, outputs):
        data = {}
        for i, (eid, attrs) in enumerate(sorted(outputs.items())):
            for attr in attrs:
                event = attr == 'out_e' or self.kind == 'event-based'
                if event and self.kind != 'time-based':
                    if self.loops > 3 or mix(self.h, i) % 3 == 0:
                        continue
                data.setdefault(eid, {})[attr] = self.x[eid] if attr == 'out_p' else self.x[eid] * 2
        if self.kind == 'event-based' and data and self.h % 7 == 0:
            data['time'] = self.last + self.h % 3
        return data


class Scale(mosaik_api_v3.Simulator):
    """Many entities, for measuring."""

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'S': {'public': True, 'params': [], 'attrs': ['p', 'q']}},
        })
        self.x = {}

    def create(self, num, model):
        made = [f's{len(self.x) + i}' for i in range(num)]
        self.x.update(dict.fromkeys(made, 0.0))
        return [{'eid': eid, 'type': model} for eid in made]

    def step(self, time, inputs, max_advance):
        for eid, attrs in inputs.items():
            for values in attrs.values():
                for v in values.values():
                    self.x[eid] = self.x[eid] * 0.5 + v + 1.0
        return time + 1

    def get_data(self, outputs):
        return {eid: {attr: self.x[eid] for attr in attrs} for eid, attrs in outputs.items()}


SIMS = {c.__name__.lower(): c for c in (Model, Controller, Halver, Agents, Clock, Grid, Echo, Rand, Scale)}

if __name__ == '__main__':
    sim = SIMS[sys.argv.pop(1)]()
    sys.exit(mosaik_api_v3.start_simulation(sim, configure_logging=False))
