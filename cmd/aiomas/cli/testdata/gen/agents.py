"""An agent for the tests of gen go: serves one, or calls one at an address."""
import asyncio
import signal
import sys

import aiomas
import arrow


class Trader(aiomas.Agent):
    @aiomas.expose
    async def bid(self, price: float, at: arrow.Arrow, unit: str = 'EUR') -> str:
        return '%s %s at %s' % (price, unit, at.isoformat())


async def main(addr=None):
    container = await aiomas.Container.create(('127.0.0.1', 0 if addr else int(sys.argv[-1])), as_coro=True)
    if addr:
        trader = await container.connect(addr)
        print(trader, await trader.bid(1.5, arrow.get('2020-01-02T03:04:05+00:00'), unit='USD'))
        return
    print('ready', Trader(container).addr, flush=True)
    stop = asyncio.Event()
    asyncio.get_event_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(main(*sys.argv[1:2] if sys.argv[1] != 'serve' else ()))
