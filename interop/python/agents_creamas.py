"""Agents of creamas 0.5.0, a library for creative agents on top of aiomas."""

import aiomas
from creamas import Artifact, CreativeAgent, Environment
from creamas.mp import EnvManager

from agents import DriverMixin

__all__ = ['Driver', 'Environment', 'Painter']


class Driver(DriverMixin, EnvManager):
    """The manager of an environment."""

    def __init__(self, environment):
        super().__init__(environment)
        environment.manager = self


class Painter(CreativeAgent):
    """Makes an artifact when it acts, and publishes it if the agents that it knows like it."""

    @aiomas.expose
    async def act(self, *args, **kwargs):
        artifact = Artifact(self, list(args), domain=list)
        self.add_artifact(artifact)
        opinions = {}
        for addr in self.connections:
            value, framing = await self.ask_opinion(addr, artifact)
            opinions[addr] = [value, framing]
        if opinions and min(value for value, _ in opinions.values()) > kwargs.get('threshold', 0.5):
            self.publish(artifact)
        return opinions

    @aiomas.expose
    def receive(self, artifact):
        """Return what an artifact is that came back."""
        return [type(artifact).__name__, artifact.creator, artifact.obj, artifact in self.A]

    @aiomas.expose
    async def make_act(self, addr, *args, **kwargs):
        """Let another agent act, as an environment does with its own."""
        agent = await self.connect(addr)
        return await agent.act(*args, **kwargs)

    @aiomas.expose
    async def introduce(self, addr, to, **kwargs):
        """Tell one agent of another."""
        agent = await self.connect(addr)
        added = await agent.add_connection(to, **kwargs)
        return [added, await agent.get_connections(), await agent.get_connections(data=True)]
