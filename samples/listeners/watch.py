#!/usr/bin/python3
"""A listener in Python, without any package: says who died."""

import sys

# len counts characters. Without newline='' Python would make one of each CR LF.
events = open(sys.stdin.fileno(), encoding='utf-8', errors='surrogateescape', newline='')
protocol = sys.stdout
sys.stdout = sys.stderr  # print() must not disturb the protocol


def say(text):
    protocol.write(text)
    protocol.flush()


def pairs(line):
    return dict(word.split(':', 1) for word in line.split() if ':' in word)


def handle(name, fields):
    if name == 'PROCESS_STATE_EXITED' and fields['expected'] == '0':
        print('%s:%s died, pid %s' % (fields['groupname'], fields['processname'], fields['pid']), flush=True)


def main():
    while True:
        say('READY\n')
        line = events.readline()
        if not line:
            return  # the supervisor is gone
        header = pairs(line)
        length = int(header['len'])
        payload = events.read(length)
        if len(payload) < length:
            return
        handle(header['eventname'], pairs(payload.partition('\n')[0]))
        say('RESULT 2\nOK')


if __name__ == '__main__':
    main()
