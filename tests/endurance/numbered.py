"""A child that writes numbered lines of 100 bytes: so many as a line of its input says, then waits.

The lines are checked by the same function that writes them.
"""

import os
import sys

WIDTH = 100
PIECE = 10000  # lines


def lines(first, count):
    tail = b' ' + b'.' * (WIDTH - 14) + b'\n'
    return b''.join([b'%012d' % n + tail for n in range(first, first + count)])


def write_all(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]


def main():
    number = 0
    for word in sys.stdin:
        for begin in range(0, int(word), PIECE):
            count = min(PIECE, int(word) - begin)
            write_all(lines(number, count))
            number += count


if __name__ == '__main__':
    main()
