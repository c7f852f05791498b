"""What a value becomes on its way through a codec, said in the tagged form."""

from tagged import build, describe


def after(tagged, codec):
    """Return the tagged form of what *codec* decodes after it has encoded *tagged*."""
    if not isinstance(tagged, dict):
        return tagged
    kind = tagged['t']
    sequence = 'list' if codec == 'json' else 'tuple'
    if kind in ('list', 'tuple'):
        return {'t': sequence, 'v': [after(v, codec) for v in tagged['v']]}
    if kind == 'dict':
        return {'t': 'dict', 'v': _entries(tagged['v'], codec)}
    if kind == 'custom':
        return dict(tagged, data=after(tagged['data'], codec))
    if kind in ('repeat', 'nest'):
        of = sequence if tagged['of'] in ('list', 'tuple') else tagged['of']
        return dict(tagged, of=of, v=after(tagged['v'], codec))
    if kind == 'str' and 'wtf8' in tagged:
        return _join_surrogates(tagged)
    if kind == 'float' and codec == 'json':
        return {k: v for k, v in tagged.items() if k != 'bits'}
    return tagged


def _entries(entries, codec):
    if codec != 'json':
        return [[after(k, codec) if _kind(k) != 'tuple' else k, after(v, codec)] for k, v in entries]
    joined = {}  # by the text of the key: the first position and the last value stay
    for key, value in entries:
        key = after(_json_key(key), codec)
        joined[build(key)] = [key, after(value, codec)]
    return list(joined.values())


def _json_key(key):
    if _kind(key) == 'str':
        return key
    value = build(key)
    words = {None: 'null', True: 'true', False: 'false'}
    if value is None or isinstance(value, bool):
        return describe(words[value])
    if value != value:
        return describe('NaN')
    if value in (float('inf'), float('-inf')):
        return describe('Infinity' if value > 0 else '-Infinity')
    return describe(repr(value))


def _kind(tagged):
    return tagged['t'] if isinstance(tagged, dict) else None


def _join_surrogates(tagged):
    value = build(tagged)
    return describe(value.encode('utf-16-be', 'surrogatepass').decode('utf-16-be', 'surrogatepass'))
