"""Programs that fail in every form in which a Python prints an exception.

Each case is a program for a service module: the function ``call`` raises (or
returns, where the case says so) the exception that is then reported to a peer.
"""
import collections

Case = collections.namedtuple('Case', 'name source since module returned')

CASES = []


def case(name, source, since=(3, 8), module='service', returned=False):
    """Add a case.

    *since* is the first Python that can run it, *module* the ``__name__`` under
    which the program runs.  With *returned*, ``call`` returns the exception
    instead of raising it: no traceback is attached to it.
    """
    CASES.append(Case(name, source, since, module, returned))


def raising(name, expression, **kwds):
    """Add a case that raises the value of *expression*."""
    case(name, 'def call():\n    raise {}\n'.format(expression), **kwds)


# --- type names --------------------------------------------------------------
raising('value_error', "ValueError('boom')")
raising('main_module', "ValueError('boom')", module='__main__')
case('type_of_module', """
class Bad(Exception):
    pass

def call():
    raise Bad('of a module')
""", module='mypkg.errors')
case('type_of_main', """
class Bad(Exception):
    pass

def call():
    raise Bad('of the main module')
""", module='__main__')
case('type_nested', """
class Outer:
    class Inner(Exception):
        pass

def call():
    raise Outer.Inner('nested')
""")
case('type_local', """
def call():
    class Local(Exception):
        pass
    raise Local('defined in a function')
""", module='__main__')
case('type_local_without_message', """
def call():
    class Local(Exception):
        pass
    raise Local
""")
case('type_unicode', """
class Größenfehler(Exception):
    pass

def call():
    raise Größenfehler('zu groß: 日本語 🎉')
""")
case('type_with_hyphen', """
class Bad(Exception):
    pass

def call():
    raise Bad('module name with a hyphen')
""", module='my-service')
raising('type_with_space', "type('My Error', (Exception,), {})('made by type()')", module='__main__')
case('type_of_no_module', """
class Bad(Exception):
    __module__ = 7

def call():
    raise Bad('module is not a string')
""", since=(3, 10))
raising('type_lower_case', "__import__('struct').error('unpack requires a buffer of 4 bytes')")
raising('type_lower_case_alone', "__import__('zlib').error")
raising('cancelled', "__import__('asyncio').CancelledError")
raising('keyboard_interrupt', 'KeyboardInterrupt')
raising('system_exit', 'SystemExit(3)')
raising('stop_iteration', "StopIteration('x')")
raising('assertion', 'AssertionError')

# --- messages ----------------------------------------------------------------
raising('no_message', 'KeyError')
raising('empty_message', "ValueError('')")
raising('message_none', 'ValueError(None)')
raising('message_none_text', "ValueError('None')")
raising('message_space', "ValueError(' ')")
raising('message_of_args', "ValueError('a', 1, None)")
raising('message_with_colons', "ValueError('a: b: c: ')")
raising('key_error', "KeyError('name')")
raising('key_error_quote', 'KeyError("it\'s \\n a key")')
case('key_error_object', r"""
class Key:
    def __repr__(self):
        return 'Key(\n  1,\n)'

def call():
    raise KeyError(Key())
""")
raising('os_error', "FileNotFoundError(2, 'No such file or directory', 'a: b.txt')")
case('unicode_decode', r"""
def call():
    b'ab\xff\xfe'.decode('utf-8')
""")
case('unicode_encode', r"""
def call():
    'a\udcff\u20ac'.encode('ascii')
""")
raising('json_decode', "__import__('json').JSONDecodeError('Expecting value', 'a\\nb', 2)")
raising('multi_line', "ValueError('first\\nsecond\\n  third')")
raising('leading_newline', "ValueError('\\nsecond')")
raising('trailing_newline', "ValueError('first\\n')")
raising('trailing_newlines', "ValueError('first\\n\\n\\n')")
raising('only_newlines', "ValueError('\\n\\n')")
raising('blank_lines', "ValueError('first\\n\\n\\nfourth')")
raising('carriage_return', "ValueError('first\\r\\nsecond\\rthird')")
raising('line_separators', "ValueError('a\\x0bb\\x0cc\\x1cd\\x85e\\u2028f')")
raising('tabs', "ValueError('\\ta\\tb')")
raising('zero_byte', "ValueError('a\\0b')")
raising('message_like_type', "ValueError('first\\nOther: thing\\nmypkg.Third: x')")
raising('message_like_frames', """ValueError('first\\n  File "x.py", line 1, in f\\n    f()\\nOther: thing')""")
raising('message_like_header', "ValueError('first\\nTraceback (most recent call last):\\nthat was all')")
raising('message_like_separator', """ValueError(
        'first\\n\\nDuring handling of the above exception, another exception occurred:\\n\\nand more text')""")
raising('message_like_group', """ValueError(
        'first\\n  + Exception Group Traceback (most recent call last):\\n  | x\\n  +-+---------------- 1 ----------------')""")
case('message_whole_traceback', """
import traceback

def call():
    try:
        1 / 0
    except ZeroDivisionError:
        text = traceback.format_exc()
    raise RuntimeError('worker failed:\\n' + text)
""")
case('message_whole_traceback_stripped', """
import traceback

def call():
    try:
        1 / 0
    except ZeroDivisionError:
        text = traceback.format_exc()
    raise RuntimeError('worker failed:\\n' + text.strip())
""")
case('message_starts_with_traceback', """
import traceback

def call():
    try:
        1 / 0
    except ZeroDivisionError:
        text = traceback.format_exc()
    raise RuntimeError(text)
""")
case('message_whole_chain', """
import traceback

def call():
    try:
        try:
            1 / 0
        except ZeroDivisionError:
            raise KeyError('inner')
    except KeyError:
        text = traceback.format_exc()
    raise RuntimeError('worker failed:\\n' + text)
""")
case('message_whole_chain_in_chain', """
import traceback

def call():
    try:
        try:
            1 / 0
        except ZeroDivisionError:
            raise KeyError('inner')
    except KeyError:
        raise RuntimeError('worker failed:\\n' + traceback.format_exc())
""")
case('str_fails', """
class Bad(Exception):
    def __str__(self):
        raise RuntimeError('no text')

def call():
    raise Bad
""")
case('str_not_a_string', """
class Bad(Exception):
    def __str__(self):
        return 42

def call():
    raise Bad
""")
case('name_suggestion', """
def call():
    values = 1
    return vales
""")
case('attribute_suggestion', """
class Model:
    speed = 1

def call():
    return Model().sped
""")
case('import_error', """
def call():
    from sys import vrsion
""")
case('module_not_found', """
def call():
    import no_such_module
""")
case('wrong_call', """
def call():
    def add(a, b):
        return a + b
    add(1)
""")

# --- frames ------------------------------------------------------------------
case('frames', """
class Service:
    def run(self):
        return [self.step(n) for n in range(2)]

    def step(self, n):
        return (lambda: self.table['missing'][n])()

    table = {}

def call():
    return Service().run()
""")
case('frames_of_statement_lines', """
def call():
    values = [
        1,
        2,

        3,
        4 + (
            'a'
            -

            2
        ),
        5,
    ]
""")
case('frames_without_source', """
def call():
    exec('def f():\\n    raise ValueError("no source")\\n\\nf()\\n')
""")
case('frames_with_odd_file', """
def call():
    exec(compile('def f():\\n    raise ValueError("odd")\\n\\nf()\\n', 'a", line 3, in x.py', 'exec'))
""")
case('frames_with_space_in_func', """
def call():
    def f():
        raise ValueError('renamed')
    f.__code__ = f.__code__.replace(co_name='a b: c')
    f()
""")
case('recursion', """
def call(n=50):
    if n == 0:
        raise ValueError('deep')
    call(n - 1)
""")
case('recursion_once', """
def call(n=4):
    if n == 0:
        raise ValueError('deep')
    call(n - 1)
""")
case('recursion_error', """
import sys

def down():
    down()

def call():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(150)
    try:
        down()
    finally:
        sys.setrecursionlimit(limit)
""")
case('carets', """
def call():
    a = {'x': 1, 'y': None}
    return a['x'] + 2 * a['y']['z'] + a['x']
""")
case('generator', """
def numbers():
    yield 1
    raise ValueError('in a generator')

def call():
    return sum(n for n in numbers())
""")
case('coroutine', """
import asyncio

async def handler():
    await asyncio.sleep(0)
    raise ValueError('in a coroutine')

def call():
    coro = handler()
    while True:
        coro.send(None)
""")

# --- syntax errors -----------------------------------------------------------
def syntax(name, code, **kwds):
    case(name, 'def call():\n    compile({!r}, "job.py", "exec")\n'.format(code), **kwds)

syntax('syntax_error', 'x = (1,\ny = 2\n')
syntax('syntax_error_range', 'f(a for a in b, c)\n')
syntax('syntax_error_unicode', 'größe = 1 +* 2\n')
syntax('syntax_error_indented', 'if 1:\n        x = = 2\n')
syntax('syntax_error_string', 'x = "never closed\n')
syntax('syntax_error_triple', 'a = 1\nx = """never\nclosed: at all\nFoo: bar\n')
syntax('syntax_error_fstring', 'x = 1\ny = f"""a\nb {x y} c\nd: e {x!z}\n"""\n')
syntax('syntax_error_continued', 'x = (\n  1\n  2\n  "a\n)\n')
syntax('syntax_error_backslash', 'x = 1 + \\\n  2 3\n')
syntax('syntax_error_zero', 'x = 1\0\n')
syntax('syntax_error_eof', 'def f():')
syntax('indentation_error', 'def f():\nreturn 1\n')
syntax('tab_error', 'if 1:\n        a = 1\n\tb = 2\n')
syntax('syntax_error_return', 'return 1\n')
syntax('syntax_error_formfeed', 'x = 1\n\x0cy = = 2\n')
raising('syntax_error_message_only', "SyntaxError('only a message')")
raising('syntax_error_no_detail', 'SyntaxError')
raising('syntax_error_file_only', "SyntaxError('bad', ('job.py', None, None, None))")
raising('syntax_error_no_text', "SyntaxError('bad', ('job.py', 7, None, None))")
raising('syntax_error_no_offset', "SyntaxError('bad', ('job.py', 7, None, '  x = 1\\n'))")
raising('syntax_error_lines_of_text', "SyntaxError('bad', ('job.py', 7, 3, '  x = (\\nfoo: 1\\nbar\\n'))")
raising('syntax_error_multi_line', "SyntaxError('bad\\nOther: thing', ('job.py', 7, 3, 'x = 1'))")
raising('syntax_error_returned', "SyntaxError('bad', ('job.py', 7, 3, 'x = 1'))")
case('syntax_error_not_raised', """
def call():
    return SyntaxError('bad', ('job.py', 7, 3, 'x = 1'))
""", returned=True)
case('syntax_error_subclass', """
class TemplateError(SyntaxError):
    pass

def call():
    raise TemplateError('bad: template', ('job.tpl', 7, 3, 'x = 1'))
""")
case('syntax_error_chained', """
def call():
    try:
        compile('x = = 1', 'job.py', 'exec')
    except SyntaxError as exc:
        raise RuntimeError('job.py does not compile') from exc
""")

# --- not raised --------------------------------------------------------------
case('not_raised', """
def call():
    return ValueError('never raised')
""", returned=True)
case('not_raised_without_message', """
def call():
    return KeyError()
""", returned=True)
case('not_raised_multi_line', """
def call():
    return ValueError('first\\nsecond')
""", returned=True)
case('not_raised_chained', """
def call():
    exc = ValueError('never raised')
    exc.__cause__ = KeyError('neither was this')
    return exc
""", returned=True)
case('not_raised_lower_case', """
class bad(Exception):
    pass

def call():
    return bad('never raised')
""", returned=True)

# --- chains ------------------------------------------------------------------
case('context', """
def call():
    try:
        {}['name']
    except KeyError:
        raise ValueError('no name')
""")
case('cause', """
def call():
    try:
        {}['name']
    except KeyError as exc:
        raise ValueError('no name') from exc
""")
case('cause_none', """
def call():
    try:
        {}['name']
    except KeyError:
        raise ValueError('no name') from None
""")
case('cause_not_raised', """
def call():
    raise ValueError('no name') from KeyError('never raised')
""")
case('cause_not_raised_without_message', """
def call():
    raise ValueError from KeyError
""")
case('chain_in_handler', """
def call():
    try:
        {}['name']
    except KeyError:
        undefined_name
""")
case('chain_of_five', """
class First(Exception):
    pass

def call():
    try:
        try:
            try:
                try:
                    raise First('one\\nand a half')
                except First as exc:
                    raise KeyError('two') from exc
            except KeyError:
                raise ValueError
        except ValueError as exc:
            raise RuntimeError('four: \\n\\nfour and a half\\n') from exc
    except RuntimeError:
        raise OSError(5, 'five')
""")
case('chain_of_many', """
def call():
    exc = None
    for n in range(30):
        try:
            if n % 2:
                raise ValueError('number %d' % n) from exc
            try:
                if exc is not None:
                    raise exc
            finally:
                raise KeyError(n)
        except Exception as e:
            exc = e
    raise exc
""")
case('chain_blank_lines', """
def call():
    try:
        raise ValueError('ends in a newline\\n')
    except ValueError:
        raise KeyError('second')
""")
case('chain_of_syntax_errors', """
def call():
    try:
        compile('x = = 1', 'job.py', 'exec')
    except SyntaxError:
        compile('y = = 1', 'job2.py', 'exec')
""")
case('chain_loop', """
def call():
    a, b = ValueError('a'), KeyError('b')
    a.__context__, b.__context__ = b, a
    raise a
""")

# --- tracebacks of others in the message -------------------------------------
REMOTE = """
import traceback
from aiomas.exceptions import RemoteException

def remote(func, origin=('127.0.0.1', 5555)):
    # What a channel makes of the reply of a peer on which func() failed.
    try:
        func()
    except Exception as exc:
        text = ''.join(traceback.format_exception(exc.__class__, exc, exc.__traceback__))
    raise RemoteException(origin, text)

def divide():
    1 / 0

def chained():
    try:
        divide()
    except ZeroDivisionError as exc:
        raise KeyError('chained') from exc

def lines():
    raise ValueError('first\\nsecond: x\\n\\nfourth')
"""
case('remote', REMOTE + """
def call():
    remote(divide)
""")
case('remote_lines', REMOTE + """
def call():
    remote(lines)
""")
case('remote_without_origin', REMOTE + """
def call():
    remote(divide, None)
""")
case('remote_chained', REMOTE + """
def call():
    remote(chained)
""")
case('remote_of_remote', REMOTE + """
def call():
    remote(lambda: remote(divide), 'unix socket')
""")
case('remote_of_remote_chained', REMOTE + """
def middle():
    try:
        remote(chained)
    except RemoteException:
        raise ValueError('in the middle')

def call():
    remote(lambda: remote(middle))
""")
case('remote_as_context', REMOTE + """
def call():
    try:
        remote(divide)
    except RemoteException:
        raise ValueError('the peer failed')
""")
case('remote_chained_as_cause', REMOTE + """
def call():
    try:
        remote(chained)
    except RemoteException as exc:
        raise ValueError('the peer failed') from exc
""")
case('remote_chained_on_both_sides', REMOTE + """
def inner():
    try:
        remote(chained)
    except RemoteException as exc:
        raise ValueError('the peer of my peer failed') from exc

def call():
    try:
        divide()
    except ZeroDivisionError:
        try:
            remote(inner)
        except RemoteException:
            remote(chained)
""")
case('remote_syntax_error', REMOTE + """
def call():
    remote(lambda: compile('x = = 1', 'job.py', 'exec'))
""")
case('remote_text', REMOTE + """
def call():
    raise RemoteException(('127.0.0.1', 5555), 'busy')
""")
case('remote_not_raised', REMOTE + """
def call():
    raise RemoteException(('127.0.0.1', 5555), 'ValueError: never raised\\n')
""")
case('remote_raised_twice', REMOTE + """
def call():
    try:
        remote(divide)
    except RemoteException as exc:
        try:
            raise KeyError('in between')
        except KeyError:
            raise exc
""")
POOL = """
import traceback
from concurrent.futures.process import _RemoteTraceback

def in_pool(func):
    # What a ProcessPoolExecutor makes of an exception of one of its workers.
    try:
        func()
    except Exception as exc:
        text = ''.join(traceback.format_exception(type(exc), exc, exc.__traceback__))
        exc.__traceback__ = exc.__context__ = None
        exc.__cause__ = _RemoteTraceback('\\n\"\"\"\\n%s\"\"\"' % text)
        return exc

def work():
    1 / 0

def chained():
    try:
        work()
    except ZeroDivisionError:
        raise KeyError('chained')
"""
case('pool', POOL + """
def call():
    raise in_pool(work)
""")
case('pool_chained', POOL + """
def call():
    raise in_pool(chained)
""")
case('pool_in_pool', POOL + """
def inner():
    raise in_pool(chained)

def call():
    raise in_pool(inner)
""")
case('pool_of_remote', REMOTE + POOL.replace('chained', 'chained2') + """
def call():
    try:
        remote(lambda: (_ for _ in ()).throw(in_pool(chained2)))
    except RemoteException:
        raise ValueError('last')
""")

# --- notes -------------------------------------------------------------------
def noted(name, expression, *notes):
    lines = ['def call():', '    exc = ' + expression]
    lines += ['    exc.add_note({!r})'.format(n) for n in notes]
    case(name, '\n'.join(lines + ['    raise exc', '']), since=(3, 11))

noted('note', "ValueError('boom')", 'a note')
noted('notes', "ValueError('boom')", 'first note', 'second: note', 'third\nof two lines')
noted('note_empty', "ValueError('boom')", '')
noted('note_without_message', 'ValueError()', 'a note', 'second: note')
noted('note_like_type', 'ValueError()', 'Other: thing')
noted('note_of_lines', "ValueError('first\\nsecond')", 'a note')
noted('note_of_key_error', "KeyError('k')", 'a note')
noted('note_of_group', "ExceptionGroup('several', [ValueError(1)])", 'a note\nof two lines', 'second note')
case('notes_not_a_list', """
def call():
    exc = ValueError('boom')
    exc.__notes__ = 42
    raise exc
""", since=(3, 11))
case('notes_not_strings', """
def call():
    exc = ValueError()
    exc.__notes__ = [1, None]
    raise exc
""", since=(3, 11))
case('note_of_syntax_error', """
def call():
    try:
        compile('x = = 1', 'job.py', 'exec')
    except SyntaxError as exc:
        exc.add_note('a note')
        raise
""", since=(3, 11))
case('note_in_chain', """
def call():
    try:
        raise ValueError
    except ValueError as exc:
        exc.add_note('a note')
        raise KeyError('k') from exc
""", since=(3, 11))

# --- groups ------------------------------------------------------------------
GROUP = """
def failed(func):
    try:
        func()
    except BaseException as exc:
        return exc

def chained():
    try:
        {}['name']
    except KeyError as exc:
        raise ValueError('no name\\nat all') from exc

def group():
    raise ExceptionGroup('inner', [failed(chained), TypeError('int')])

def group_as_cause():
    try:
        group()
    except ExceptionGroup as exc:
        raise RuntimeError('because of a group') from exc
"""


def grouped(name, body):
    case(name, GROUP + '\ndef call():\n' + body, since=(3, 11))


grouped('group', """
    raise ExceptionGroup('several', [ValueError('one'), KeyError('two')])
""")
grouped('group_of_one', """
    raise ExceptionGroup('', [ValueError])
""".replace('ValueError', 'ValueError()'))
grouped('group_base', """
    raise BaseExceptionGroup('several', [KeyboardInterrupt(), SystemExit(3)])
""")
grouped('group_raised', """
    raise ExceptionGroup('several', [failed(chained), failed(lambda: 1 / 0)])
""")
grouped('group_nested', """
    raise ExceptionGroup('outer', [ValueError('one'), failed(group), KeyError('three')])
""")
grouped('group_nested_last', """
    raise ExceptionGroup('outer', [ValueError('one'), failed(group)])
""")
grouped('group_nested_deep', """
    exc = ValueError('innermost')
    for n in range(5):
        exc = ExceptionGroup('level %d' % n, [exc, KeyError(n)] if n % 2 else [KeyError(n), exc])
    raise exc
""")
grouped('group_too_deep', """
    exc = ValueError('innermost')
    for n in range(13):
        exc = ExceptionGroup('level %d' % n, [exc])
    raise exc
""")
grouped('group_too_wide', """
    raise ExceptionGroup('wide', [ValueError(n) for n in range(20)])
""")
grouped('group_one_too_wide', """
    raise ExceptionGroup('wide', [ValueError(n) for n in range(16)])
""")
grouped('group_in_chain', """
    try:
        group()
    except ExceptionGroup:
        raise ValueError('after the group')
""")
grouped('group_of_chain', """
    try:
        chained()
    except ValueError as exc:
        raise ExceptionGroup('several', [KeyError('k')]) from exc
""")
grouped('group_after_group', """
    try:
        group()
    except ExceptionGroup:
        raise ExceptionGroup('second', [ValueError('of the second')])
""")
grouped('group_holds_chain_with_group', """
    raise ExceptionGroup('outer', [failed(group_as_cause), KeyError('last')])
""")
grouped('group_holds_chain_with_group_last', """
    raise ExceptionGroup('outer', [KeyError('first'), failed(group_as_cause)])
""")
grouped('group_line_separators', """
    raise ExceptionGroup('several', [ExceptionGroup('a\\x0bb\\x0cc\\x1cd\\x85e\\u2028f\\rg\\r\\nh', [KeyError('k')])])
""")
grouped('group_messages', """
    raise ExceptionGroup('of\\n\\nlines: x\\n', [
        ValueError('first\\nOther: thing\\n  | margin\\n  +-+---------------- 1 ----------------'),
        ValueError('\\n'),
        ValueError(''),
    ])
""")
grouped('group_notes', """
    one, two = ValueError(), KeyError('k')
    one.add_note('a note')
    group = ExceptionGroup('several', [one, two])
    group.add_note('note: of the group')
    raise group
""")
grouped('group_not_raised_inside', """
    raise ExceptionGroup('outer', [ExceptionGroup('inner', [ValueError('x')])])
""")
grouped('group_syntax_error', """
    raise ExceptionGroup('several', [failed(lambda: compile('x = = 1', 'job.py', 'exec')), KeyError('k')])
""")
case('group_subclass', """
class Failures(ExceptionGroup):
    def __str__(self):
        return 'all of it failed'

def call():
    raise Failures('several', [ValueError('one')])
""", since=(3, 11))
case('group_not_raised', """
def call():
    return ExceptionGroup('several', [ValueError('one'), KeyError('two')])
""", since=(3, 11), returned=True)
case('group_remote', REMOTE + GROUP.replace('chained', 'chained2') + """
def call():
    remote(group)
""", since=(3, 11))
case('group_remote_chained', REMOTE + GROUP.replace('chained', 'chained2') + """
def call():
    try:
        remote(group_as_cause)
    except RemoteException:
        raise ValueError('last')
""", since=(3, 11))
case('group_of_remotes', REMOTE + GROUP.replace('chained', 'chained2') + """
def call():
    raise ExceptionGroup('peers', [
        failed(lambda: remote(chained)),
        failed(lambda: remote(divide)),
        failed(lambda: remote(group)),
    ])
""", since=(3, 11))
