"""A member of the town on Python's aiomas:  town.py [HOST:PORT]"""

import asyncio
import signal
import sys

import aiomas
import aiomas_compat  # noqa: F401  aiomas on the Pythons of today


class House(aiomas.Agent):
    def __init__(self, container, number):
        super().__init__(container)
        self.nr = number

    @aiomas.expose
    def number(self):
        return self.nr

    @aiomas.expose
    async def ask(self, addr):
        """Return the number of another house, of any member.

        The connection is its own: a container dials a peer once, and uses that connection also when it is lost.
        """
        at, aid = addr[len('tcp://'):].rsplit('/', 1)
        host, port = at.rsplit(':', 1)
        try:
            con = await aiomas.rpc.open_connection((host, int(port)))
            try:
                return await getattr(con.remote.agents, aid).number()
            finally:
                await con.close()
        except Exception as e:  # it cannot be reached, or is not there again yet
            raise ConnectionError(f'house {addr}: {e}') from e


class Town(aiomas.subproc.Manager):
    @aiomas.expose
    def sum(self):
        return sum(a.nr for a in self.container.agents.dict.values() if isinstance(a, House))


async def main():
    sys.modules.setdefault('town', sys.modules['__main__'])
    host, port = (sys.argv[1:] + ['0.0.0.0:5555'])[0].rsplit(':', 1)
    clock = aiomas.ExternalClock('2020-01-01T00:00:00')
    container = await aiomas.Container.create((host, int(port)), clock=clock, as_coro=True)
    town = Town(container)

    def stop():
        if not town.stop_received.done():
            town.stop()

    # As process 1 of a container, Python would ignore SIGTERM.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    print('ready', town.addr, flush=True)
    await town.stop_received
    await asyncio.sleep(0.2)  # replies to calls that have arrived
    await container.shutdown(as_coro=True)


if __name__ == '__main__':
    asyncio.run(main())
