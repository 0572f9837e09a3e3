"""A listener that writes down the second line of each payload, and counts them: listener.py FILE."""

import os
import re
import sys

LENGTH = re.compile(rb' len:(\d+)')


def main():
    out = open(sys.argv[1], 'ab', buffering=0)
    waiting = b''

    def more():
        piece = os.read(0, 65536)
        if not piece:
            sys.exit(0)
        return piece

    os.write(1, b'READY\n')
    while True:
        while b'\n' not in waiting:
            waiting += more()
        head, _, waiting = waiting.partition(b'\n')
        length = int(LENGTH.search(head).group(1))
        while len(waiting) < length:
            waiting += more()
        payload, waiting = waiting[:length], waiting[length:]
        out.write(payload.split(b'\n', 1)[1] + b'\n')
        os.write(1, b'RESULT 2\nOKREADY\n')


main()
