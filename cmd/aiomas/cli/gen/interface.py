# What Python source exposes to aiomas, read by ast alone: nothing of it is imported or run. The standard input is
# JSON, [{"path", "source" in base64}, ...], and so is the output, which python.go describes.
import ast
import base64
import json
import sys

EXPOSE = {'aiomas.expose', 'aiomas.rpc.expose', 'aiomas.rpc.Service.expose', 'aiomas.rpc.Router.expose'}
AGENTS = {'aiomas.Agent', 'aiomas.agent.Agent'}
SERVICE = {'aiomas.rpc.Service', 'aiomas.Service'}
DICTS = {'aiomas.rpc.ServiceDict', 'aiomas.ServiceDict'}
MANAGER = ast.parse('''
class Manager:
    def spawn(self, qualname: str, *args, **kwargs):
        """Create a new instance of an agent and return a proxy to it and its address."""
    def set_time(self, time: float) -> None:
        """Set the time of the agent's container."""
    def stop(self) -> None:
        """Stop the container and its process."""
''').body[0]


class Bad(Exception):
    pass


class File:
    def __init__(self, path, source):
        self.path = path
        self.names = {}    # as it is called here: what it is
        self.classes = {}  # qualified name: node
        self.defs = {}     # functions of the module
        self.values = {}   # assigned once at the top: the expression
        self.notes = []
        self.told = set()
        try:
            self.tree = parse(source)
        except SyntaxError as e:
            raise Bad('%s:%s: %s (Python %d.%d)' % ((path, e.lineno or 1, e.msg) + sys.version_info[:2]))
        except ValueError as e:
            raise Bad('%s: %s' % (path, e))
        self.text = self.tree_text(source)
        assigned = {}
        self.scan(self.tree.body, '', assigned)
        self.values = {k: v[0] for k, v in assigned.items() if len(v) == 1}

    @staticmethod
    def tree_text(source):
        import io
        import tokenize
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        return source.decode(encoding)

    def note(self, node, text):
        self.notes.append({'line': node.lineno, 'text': text})

    def scan(self, body, prefix, assigned):
        for n in body:
            if isinstance(n, ast.Import):
                for a in n.names:
                    if a.asname:
                        self.names[a.asname] = a.name
                    else:
                        top = a.name.split('.')[0]
                        self.names[top] = top
            elif isinstance(n, ast.ImportFrom):
                module = '.' * n.level + (n.module or '')
                for a in n.names:
                    self.names[a.asname or a.name] = module + ('' if module.endswith('.') else '.') + a.name
            elif isinstance(n, ast.ClassDef):
                self.classes[prefix + n.name] = n
                self.scan(n.body, prefix + n.name + '.', None)
            elif isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if assigned is not None:
                    self.defs[n.name] = n
                    assigned.setdefault(n.name, []).append(n)
            elif isinstance(n, (ast.Assign, ast.AnnAssign)) and assigned is not None and n.value is not None:
                for t in getattr(n, 'targets', None) or [n.target]:
                    if isinstance(t, ast.Name):
                        assigned.setdefault(t.id, []).append(n.value)
            elif type(n).__name__ == 'TypeAlias' and assigned is not None:
                assigned.setdefault(n.name.id, []).append(n.value)
            elif isinstance(n, ast.Expr) and isinstance(n.value, ast.Call) and prefix == '':
                c = n.value  # expose(add)
                if self.name(c.func) in EXPOSE and len(c.args) == 1 and isinstance(c.args[0], ast.Name):
                    self.names['exposed ' + c.args[0].id] = ''
            for part in ('body', 'orelse', 'finalbody', 'handlers'):
                if isinstance(n, (ast.If, ast.Try, ast.With, ast.For, ast.While, ast.ExceptHandler)):
                    self.scan(getattr(n, part, []), prefix, assigned if isinstance(n, ast.Try) else
                              None if assigned is None else {})

    def name(self, n):
        """What a dotted name stands for, '' if it is none."""
        if isinstance(n, ast.Attribute):
            left = self.name(n.value)
            return left + '.' + n.attr if left else ''
        if isinstance(n, ast.Name):
            return self.names.get(n.id, n.id)
        return ''

    def source(self, n):
        return ' '.join((ast.get_source_segment(self.text, n) or '?').split())

    def literal(self, n, depth=0):
        if isinstance(n, ast.Constant):
            v = n.value
            if v is None or v is True or v is False:
                return {'k': str(v)}
            if isinstance(v, int):
                return {'k': 'int', 'v': '0x%x' % v if v.bit_length() > 1000 else str(v)}
            if isinstance(v, float):
                return {'k': 'float', 'v': repr(v)}
            if isinstance(v, str) and v.encode('utf-8', 'ignore').decode() == v:
                return {'k': 'str', 'v': v}
            if isinstance(v, bytes):
                return {'k': 'bytes', 'v': base64.b64encode(v).decode()}
        elif isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub):
            x = self.literal(n.operand)
            if x['k'] in ('int', 'float'):
                return {'k': x['k'], 'v': x['v'][1:] if x['v'].startswith('-') else '-' + x['v']}
        elif isinstance(n, (ast.List, ast.Tuple)):
            items = [self.literal(e) for e in n.elts]
            if all(i['k'] != 'expr' for i in items):
                return {'k': 'list' if isinstance(n, ast.List) else 'tuple', 'a': items}
        elif isinstance(n, ast.Dict) and None not in n.keys:
            items = [self.literal(e) for kv in zip(n.keys, n.values) for e in kv]
            if all(i['k'] != 'expr' for i in items):
                return {'k': 'dict', 'a': items}
        elif isinstance(n, ast.Name) and n.id in self.values and depth < 10:
            return self.literal(self.values[n.id], depth + 1) if isinstance(self.values[n.id], ast.expr) else \
                {'k': 'expr', 'v': self.source(n)}
        return {'k': 'expr', 'v': self.source(n)}

    def hint(self, n, scope='', depth=0):
        """A hint as a tree: n is the name of what it is, a its arguments."""
        if n is None:
            return None
        if depth > 30:
            return {'n': '?', 'text': self.source(n)}
        if type(n).__name__ == 'Index':  # Python 3.8
            return self.hint(n.value, scope, depth)
        if isinstance(n, ast.Constant):
            if n.value is None:
                return {'n': 'None'}
            if n.value is Ellipsis:
                return {'n': '...'}
            if isinstance(n.value, str):
                whole = self.text
                try:
                    parsed = ast.parse(n.value.strip(), mode='eval').body
                    self.text = n.value.strip()
                    return self.hint(parsed, scope, depth + 1)
                except (SyntaxError, ValueError):
                    pass
                finally:
                    self.text = whole
            return {'n': '?', 'text': repr(n.value)}
        if isinstance(n, ast.BinOp) and isinstance(n.op, ast.BitOr):
            parts = []
            for side in (n.left, n.right):
                h = self.hint(side, scope, depth + 1)
                parts += h['a'] if h['n'] == 'Union' else [h]
            return {'n': 'Union', 'a': parts}
        if isinstance(n, ast.Subscript):
            base = self.hint(n.value, scope, depth + 1)
            name = base['n']
            inner = n.slice.value if type(n.slice).__name__ == 'Index' else n.slice
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if name == 'Literal':
                return {'n': name, 'lit': [self.literal(i) for i in items]}
            if name == 'Annotated':
                return self.hint(items[0], scope, depth + 1)
            args = [self.hint(i, scope, depth + 1) if not isinstance(i, ast.List) else {'n': '?', 'text': '[]'}
                    for i in items]
            return {'n': name, 'a': args}
        name = self.name(n)
        if name in self.values and name not in self.classes:
            v = self.values[name]
            if isinstance(v, ast.Call):
                f = self.name(v.func)
                if f == 'typing.NewType' and len(v.args) == 2:
                    return self.hint(v.args[1], scope, depth + 1)
                if f == 'typing.TypeVar':
                    return {'n': 'Any'}
            elif isinstance(v, ast.expr):
                return self.hint(v, scope, depth + 1)
        if not name:
            return {'n': '?', 'text': self.source(n)}
        for module in ('typing.', 'typing_extensions.', 'builtins.', 'collections.abc.', 'collections.'):
            if name.startswith(module):
                name = name[len(module):]
        while scope and scope + '.' + name not in self.classes:
            scope = scope.rpartition('.')[0]
        return {'n': scope + '.' + name if scope else name}

    def signature(self, f, bound, scope):
        comments = None
        if f.type_comment:
            try:
                comments = ast.parse(f.type_comment, mode='func_type')
            except SyntaxError:
                self.note(f, 'the type comment of %s cannot be read' % f.name)
        a = f.args
        positional = list(getattr(a, 'posonlyargs', [])) + a.args
        n_only = len(getattr(a, 'posonlyargs', []))
        defaults = [None] * (len(positional) - len(a.defaults)) + a.defaults
        params = [(p, 'only' if i < n_only else 'normal', d) for i, (p, d) in enumerate(zip(positional, defaults))]
        if bound:
            if not params and not a.vararg:
                self.note(f, '%s has no self: nobody can call it' % f.name)
            params = params[1:]
        if a.vararg:
            params.append((a.vararg, 'args', None))
        params += [(p, 'keyword', d) for p, d in zip(a.kwonlyargs, a.kw_defaults)]
        if a.kwarg:
            params.append((a.kwarg, 'kwargs', None))
        out = []
        for i, (p, kind, d) in enumerate(params):
            h = self.hint(p.annotation, scope)
            if h is None and p.type_comment:
                h = self.hint(ast.Constant(p.type_comment, kind=None, lineno=p.lineno), scope)
            if h is None and comments is not None and len(comments.argtypes) == len(params):
                h = self.hint(comments.argtypes[i], scope)
            out.append({'name': p.arg, 'kind': kind, 'hint': h, 'default': self.literal(d) if d is not None else None})
        result = self.hint(f.returns, scope)
        if result is None and comments is not None:
            result = self.hint(comments.returns, scope)
        if any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own(f)):
            self.note(f, '%s is a generator: its result cannot travel' % f.name)
        return {'name': f.name, 'line': f.lineno, 'doc': doc(f), 'params': out, 'result': result}


def parse(source):
    try:
        return ast.parse(source, type_comments=True)
    except SyntaxError:
        return ast.parse(source)


def own(f):
    """The nodes of a function without those of functions in it."""
    todo = list(f.body)
    while todo:
        n = todo.pop()
        yield n
        if not isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo += ast.iter_child_nodes(n)


def doc(n):
    return ast.get_docstring(n) or ''


def statements(body):
    for n in body:
        yield n
        if isinstance(n, (ast.If, ast.Try, ast.With)):
            for part in ('body', 'orelse', 'finalbody'):
                yield from statements(getattr(n, part, []))
            for h in getattr(n, 'handlers', []):
                yield from statements(h.body)


class Reader:
    def __init__(self, files):
        self.files = files

    def find(self, file, name, scope=''):
        """The class of that name, in its file."""
        while scope:
            if scope + '.' + name in file.classes:
                return file, scope + '.' + name
            scope = scope.rpartition('.')[0]
        if name in file.classes:
            return file, name
        module, _, last = name.rpartition('.')
        for f in self.files:
            if f.path.replace('\\', '/').rsplit('/', 1)[-1] == module.rpartition('.')[2] + '.py' and last in f.classes:
                return f, last
        if module:  # imported, perhaps from where it is not defined
            found = [(f, last) for f in self.files if last in f.classes]
            if len(found) == 1:
                return found[0]
        return None

    def mro(self, file, name, seen=()):
        """The class and its bases, in the order in which methods are looked for, and the bases of other files."""
        node, outside, lists = file.classes[name], [], []
        bases = []
        for b in node.bases:
            full = file.name(b.value if isinstance(b, ast.Subscript) else b)
            found = self.find(file, full, name.rpartition('.')[0])
            if found and found not in seen and found != (file, name):
                chain, more = self.mro(found[0], found[1], seen + ((file, name),))
                lists.append(chain)
                bases.append(found)
                outside += more
            else:
                outside.append((file, b, full))
        merged, lists = [(file, name)], lists + [bases]
        while any(lists):
            lists = [l for l in lists if l]
            for l in lists:
                if not any(l[0] in other[1:] for other in lists):
                    break
            else:
                raise Bad('%s:%d: the bases of %s have no order' % (file.path, node.lineno, name))
            head = l[0]
            merged.append(head)
            lists = [[x for x in l if x != head] for l in lists]
        return merged, outside

    def service_name(self, file, n, cls, line):
        """The service that an expression makes, by its name, or ''."""
        if isinstance(n, ast.Call):
            full = file.name(n.func)
            if full in DICTS:
                return self.dict_service(file, n, cls, line)
            found = self.find(file, full)
            return found[1] if found else ''
        if isinstance(n, ast.Name) and isinstance(file.values.get(n.id), ast.Call):
            call = file.values[n.id]
            return n.id if file.name(call.func) in DICTS else self.service_name(file, call, cls, line)
        return ''

    def service(self, file, name):
        node = file.classes[name]
        chain, outside = self.mro(file, name)
        agent = any(full in AGENTS or full.endswith('subproc.Manager') and full.startswith('aiomas') for _, _, full in outside)
        methods, subs, is_service, attrs = {}, {}, agent, {}
        for file_, full in reversed(chain):
            cls = file_.classes[full]
            router = {'router'}
            for n in statements(cls.body):
                targets = []
                if isinstance(n, ast.Assign):
                    targets = [t.id for t in n.targets if isinstance(t, ast.Name)]
                elif isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name):
                    targets = [n.target.id]
                    attrs[n.target.id] = (file_, file_.hint(n.annotation, full), n)
                value = getattr(n, 'value', None) if targets else None
                if isinstance(value, ast.Call) and file_.name(value.func) in SERVICE:
                    is_service = True
                    router |= set(targets)
                    for arg in value.args + [k.value for k in value.keywords if k.arg == 'sub_routers']:
                        names = file_.literal(arg)
                        if names['k'] not in ('list', 'tuple'):
                            file_.note(arg, 'the sub-services of %s are no list of names' % full)
                        for s in names.get('a', []):
                            subs[s.get('v', '')] = n
                elif isinstance(value, ast.Call) and file_.name(value.func) in EXPOSE and len(value.args) == 1 \
                        and isinstance(value.args[0], ast.Name) and value.args[0].id in methods:
                    m = methods[value.args[0].id]
                    for t in targets:
                        methods[t] = (m[0], m[1], True, m[3])
                elif isinstance(value, ast.Name) and value.id in methods:
                    for t in targets:
                        methods[t] = methods[value.id]
                elif value is not None:
                    for t in targets:
                        methods.pop(t, None)
                        attrs.setdefault(t, (file_, None, n))
                if not isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    continue
                marks, others, static = False, [], False
                for d in n.decorator_list:
                    dotted = file_.name(d)
                    if dotted in EXPOSE or dotted.endswith('.expose') and dotted.rpartition('.')[0] in router | {
                            a + '.router' for a in AGENTS}:
                        marks = True
                    elif dotted.rpartition('.')[2] == 'expose' and not dotted.startswith('aiomas'):
                        marks = True  # its name is all that this file says of it
                        others.append('%s is taken for aiomas.expose' % dotted)
                    elif dotted == 'staticmethod':
                        static = True
                    elif dotted != 'classmethod':
                        others.append('@%s may change its signature' % file_.source(d))
                methods[n.name] = (file_, n, marks, (full, static, others))
        for f_, base, full in outside:
            if full.startswith('aiomas') and full.endswith('subproc.Manager'):
                known = {n.name: (f_, n, True, (name, False, [])) for n in MANAGER.body}
                methods = dict(known, **methods)
            elif full not in AGENTS and full not in ('object', 'ABC', 'abc.ABC', 'typing.Generic', 'typing.Protocol', 'Generic'):
                if any(m[2] for m in methods.values()) or is_service:
                    f_.note(base, 'the base class %s of %s is not in the files that were read: what it exposes is missing'
                            % (f_.source(base), name))
        exposed = []
        for wire, (file_, f, marks, (scope, static, others)) in methods.items():
            if not marks:
                continue
            for o in others:
                if o.endswith('is taken for aiomas.expose'):
                    if o not in file_.told:  # once is enough
                        file_.told.add(o)
                        file_.note(f, o)
                else:
                    file_.note(f, '%s: %s' % (wire, o))
            m = file_.signature(f, not static, scope)
            m['name'] = wire
            if wire.startswith('__') and not wire.endswith('__'):
                m['name'] = '_' + scope.rpartition('.')[2].lstrip('_') + wire
            m['path'] = file_.path
            exposed.append(m)
        subs = [self.sub(file, name, chain, s, n, attrs) for s, n in self.added(chain, subs).items()]
        if not (exposed or subs):
            return None
        return {'name': name, 'path': file.path, 'line': node.lineno, 'doc': doc(node), 'agent': agent,
                'methods': exposed, 'subs': subs}

    def added(self, chain, subs):
        for file, full in chain:
            for n in ast.walk(file.classes[full]):
                if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and \
                        isinstance(n.func.value, ast.Attribute) and n.func.value.attr == 'router':
                    arg = {'add': 0, 'set_sub_router': 1}.get(n.func.attr)
                    if arg is not None and len(n.args) > arg:
                        s = file.literal(n.args[arg])
                        if s['k'] == 'str':
                            subs.setdefault(s['v'], n)
                        else:
                            file.note(n, 'the name of a sub-service of %s is not a literal' % full)
        return subs

    def sub(self, file, name, chain, attr, node, attrs):
        cls = ''
        for file_, full in chain:
            for f in file_.classes[full].body:
                if not isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    continue
                hints = {a.arg: a.annotation for a in f.args.args}
                for n in ast.walk(f):
                    targets = n.targets if isinstance(n, ast.Assign) else [n.target] if isinstance(n, ast.AnnAssign) else []
                    for t in targets:
                        if isinstance(t, ast.Attribute) and t.attr == attr and isinstance(t.value, ast.Name) and not cls:
                            cls = self.service_name(file_, n.value, name + '.' + attr, n)
                            hint = hints.get(getattr(n.value, 'id', '')) or getattr(n, 'annotation', None)
                            if hint is not None:
                                cls = file_.hint(hint, full)['n']
        if not cls and attr in attrs:
            file_, hint, n = attrs[attr]
            cls = hint['n'] if hint else self.service_name(file_, n.value, name + '.' + attr, n)
        if not cls:
            file.note(node, 'the class of the sub-service %s of %s is not known' % (attr, name))
        return {'name': attr, 'service': cls}

    def dict_service(self, file, call, name, node):
        methods, subs = [], []
        entries = call.args[0] if call.args else None
        if isinstance(entries, ast.Name) and isinstance(file.values.get(entries.id), ast.Dict):
            entries = file.values[entries.id]
        if entries is not None and not isinstance(entries, ast.Dict):
            file.note(call, 'the ServiceDict %s is not a literal dict' % name)
            entries = None
        for k, v in zip(entries.keys, entries.values) if entries is not None else ():
            key = file.literal(k) if k is not None else {'k': 'expr', 'v': '**'}
            if key['k'] != 'str':
                file.note(v, 'a name of the ServiceDict %s is not a literal' % name)
                continue
            if isinstance(v, ast.Call) and file.name(v.func) in EXPOSE and v.args:
                v, exposed = v.args[0], True
            else:
                exposed = False
            if isinstance(v, ast.Name) and v.id in file.defs and not isinstance(file.values.get(v.id, v), ast.Call):
                f = file.defs[v.id]
                if exposed or any(file.name(d) in EXPOSE for d in f.decorator_list) or 'exposed ' + v.id in file.names:
                    m = file.signature(f, False, '')
                    m['name'], m['path'] = key['v'], file.path
                    methods.append(m)
                else:
                    file.note(v, '%s of the ServiceDict %s is not exposed' % (v.id, name))
                continue
            cls = self.service_name(file, v, name + '.' + key['v'], v)
            if not cls:
                file.note(v, 'what %s of the ServiceDict %s is, is not known' % (key['v'], name))
            subs.append({'name': key['v'], 'service': cls})
        self.dicts.append({'name': name, 'path': file.path, 'line': node.lineno, 'doc': '', 'agent': False,
                           'methods': methods, 'subs': subs})
        return name

    def type(self, file, name):
        """A class whose objects travel, or None."""
        node = file.classes[name]
        decorators = [file.name(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
        kinds = {'aiomas.serializable': 'serializable', 'aiomas.codecs.serializable': 'serializable',
                 'dataclasses.dataclass': 'dataclass'}
        kind = [kinds[d] for d in decorators if d in kinds]
        chain, outside = self.mro(file, name)
        bases = {full.rpartition('.')[2] for _, _, full in outside}
        form = 'dataclass' if 'dataclass' in kind else 'init'
        if 'serializable' in kind or 'dataclass' in kind:
            travels = 'serializable' if 'serializable' in kind else 'dataclass'
        elif 'NamedTuple' in bases:
            travels, form = 'list', 'dataclass'
        elif 'TypedDict' in bases:
            travels, form = 'dict', 'dataclass'
        else:
            return None
        fields = {}
        if form == 'dataclass':
            for file_, full in reversed(chain):
                for n in file_.classes[full].body:
                    if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name):
                        h = file_.hint(n.annotation, full)
                        if h['n'] in ('ClassVar', 'dataclasses.KW_ONLY'):
                            continue
                        if h['n'] == 'dataclasses.InitVar':
                            file_.note(n, '%s.%s is an InitVar: it does not travel' % (name, n.target.id))
                            continue
                        fields[n.target.id] = h
        else:
            for file_, full in chain:
                inits = [n for n in file_.classes[full].body if isinstance(n, ast.FunctionDef) and n.name == '__init__']
                if inits:
                    for p in file_.signature(inits[-1], True, full)['params']:
                        if p['kind'] in ('args', 'kwargs'):
                            file_.note(inits[-1], '%s: *%s is no attribute' % (name, p['name']))
                        else:
                            fields[p['name']] = p['hint']
                    break
        return {'name': name, 'path': file.path, 'line': node.lineno, 'doc': doc(node), 'travels': travels,
                'fields': [{'name': k, 'hint': h} for k, h in fields.items()]}

    def read(self):
        self.dicts, services, types = [], [], []
        for file in self.files:
            for name in file.classes:
                t = self.type(file, name)
                if t:
                    types.append(t)
                s = self.service(file, name)
                if s:
                    services.append(s)
            for name, v in file.values.items():
                if isinstance(v, ast.Call) and file.name(v.func) in DICTS:
                    self.dict_service(file, v, name, v)
        notes = sorted({(f.path, n['line'], n['text']) for f in self.files for n in f.notes})
        return {'services': services + self.dicts, 'types': types,
                'notes': [{'path': p, 'line': l, 'text': t} for p, l, t in notes]}


def main():
    try:
        files = [File(f['path'], base64.b64decode(f['source'])) for f in json.load(sys.stdin)]
        answer = Reader(files).read()
    except Bad as e:
        answer = {'error': str(e)}
    json.dump(answer, sys.stdout)


main()
