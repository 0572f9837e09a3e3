#!/usr/bin/python3
"""Writes a line to FILE for each program that ended unexpectedly or was given up.

Usage, as the command of an [eventlistener:x]: my_custom_listener.py FILE
"""

import sys
import time

from supervisor import childutils


def is_alarming(event, payload):
    if event == 'PROCESS_STATE_EXITED':
        # An exit status that is not in exitcodes, or a signal. Payloads of other types may be no
        # list of names and values.
        return childutils.get_headers(payload)['expected'] == '0'
    return event == 'PROCESS_STATE_FATAL'  # has no expected: it is always bad


def alarm(path, event, payload):
    """Here a mail could be sent, or a webhook called."""
    with open(path, 'a', encoding='utf-8') as file:
        file.write('%s %s %s\n' % (time.strftime('%Y-%m-%d %H:%M:%S'), event, payload))


def main(path):
    while True:
        try:
            headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
        except KeyError:  # end of input: the daemon is gone
            return
        event = headers['eventname']
        if is_alarming(event, payload):
            try:
                alarm(path, event, payload)
            except OSError as error:  # to die here would only bring the same event again
                print('%s: %s' % (path, error), file=sys.stderr, flush=True)
        childutils.listener.ok(sys.stdout)


if __name__ == '__main__':
    main(sys.argv[1])
