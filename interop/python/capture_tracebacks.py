"""Write the exceptions of this Python as aiomas sends them, and the facts.

    python capture_tracebacks.py internal/traceback/testdata

For every case of traceback_cases.py that this Python can run, the directory
``<testdata>/<major.minor>/`` gets

* ``<case>.txt``: the content of the EXCEPTION message, formatted by
  ``aiomas.channel.Request.fail`` itself;
* an entry in ``facts.json`` that says what the exception was, read from the
  exception object and never from the text.
"""
import asyncio
import json
import linecache
import os
import shutil
import sys
import traceback

import aiomas.channel

from traceback_cases import CASES

FILE = 'service.py'


class Wire:
    """A protocol and its codec, to which a request can reply: keeps the content."""

    _connection_lost = None

    def __init__(self):
        self.codec = self
        self.content = None

    def encode(self, message):
        msg_type, _msg_id, self.content = message
        assert msg_type == aiomas.channel.EXCEPTION
        return b''

    async def write(self, len_bytes, content):
        pass


def text_of(exc):
    """Return what aiomas sends to the peer whose request failed with *exc*."""
    wire = Wire()
    asyncio.run(aiomas.channel.Request(None, 0, wire).fail(exc))
    return wire.content


def run(case):
    """Run a case and return its exception."""
    source = case.source.lstrip('\n')
    linecache.cache[FILE] = (len(source), None, source.splitlines(True), FILE)
    namespace = {'__name__': case.module}
    exec(compile(source, FILE, 'exec'), namespace)
    try:
        exc = namespace['call']()
    except BaseException as e:
        exc = e
        exc.__traceback__ = exc.__traceback__.tb_next  # without the frame of this script
        assert not case.returned
    else:
        assert case.returned, '{} did not raise'.format(case.name)
    return exc


def frames_of(te):
    """Return the frames that are printed: a repeated one is printed three times."""
    frames, repeated = [], 0
    for f in te.stack:
        frame = {'file': f.filename, 'line': f.lineno, 'func': f.name}
        repeated = repeated + 1 if frames and frames[-1] == frame else 0
        if repeated < 3:
            frames.append(frame)
    if isinstance(te.lineno_of_syntax_error, int):
        frames.append({'file': te.filename or '<string>', 'line': te.lineno_of_syntax_error, 'func': ''})
    return frames


def facts_of(te, exc, depth=0):
    """Return what is known of *exc*; *te* is its TracebackException."""
    cls = type(exc)
    module = cls.__module__ if isinstance(cls.__module__, str) else '<unknown>'
    te.lineno_of_syntax_error = None
    message = str(te)
    if isinstance(exc, SyntaxError):
        message = exc.msg or '<no detail available>'
        if exc.lineno is not None:
            te.lineno_of_syntax_error = exc.lineno
        elif exc.filename is not None:
            message += ' ({})'.format(exc.filename)

    notes = getattr(exc, '__notes__', []) if sys.version_info >= (3, 11) else []
    if not isinstance(notes, list):
        notes = [repr(notes)]

    facts = {
        'type': cls.__qualname__ if module in ('__main__', 'builtins') else module + '.' + cls.__qualname__,
        'message': message,
        'notes': [line for note in notes for line in str(note).split('\n')],
        'frames': frames_of(te),
    }
    if te.__cause__ is not None:
        facts['cause'] = facts_of(te.__cause__, exc.__cause__, depth)
    elif te.__context__ is not None and not te.__suppress_context__:
        facts['context'] = facts_of(te.__context__, exc.__context__, depth)
    if getattr(te, 'exceptions', None) is not None:
        if depth > te.max_group_depth:
            return {'message': '... (max_group_depth is {})'.format(te.max_group_depth)}
        width = te.max_group_width
        facts['group'] = [facts_of(t, e, depth + (2 if depth == 0 else 1))
                          for t, e in zip(te.exceptions[:width], exc.exceptions)]
        more = len(te.exceptions) - width
        if more > 0:
            facts['group'].append({'message': 'and {} more exception{}'.format(more, 's' if more > 1 else '')})
    return facts


def main(testdata):
    directory = os.path.join(testdata, '{}.{}'.format(*sys.version_info))
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    facts = {}
    for case in CASES:
        if sys.version_info < case.since:
            continue
        exc = run(case)
        text = text_of(exc)
        for private in (sys.prefix, sys.base_prefix, os.getcwd(), os.path.dirname(os.path.abspath(__file__))):
            assert private not in text, (case.name, text)
        with open(os.path.join(directory, case.name + '.txt'), 'w', encoding='utf-8', newline='') as f:
            f.write(text)
        facts[case.name] = facts_of(traceback.TracebackException(type(exc), exc, exc.__traceback__), exc)
    with open(os.path.join(directory, 'facts.json'), 'w', encoding='utf-8', newline='') as f:
        json.dump(facts, f, indent=1, sort_keys=True)
        f.write('\n')
    print('{}: {} cases'.format(directory, len(facts)))


if __name__ == '__main__':
    main(*sys.argv[1:])
