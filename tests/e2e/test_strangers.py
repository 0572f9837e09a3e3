"""What comes to the control servers from those who give no password, or mean harm."""

import base64
import http.client
import os
import resource
import socket
import subprocess
import threading

from harness import PATIENCE, program
from test_http import HttpTest
from test_rpc import RPC, UNIX, free_port

LOGIN = 'username=me\npassword=secret\n'
RIGHT = 'Authorization: Basic %s\r\n' % base64.b64encode(b'me:secret').decode()
WRONG = 'Authorization: Basic %s\r\n' % base64.b64encode(b'me:guess').decode()
BODY_LIMIT = 8 << 20


class StrangersTest(HttpTest):
    def serve_tcp(self, text='', supervisord=''):
        self.port = free_port()
        return self.serve('[inet_http_server]\nport=127.0.0.1:%d\n%s%s%s'
                          % (self.port, LOGIN, UNIX, text), supervisord)

    def call(self, data=b''):
        one = socket.create_connection(('127.0.0.1', self.port), timeout=PATIENCE)
        self.addCleanup(one.close)
        one.sendall(data)
        return one

    @staticmethod
    def all_of(one):
        got = b''
        while piece := one.recv(65536):
            got += piece
        return got

    @staticmethod
    def memory_of(daemon):
        with open('/proc/%d/statm' % daemon.pid, encoding='ascii') as file:
            return int(file.read().split()[1]) * resource.getpagesize()


class Memory(StrangersTest):
    def test_what_was_kept_for_a_connection_goes_with_it(self):
        """Half a request and an answer that is not read have deadlines; whoever goes before is not
        remembered for them."""
        daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/cat\nstdout_logfile=@/a.log\n')
        self.write('a.log', 'x' * 20_000_000)
        before = self.memory_of(daemon)
        half = b'POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n' % BODY_LIMIT + b'x' * 4_000_000
        for _ in range(60):
            one = self.connect()
            one.sendall(half)
            one.close()
        for _ in range(10):
            one = self.connect()
            one.sendall(b'GET /api/v1/processes/a/stdout?offset=0&length=0 HTTP/1.1\r\n\r\n')
            one.recv(1000)
            one.close()
        self.wait_until(lambda: self.memory_of(daemon) < before + 120_000_000,
                        'what was kept for connections to be free')
        self.end(daemon)
