"""What the peer calls back: a service, and the same as an agent."""

import aiomas


class Inner:
    """A service below the one that the peer calls back."""

    router = aiomas.rpc.Service()

    @aiomas.expose
    def notify(self, i):
        return -i * 2

    @aiomas.expose
    def explode(self):
        raise ValueError('inner boom')


class CallBack:
    """What the peer is given to call."""

    router = aiomas.rpc.Service(['inner'])

    def __init__(self):
        self.inner = Inner()

    @aiomas.expose
    def notify(self, i):
        return i * 2

    @aiomas.expose
    def explode(self):
        raise ValueError('boom')


class CallBackAgent(aiomas.Agent, CallBack):
    """The same as an agent."""

    router = aiomas.rpc.Service(['inner'])

    def __init__(self, container):
        CallBack.__init__(self)
        aiomas.Agent.__init__(self, container)
