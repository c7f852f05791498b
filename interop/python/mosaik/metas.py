"""What mosaik thinks of descriptions of models.

    metas.py    reads a JSON line [type, model] each from stdin; prints null, or mosaik's error
"""

import json
import sys

from mosaik.async_scenario import parse_attrs

for line in sys.stdin:
    kind, model = json.loads(line)
    try:
        parse_attrs(model, kind)
        print('null')
    except ValueError as e:
        print(json.dumps(str(e)))
