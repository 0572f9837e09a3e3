"""Tells numbered events: so many as a line of its input says, then waits for the next."""

import sys

from numbered import write_all

number = 0
for word in sys.stdin:
    batch = []
    for _ in range(int(word)):
        number += 1
        batch.append(b'<!--XSUPERVISOR:BEGIN-->%d<!--XSUPERVISOR:END-->' % number)
    write_all(b''.join(batch) + b'line %d\n' % number)
