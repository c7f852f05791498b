"""Prints the public names of aiomas, a line each: of modules, and of classes with those of their methods."""

import importlib
import inspect

MODULES = 'channel', 'rpc', 'codecs', 'exceptions', 'util', 'agent', 'clocks', 'subproc', 'local_queue'


def main():
    for name in MODULES:
        module = importlib.import_module('aiomas.' + name)
        for public in getattr(module, '__all__', None) or [n for n in dir(module) if not n.startswith('_')]:
            value = getattr(module, public)
            if getattr(value, '__module__', None) != module.__name__:
                continue
            print(name, public)
            for method in vars(value) if inspect.isclass(value) else ():
                if not method.startswith('_'):
                    print(name, public, method)


if __name__ == '__main__':
    main()
