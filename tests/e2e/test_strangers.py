"""What comes to the control servers from those who give no password, or mean harm."""

import base64
import http.client
import os
import resource
import socket
import subprocess
import sys
import threading
import unittest

from harness import PATIENCE, program
from test_http import HttpTest
from test_rpc import RPC, UNIX, free_port

LOGIN = 'username=me\npassword=secret\n'
RIGHT = 'Authorization: Basic %s\r\n' % base64.b64encode(b'me:secret').decode()
WRONG = 'Authorization: Basic %s\r\n' % base64.b64encode(b'me:guess').decode()
BODY_LIMIT = 8 << 20


class StrangersTest(HttpTest):
    def serve_tcp(self, text='', supervisord='', unix=''):
        self.port = free_port()
        return self.serve('[unix_http_server]\nfile=@/s.sock\n%s'
                          '[inet_http_server]\nport=127.0.0.1:%d\n%s%s%s'
                          % (unix, self.port, LOGIN, RPC, text), supervisord)

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
    def setUp(self):
        super().setUp()
        # What is free is kept by the sanitizer for a while, else, to see who still uses it.
        options = os.environ.get('ASAN_OPTIONS', '')
        self.addCleanup(os.environ.__setitem__, 'ASAN_OPTIONS', options)
        os.environ['ASAN_OPTIONS'] = options + ':quarantine_size_mb=1:thread_local_quarantine_size_kb=64'

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

    def test_what_a_large_answer_took_is_given_back(self):
        daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/cat\nstdout_logfile=@/a.log\n')
        self.write('a.log', 'x' * 50_000_000)
        before = self.memory_of(daemon)
        status, _, text = self.ask('/api/v1/processes/a/stdout?offset=0&length=0')
        self.assertEqual((status, len(text) > 50_000_000), (200, True))
        item = '<value><struct/></value>'
        body = ('<methodCall><methodName>system.multicall</methodName><params><param><value><array>'
                '<data>%s</data></array></value></param></params></methodCall>' % (item * 40_000))
        status, _, text = self.ask('/RPC2', 'POST', body)
        self.assertEqual((status, len(text) > 5_000_000), (200, True))
        self.wait_until(lambda: self.memory_of(daemon) < before + 30_000_000,
                        'the memory of the answers to be free')
        self.end(daemon)

    def test_no_body_is_taken_before_the_password(self):
        daemon = self.serve_tcp()
        before = self.memory_of(daemon)
        for headers, status in (('', b'401'), (RIGHT + 'Origin: http://evil.example\r\n', b'403')):
            with self.subTest(headers=headers):
                head = ('POST /RPC2 HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n'
                        % (headers, BODY_LIMIT)).encode()
                one = self.call(head)  # nothing of the body
                self.assertEqual(one.recv(65536).split()[1], status)
                # Whoever sends all of it before looking for the answer gets it, too.
                one = self.call(head)
                one.sendall(b'x' * BODY_LIMIT)
                self.assertEqual(self.all_of(one).split()[1], status)
        many = []
        for _ in range(40):
            one = self.call(b'POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n' % BODY_LIMIT)
            many.append(threading.Thread(target=one.sendall, args=(b'x' * 6_000_000,)))
            many[-1].start()
        for each in many:
            each.join()
        self.assertLess(self.memory_of(daemon), before + 40_000_000)
        for path, status in ((b'/nosuch', b'404'), (b'/RPC2', b'501')):
            coding = b'identity' if status == b'501' else b'chunked'
            one = self.call(b'POST %s HTTP/1.1\r\n%sTransfer-Encoding: %s\r\n\r\n'
                            % (path, RIGHT.encode(), coding))
            self.assertEqual(self.all_of(one).split()[1], status)
        self.end(daemon)

    def test_bodies_have_room_together(self):
        """The slowest gives way, with a word, and who sends at one go is served."""
        daemon = self.serve_tcp()
        before = self.memory_of(daemon)
        head = ('POST /RPC2 HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n'
                % (RIGHT, BODY_LIMIT)).encode()
        many = [self.call(head + b'x' * 7_000_000) for _ in range(30)]
        answer = self.all_of(many[0])
        self.assertTrue(answer.startswith(b'HTTP/1.1 503 '), answer[:300])
        self.assertIn(b'Retry-After: ', answer)
        self.assertEqual(self.server().supervisor.getAPIVersion(), '3.0')
        self.assertLess(self.memory_of(daemon), before + 150_000_000)
        many[-1].sendall(b'x' * (BODY_LIMIT - 7_000_000))
        self.assertTrue(many[-1].recv(65536).startswith(b'HTTP/1.1 400 '))  # taken, and no XML
        self.end(daemon)

    def test_who_asks_before_it_sends_a_body(self):
        daemon = self.serve_tcp()
        body = b'<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>'
        head = 'POST /RPC2 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n' % len(body)
        one = self.call((head + RIGHT + '\r\n').encode())
        self.assertEqual(one.recv(65536), b'HTTP/1.1 100 Continue\r\n\r\n')
        one.sendall(body)
        self.assertIn(b'3.0', one.recv(65536))
        one = self.call((head + RIGHT + '\r\n').encode() + body)
        self.assertTrue(one.recv(65536).startswith(b'HTTP/1.1 200 '))
        one = self.call((head + '\r\n').encode())
        self.assertTrue(one.recv(65536).startswith(b'HTTP/1.1 401 '))
        self.end(daemon)


class Requests(StrangersTest):
    def test_nothing_behind_a_request_is_taken_for_one(self):
        daemon = self.serve_tcp()
        hidden = 'GET /health HTTP/1.1\r\n%s\r\n' % RIGHT
        for headers in ('Transfer-Encoding: identity\r\n', 'Transfer-Encoding: xchunked\r\n',
                        'Transfer-Encoding: chunked, identity\r\n',
                        'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
                        'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
                        'Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n',
                        'Content-Length: 5\r\nContent-Length: 0\r\n',
                        'Content-Length: 5\r\nHost: a\r\nHost: b\r\n'):
            with self.subTest(headers=headers):
                one = self.call(('POST /RPC2 HTTP/1.1\r\n%s%s\r\n0\r\n\r\n%s'
                                 % (RIGHT, headers, hidden)).encode())
                answer = self.all_of(one)
                self.assertRegex(answer, rb'^HTTP/1.1 (400|501) ')
                self.assertEqual(answer.count(b'HTTP/1.1 '), 1, answer)
        self.end(daemon)

    def test_a_proxy_before_the_unix_socket_brings_no_strangers_pages(self):
        daemon = self.serve(UNIX)
        body = '<methodCall><methodName>supervisor.getState</methodName></methodCall>'

        def status(**headers):
            return self.ask('/RPC2', 'POST', body, Content_Type='text/plain', **headers)[0]
        self.assertEqual(status(), 200)
        self.assertEqual(status(Host='admin.example'), 200)
        self.assertEqual(status(Host='admin.example', Origin='https://admin.example',
                                Sec_Fetch_Site='same-origin'), 200)
        self.assertEqual(status(Host='admin.example', Origin='http://evil.example'), 403)
        self.assertEqual(status(Host='admin.example', Sec_Fetch_Site='cross-site'), 403)
        self.end(daemon)


class Floods(StrangersTest):
    def limited(self, unix='', files=200):
        """A daemon with room for half as many connections."""
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, before[1]))
        try:
            return self.serve_tcp('[supervisorctl]\nserverurl=unix://@/s.sock\n',
                                  'minfds=%d\n' % files, unix)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)

    def supctl(self):
        done = subprocess.run([program('supctl'), '-c', self.path('s.conf'), 'pid'],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.stdout.strip()

    def test_half_requests_keep_nobody_out(self):
        daemon = self.limited()
        known = self.call(('GET /ok.html HTTP/1.1\r\n%s\r\n' % RIGHT).encode())
        self.assertTrue(known.recv(65536).startswith(b'HTTP/1.1 200 '))
        half = [self.call(b'G') for _ in range(400)]
        self.assertEqual(self.supctl(), str(daemon.pid))
        self.assertEqual(half[0].recv(1), b'')  # the oldest
        # Nor those that come by the same way, nor who was let in before.
        one = self.call(('GET /ok.html HTTP/1.1\r\nConnection: close\r\n%s\r\n' % RIGHT).encode())
        self.assertTrue(one.recv(65536).startswith(b'HTTP/1.1 200 '))
        known.sendall(('GET /ok.html HTTP/1.1\r\n%s\r\n' % RIGHT).encode())
        self.assertTrue(known.recv(65536).startswith(b'HTTP/1.1 200 '))
        self.end(daemon)

    def test_streams_over_tcp_leave_room(self):
        """They are not cut off for others, so that there must not be too many."""
        daemon = self.limited()
        ask = ('GET /api/v1/events HTTP/1.1\r\n%s\r\n' % RIGHT).encode()
        streams = [self.call() for _ in range(150)]
        for one in streams:
            try:
                one.sendall(ask)
            except OSError:
                pass  # it was one too many
        self.assertEqual(self.supctl(), str(daemon.pid))
        self.end(daemon)

    @unittest.skipIf(os.geteuid() != 0, 'only root can be somebody else')
    def test_another_user_does_not_keep_root_out(self):
        daemon = self.limited('chmod=0777\n')
        os.chmod(self.folder, 0o755)
        flood = ('import os, socket, sys\n'
                 'os.setuid(65534)\n'
                 'all = []\n'
                 'for i in range(300):\n'
                 '    one = socket.socket(socket.AF_UNIX)\n'
                 '    one.connect(sys.argv[1])\n'
                 '    try: one.sendall(b"GET /api/v1/events HTTP/1.1\\r\\n\\r\\n")\n'
                 '    except OSError: pass\n'
                 '    all.append(one)\n'
                 'print("ready", flush=True)\n'
                 'sys.stdin.read()\n')
        other = subprocess.Popen([sys.executable, '-c', flood, self.path('s.sock')],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(other.stdout.readline(), 'ready\n')
        self.assertEqual(self.supctl(), str(daemon.pid))
        other.communicate('')
        self.end(daemon)


class Guesses(StrangersTest):
    GET = 'GET /ok.html HTTP/1.1\r\nConnection: close\r\n%s\r\n'

    def test_few_are_looked_at_however_many_are_sent(self):
        daemon = self.serve_tcp(unix=LOGIN)
        known = self.call(('GET /ok.html HTTP/1.1\r\n%s\r\n' % RIGHT).encode())
        self.assertTrue(known.recv(65536).startswith(b'HTTP/1.1 200 '))
        guesses = [self.call((self.GET % WRONG).encode()) for _ in range(400)]
        # One that is right is not told from the others by its answer, which would come at once.
        # (The line has a place again when one was looked at.)
        right = [self.call((self.GET % RIGHT).encode()) for _ in range(20)]
        self.assertTrue(any(self.all_of(one).startswith(b'HTTP/1.1 429 ')
                            for one in reversed(right)))
        # Who gives none learns that one is wanted, by whatever way root comes it is let in, and so is
        # who was before.
        none = self.all_of(self.call((self.GET % '').encode()))
        self.assertTrue(none.startswith(b'HTTP/1.1 401 '), none)
        self.assertIn(b'WWW-Authenticate: Basic realm="default"\r\n', none)
        self.assertTrue(self.exchange((self.GET % RIGHT).encode()).startswith(b'HTTP/1.1 200 '))
        known.sendall(('GET /ok.html HTTP/1.1\r\n%s\r\n' % RIGHT).encode())
        self.assertTrue(known.recv(65536).startswith(b'HTTP/1.1 200 '))
        # A guess on its connection is one.
        known.sendall((self.GET % WRONG).encode())
        self.assertRegex(known.recv(65536), b'^HTTP/1.1 (401|429) ')
        answers = [self.all_of(one) for one in guesses]
        looked_at = sum(one.startswith(b'HTTP/1.1 401 ') for one in answers)
        refused = sum(one.startswith(b'HTTP/1.1 429 ') and b'\r\nRetry-After: ' in one
                      for one in answers)
        self.assertEqual(looked_at + refused, len(guesses))
        self.assertLess(looked_at, 50)
        # It passes.
        self.wait_until(lambda: self.all_of(self.call((self.GET % RIGHT).encode()))
                        .startswith(b'HTTP/1.1 200 '), 'the right password to be taken')
        self.end(daemon)

    def test_a_right_one_behind_a_wrong_one_waits_its_turn(self):
        daemon = self.serve_tcp()
        wrong = [self.call((self.GET % WRONG).encode()) for _ in range(3)]
        body = b'<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>'
        head = ('POST /RPC2 HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n' % (RIGHT, len(body))).encode()
        right = self.call(head)
        right.sendall(body + (self.GET % RIGHT).encode())
        got = self.all_of(right)
        self.assertIn(b'3.0', got)
        self.assertTrue(got.endswith(b'OK'), got)
        for one in wrong:
            self.assertTrue(self.all_of(one).startswith(b'HTTP/1.1 401 '))
        # Those that went away are not waited for.
        for _ in range(20):
            self.call((self.GET % WRONG).encode()).close()
        self.wait_until(lambda: self.all_of(self.call((self.GET % RIGHT).encode()))
                        .startswith(b'HTTP/1.1 200 '), 'the right password to be taken')
        self.end(daemon)
