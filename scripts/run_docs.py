"""Does what a page of docs/ says: run_docs.py PAGE DIRECTORY

A block with a title is written to that file, a block of sh is run by bash, all in one, and of a block of text
each line must have been printed by then, or soon be.  What is still running in the end is stopped.
"""

import os
import re
import signal
import subprocess
import sys
import time

WAIT = 300  # seconds for a step


def main(page, directory):
    with open(page, encoding='utf-8') as f:
        blocks = re.findall(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', f.read(), re.M | re.S)
    os.makedirs(directory, exist_ok=True)
    log = os.path.join(directory, '.printed')
    with open(log, 'wb') as out:
        shell = subprocess.Popen(['bash', '-e'], stdin=subprocess.PIPE, stdout=out, stderr=out, cwd=directory, start_new_session=True)
    try:
        for number, (kind, title, text) in enumerate(blocks):
            if title:
                with open(os.path.join(directory, title), 'w', encoding='utf-8') as f:
                    f.write(text)
            elif kind == 'sh':
                run(shell, directory, number, text)
            elif kind == 'text':
                expect(log, text)
    except Failed as failed:
        with open(log, encoding='utf-8', errors='replace') as f:
            print(f.read())
        sys.exit('%s: %s' % (page, failed))
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
    print('%s: %d blocks work as they stand' % (page, len(blocks)))


class Failed(Exception):
    pass


def run(shell, directory, number, text):
    done = os.path.join(directory, '.done%d' % number)
    try:
        shell.stdin.write((text + 'touch .done%d\n' % number).encode())
        shell.stdin.flush()
    except BrokenPipeError:
        pass
    until(lambda: os.path.exists(done) or shell.poll() is not None)
    if not os.path.exists(done):
        raise Failed('this does not work:\n' + text)


def expect(log, text):
    def missing():
        with open(log, encoding='utf-8', errors='replace') as f:
            printed = f.read()
        return [line for line in text.splitlines() if line not in printed]

    if not until(lambda: not missing(), 30):
        raise Failed('this was not printed:\n' + '\n'.join(missing()))


def until(condition, seconds=WAIT):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


if __name__ == '__main__':
    main(*sys.argv[1:])
