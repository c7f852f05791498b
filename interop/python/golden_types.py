"""The custom types of the golden frames, and how they look in the tagged form."""

import arrow

from aiomas.codecs import serializable
from aiomas.util import arrow_serializer

from tagged import describe


@serializable
class Point:
    """What aiomas's decorator makes of a class with two fields."""

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Refuses:
    """Cannot be serialized although a serializer is registered."""

    def __repr__(self):
        return 'Refuses()'


class ObjectReference:
    """What carries a service in a message, its path."""

    def __init__(self, path):
        self.path = path

    @classmethod
    def serializer(cls):
        return cls, lambda reference: reference.path, cls


def _refuse(obj):
    raise ValueError('no')


SERIALIZERS = {
    'Point': Point.__serializer__,
    'complex': lambda: (complex, lambda z: [z.real, z.imag], lambda parts: complex(*parts)),
    'Arrow': arrow_serializer,
    'Refuses': lambda: (Refuses, _refuse, lambda data: Refuses()),
}

_OTHERS = {
    'set': {1, 2}, 'frozenset': frozenset(), 'range': range(3), 'object': object(), 'function': describe,
    'type': int, 'ellipsis': Ellipsis,
}


def build_custom(cls, data):
    """The *custom* callback of :func:`tagged.build`."""
    if cls == 'Point':
        return Point(**data)
    if cls == 'complex':
        return complex(*data)
    if cls == 'Arrow':
        return arrow.get(data)
    if cls == 'Refuses':
        return Refuses()
    return _OTHERS[cls]


def describe_custom(types):
    """Return the *custom* callback of :func:`tagged.describe` for a codec that
    has *types* registered in this order."""
    def described(obj):
        if isinstance(obj, Point):
            cls, data = 'Point', {'x': obj.x, 'y': obj.y}
        elif isinstance(obj, complex):
            cls, data = 'complex', [obj.real, obj.imag]
        elif isinstance(obj, arrow.Arrow):
            cls, data = 'Arrow', str(obj)
        elif isinstance(obj, ObjectReference):
            cls, data = 'object', obj.path
        elif type(obj).__name__ == 'ExtType':
            return {'t': 'ext', 'id': obj.code, 'data': describe(obj.data)}
        else:
            return None
        return {'t': 'custom', 'id': types.index(cls), 'class': cls, 'data': describe(data, described)}
    return described
