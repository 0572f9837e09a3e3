"""Clients that are a burden: load.py SOCKET usual|slow|followers|watchers.

usual: asks getAllProcessInfo again and again, on four connections.
slow: asks five hundred times at once and reads a byte of the answers in a second.
followers: a thousand that follow the log of the program `calm`, as `tail -f` does.
watchers: a thousand that are sent all events.
The last two print a line when all of them are there.
"""

import selectors
import socket
import sys
import threading
import time



def request(method):
    body = b'<methodCall><methodName>supervisor.%s</methodName></methodCall>' % method
    return (b'POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n'
            b'Content-Length: %d\r\n\r\n' % len(body)) + body


REQUEST = request(b'getAllProcessInfo')
STREAMS = {'followers': b'/logtail/calm', 'watchers': b'/api/v1/events'}


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.waiting = b''

    def ask(self, request=REQUEST):
        """The length of one answer."""
        self.socket.sendall(request)
        while b'\r\n\r\n' not in self.waiting:
            self.more()
        head, _, self.waiting = self.waiting.partition(b'\r\n\r\n')
        length = int(head.lower().partition(b'content-length:')[2].split(b'\r\n')[0])
        while len(self.waiting) < length:
            self.more()
        self.waiting = self.waiting[length:]
        return length

    def more(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise EOFError
        self.waiting += piece


def usual(path):
    try:
        connection = Connection(path)
        while True:
            connection.ask()
    except (OSError, EOFError):
        pass


def slow(path):
    connection = Connection(path)
    connection.socket.setblocking(False)
    rest = REQUEST * 500
    while True:
        try:
            rest = rest[connection.socket.send(rest):]
            connection.socket.recv(1)
        except BlockingIOError:
            pass
        time.sleep(1)


def streams(path, what):
    known = selectors.DefaultSelector()
    for _ in range(1000):
        connection = Connection(path)
        connection.socket.sendall(b'GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n' % what)
        connection.more()
        known.register(connection.socket, selectors.EVENT_READ)
    print(flush=True)
    while known.get_map():
        for key, _ in known.select():
            if not key.fileobj.recv(1 << 16):
                known.unregister(key.fileobj)


def main():
    path, kind = sys.argv[1:]
    if kind == 'slow':
        slow(path)
    if kind in STREAMS:
        streams(path, STREAMS[kind])
        return
    for _ in range(4):
        threading.Thread(target=usual, args=(path,)).start()


if __name__ == '__main__':
    main()
