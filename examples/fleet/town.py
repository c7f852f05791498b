"""A member of the fleet of examples/fleet, on Python's aiomas:  town.py HOST:PORT"""

import asyncio
import os
import sys

import aiomas


class House(aiomas.Agent):
    def __init__(self, container, number):
        super().__init__(container)
        self.load = number % 10


class Town(aiomas.subproc.Manager):
    @aiomas.expose
    def load(self):
        """Return the load of all houses, at the container's time."""
        return sum(a.load for a in self.container.agents.dict.values() if isinstance(a, House))


async def main():
    sys.modules.setdefault('town', sys.modules['__main__'])
    host, port = sys.argv[1].rsplit(':', 1)
    clock = aiomas.ExternalClock('2020-01-01T00:00:00')
    container = await aiomas.Container.create((host, int(port)), clock=clock, as_coro=True)
    await Town(container).stop_received
    os._exit(0)  # Container.shutdown() is broken on Python 3.10 and newer


if __name__ == '__main__':
    asyncio.run(main())
