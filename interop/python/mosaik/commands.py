"""Commands of simulators, in paths with spaces too."""

import shlex


def starter(*words):
    """A simulator of World's configuration that is started by this command.

    mosaik replaces %(…)s before it splits the command, and 3.6 leaves quotes where they are
    unless it is told to be posix.
    """
    return {'cmd': shlex.join(words).replace('%', '%%') + ' %(addr)s', 'posix': True}
