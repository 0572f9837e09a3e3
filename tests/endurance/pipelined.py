"""Many requests on one connection, sent at once and answered in order."""

import socket
import xmlrpc.client

from harness import PATIENCE


def call(method, *values):
    body = xmlrpc.client.dumps(values, method).encode()
    return (b'POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n'
            b'Content-Length: %d\r\n\r\n' % len(body)) + body


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.waiting = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise EOFError('the server closed, after %r' % self.waiting[-200:])
        self.waiting += piece

    def answer(self):
        """The status of the next answer, whose body must be as long as it says."""
        while (end := self.waiting.find(b'\r\n\r\n')) < 0:
            self.more()
        head = self.waiting[:end].lower()
        at = head.index(b'\r\ncontent-length:') + 17
        length = int(head[at:].split(b'\r\n', 1)[0])
        while len(self.waiting) < end + 4 + length:
            self.more()
        self.waiting = self.waiting[end + 4 + length:]
        return int(head.split(None, 2)[1])

    def statuses(self, requests):
        self.socket.sendall(b''.join(requests))
        return [self.answer() for _ in requests]
