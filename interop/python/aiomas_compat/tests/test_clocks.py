import asyncio

import aiomas
import arrow
import pytest

from helpers import run_skipping_time


@pytest.mark.parametrize('start, time, date', [
    ('2016-01-01T00:00:00', 0, '2016-01-01T00:00:00+00:00'),
    ('2016-01-01T00:00:00', 0.5, '2016-01-01T00:00:00.500000+00:00'),
    ('2016-02-28T23:59:59', 86401, '2016-03-01T00:00:00+00:00'),
    ('2010-03-27T00:00:00+01:00', -1, '2010-03-26T22:59:59+00:00'),
    (arrow.get('2016-03-27T00:59:59+00:00'), 1, '2016-03-27T01:00:00+00:00'),
])
def test_external_utcnow(start, time, date):
    async def run():
        return aiomas.ExternalClock(start, init_time=time).utcnow()
    assert asyncio.run(run()).isoformat() == date


def test_external_clock():
    async def run():
        clock = aiomas.ExternalClock('2016-01-01T00:00:00')
        called = []
        sleepers = [asyncio.ensure_future(f) for f in (
            clock.sleep(2, 'a'), clock.sleep_until(3, 'b'), clock.sleep_until(clock.utcnow().shift(seconds=4), 'c'))]
        clock.call_in(1, called.append, 'in')
        clock.call_at(clock.utcnow().shift(seconds=2), called.append, 'date')
        clock.call_at(3, called.append, 'never').cancel()
        clock.set_time(4)
        assert await asyncio.gather(*sleepers) == ['a', 'b', 'c']
        await asyncio.sleep(0)
        assert called == ['in', 'date']
        with pytest.raises(ValueError):
            clock.sleep_until(clock.utcnow())
    asyncio.run(run())


def test_asyncio_clock():
    async def run():
        clock = aiomas.AsyncioClock()
        assert abs((clock.utcnow() - arrow.utcnow()).total_seconds()) < 60
        started = clock.time()
        assert await clock.sleep(0.5, 'a') == 'a'
        assert clock.time() == pytest.approx(started + 0.5)
        assert await clock.sleep_until(started + 100) is None
        assert clock.time() == pytest.approx(started + 100)
        assert await clock.sleep_until(clock.utcnow().shift(seconds=1000), result='b') == 'b'
        assert clock.time() == pytest.approx(started + 1100, abs=60)
        assert await clock.sleep(0) is None
        with pytest.raises(ValueError):
            clock.sleep_until(started)
    run_skipping_time(run())


def test_sleep_can_be_cancelled():
    async def run():
        sleeper = asyncio.ensure_future(aiomas.AsyncioClock().sleep(60))
        await asyncio.sleep(0)
        sleeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeper
    asyncio.run(run())
