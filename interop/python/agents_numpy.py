"""NumPy arrays as the codec guide sends them, and an agent that makes and checks them."""

import aiomas
import numpy as np


def get_np_serializer():
    """Return the serializer of the codec guide.

    What the guide calls tostring() and fromstring() has had these names since NumPy 1.9 and 1.14.
    """
    return np.ndarray, _serialize_ndarray, _deserialize_ndarray


def _serialize_ndarray(obj):
    return {
        'type': obj.dtype.str,
        'shape': obj.shape,
        'data': obj.tobytes(),
    }


def _deserialize_ndarray(obj):
    array = np.frombuffer(obj['data'], dtype=np.dtype(obj['type']))
    return array.reshape(obj['shape'])


def make(dtype, shape, order):
    """Return an array of small numbers, the same for each dtype as far as it can hold them."""
    n = int(np.prod(shape, dtype=int))
    kind = np.dtype(dtype).kind
    values = np.arange(n) % 100
    if kind in 'if':
        values = values - 50
    if kind == 'f':
        values = values / 4
    if kind == 'c':
        values = (values - 50) / 4 + 1j * values
    if kind == 'b':
        values = values % 3 == 0
    if kind in 'mM':
        values = values.astype('i8').view('i8')
    return np.asarray(values.astype(dtype).reshape(shape), order=order)


class Arrays(aiomas.Agent):
    """Makes arrays and looks at those of others."""

    @aiomas.expose
    def make(self, dtype, shape, order='C'):
        return make(dtype, shape, order)

    @aiomas.expose
    def slice(self, dtype, shape):
        """Return every second element of an array in each dimension: no memory of its own."""
        return make(dtype, shape, 'C')[tuple(slice(None, None, 2) for _ in shape)]

    @aiomas.expose
    def check(self, array, dtype, shape, order='C'):
        """Tell what is wrong with an array that should be like ours."""
        want = make(dtype, shape, order)
        if type(array) is not np.ndarray:
            return 'it is a %s' % type(array).__name__
        if array.dtype.str != want.dtype.str or array.shape != want.shape:
            return 'it is %s%r' % (array.dtype.str, array.shape)
        # The longer floats of some machines have bytes in them that mean nothing.
        exact = array.dtype.char in 'gG' or array.tobytes() == want.tobytes()
        if not exact or not np.array_equal(array, want):
            return 'it is %r' % array
        return ''

    @aiomas.expose
    def dtypes(self):
        """Return all numeric dtypes of this machine, in both byte orders."""
        names = set()
        for code in '?' + np.typecodes['AllInteger'] + np.typecodes['AllFloat']:
            for order in '<>':
                names.add(np.dtype(code).newbyteorder(order).str)
        return sorted(names) + ['<M8[us]', '<m8[ns]', '>M8[D]']

    @aiomas.expose
    def half(self, values):
        """Return the bits of float32 values as float16."""
        with np.errstate(over='ignore'):
            return np.array(values, dtype='f4').astype('f2').view('u2').tolist()

    @aiomas.expose
    async def ask(self, url, method, array):
        """Send an array to another agent."""
        agent = await self.container.connect(url)
        return await getattr(agent, method)(array)
