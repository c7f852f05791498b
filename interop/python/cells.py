"""Many conformance peers in one container: one for each cell of the matrix.

    cells.py CELL...

Each CELL is ``NAME ENVIRONMENT ARGUMENTS...`` in one argument, separated by blanks:
ENVIRONMENT is the directory with the packages of that peer (aiomas as it is, or with
aiomas_compat and aiomas_fast), ARGUMENTS are those of peer.py.  For each peer that accepts connections
a line ``ready NAME ADDRESS`` is printed, and at last ``ready all``.  SIGTERM ends them
all, cleanly.
"""

import os
import signal
import subprocess
import sys


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    peers = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        for cell in sys.argv[1:]:
            name, environment, *args = cell.split()
            peers.append((name, subprocess.Popen(
                [sys.executable, os.path.join(here, 'peer.py'), *args],
                env=dict(os.environ, PYTHONPATH=environment), stdout=subprocess.PIPE, universal_newlines=True)))
        for name, peer in peers:
            line = peer.stdout.readline().strip()
            if not line.startswith('ready '):
                sys.exit('peer %s did not start' % name)
            print('ready', name, line[len('ready '):], flush=True)
        print('ready all', flush=True)
        while True:
            signal.pause()
    finally:
        for _, peer in peers:
            peer.terminate()
        for _, peer in peers:
            peer.wait()


if __name__ == '__main__':
    main()
