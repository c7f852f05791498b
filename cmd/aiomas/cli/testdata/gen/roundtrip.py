"""Prints what differs between the signatures of table.py and those of client.py, which was made from Go made from it."""
import inspect
import typing

import client
import table

names = dict(vars(table), Point=client.Point, Line=client.Line, Span=client.Span, Sub=client.SubClient)
for name in ('Table', 'Sub'):
    cls, other = getattr(table, name), getattr(client, name + 'Client')
    if inspect.getdoc(cls) != inspect.getdoc(other):
        print(name, inspect.getdoc(other))
    exposed = [m for m in dir(cls) if hasattr(inspect.getattr_static(cls, m), '__rpc__')]
    assert exposed
    for m in exposed:
        f, g = getattr(cls, m), getattr(other, m)
        was, now = inspect.signature(f).parameters, inspect.signature(g).parameters
        for a, b in zip(was.values(), now.values()):
            if (a.name, a.kind) != (b.name, b.kind) or a.default != b.default and b.default is not ...:
                print(name, m, a, b)
        if len(was) != len(now) or f.__doc__ and inspect.getdoc(f) != inspect.getdoc(g):
            print(name, m, was, now, inspect.getdoc(g))
        was, now = typing.get_type_hints(f, names), typing.get_type_hints(g, vars(client))
        if was != now:
            print(name, m, was, now)
