"""suplance webhook: real HTTP and HTTPS servers, good ones and bad ones."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest
import urllib.parse

from harness import PATIENCE, program
from test_suplance import SuplanceTest, exited, fatal, tick


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted; answers as `server.answers` says, one after the other, the last for ever."""

    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers), body))
            answers = self.server.answers
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == 'hang':
            self.server.released.wait(PATIENCE)
            self.close_connection = True
            return
        if answer == 'reset':
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if answer == 'garbage':
            self.wfile.write(b'\x00\xff nonsense\r\n\r\n' * 10)
            self.close_connection = True
            return
        status, text, headers = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def answer(status=200, text='ok', **headers):
    return status, text, {name.replace('_', '-'): value for name, value in headers.items()}


class HookTest(SuplanceTest):
    # A server of ours is waited for however busy the machine is, unless the test has a limit of its own.
    PATIENT = ('--timeout', '%d' % PATIENCE)

    def serve(self, *answers, context=None):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Hook)
        server.daemon_threads = True
        server.answers = list(answers) or [answer()]
        server.requests = []
        server.lock = threading.Lock()
        server.released = threading.Event()
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(server.released.set)
        self.url = '%s://127.0.0.1:%d/hook' % ('https' if context else 'http', server.server_port)
        return server

    def wait_for_requests(self, server, count):
        self.wait_until(lambda: len(server.requests) >= count, '%d requests' % count)
        return server.requests

    def hook(self, *arguments, **keywords):
        return self.session('suplance', 'webhook', *self.PATIENT, *arguments, **keywords)

    def authority(self):
        """A throw-away CA, and a server certificate that it signed."""
        def openssl(*words):
            subprocess.run(['openssl', *words], check=True, capture_output=True, cwd=self.folder)
        openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem',
                '-days', '2', '-subj', '/CN=throw-away')
        openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'request.pem',
                '-subj', '/CN=127.0.0.1')
        self.write('extensions', 'subjectAltName=IP:127.0.0.1\n')
        openssl('x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key',
                '-CAcreateserial', '-out', 'cert.pem', '-days', '2', '-extfile', 'extensions')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path('cert.pem'), self.path('key.pem'))
        return context


class Webhook(HookTest):
    def test_json(self):
        server = self.serve()
        session = self.hook(self.url)
        session.send(exited('web', 'shop'))
        path, headers, body = self.wait_for_requests(server, 1)[0]
        self.assertEqual((path, headers['Content-Type']), ('/hook', 'application/json'))
        self.assertTrue(headers['User-Agent'].startswith('suplance/'))
        message = json.loads(body)
        self.assertEqual(message['host'], socket.gethostname())
        event = message['events'][0]
        self.assertRegex(event.pop('time'), r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')
        self.assertIsInstance(event.pop('serial'), int)
        self.assertEqual(event, {'host': socket.gethostname(), 'server': 'supervisor', 'pool': 'x',
                                 'event': 'PROCESS_STATE_EXITED', 'processname': 'web', 'groupname': 'shop',
                                 'from_state': 'RUNNING', 'expected': False, 'pid': 77,
                                 'text': 'shop:web exited unexpectedly (pid 77)'})
        self.assertEqual(session.end(), 0)
        self.assertEqual(session.said(), '')

    def test_filters(self):
        server = self.serve()
        session = self.hook('-e', 'PROCESS_STATE', '-p', 'web', '-p', 'shop:*', '--unexpected', '-f', 'slack',
                            '--text', '%(name)s %(event)s', environment={'WEBHOOK_URL': self.url})
        session.send(tick(), exited('other'), exited('web', expected=1), fatal('web'), exited('db', 'shop'))
        self.wait_for_requests(server, 2)  # what is left at the end has a few seconds alone
        self.assertEqual(session.end(), 0)
        self.assertEqual([json.loads(r[2])['text'] for r in server.requests],
                         ['web PROCESS_STATE_FATAL', 'shop:db PROCESS_STATE_EXITED'])

    def test_own_template(self):
        server = self.serve()
        self.write('template', '{"to": "ops", "message": "%(text)s", "pid": "%(pid)s"}')
        session = self.hook('-t', self.path('template'), '--header', 'X-Kind: alert', self.url)
        session.send(('PROCESS_LOG_STDOUT', 'processname:a groupname:a pid:5 channel:stdout\nsay "hi"\\\n'))
        _, headers, body = self.wait_for_requests(server, 1)[0]
        self.assertEqual(json.loads(body), {'to': 'ops', 'message': 'a wrote: say "hi"\\', 'pid': '5'})
        self.assertEqual(headers['X-Kind'], 'alert')

    def test_errors_are_tried_again(self):
        for bad, said in ((answer(500, 'oops'), 'answered 500 Internal Server Error: oops'),
                          (answer(429, '', Retry_After='1'), 'answered 429'),
                          (answer(302, '', Location='/other'), 'answered 302'),
                          ('reset', 'next attempt in 1 s'),
                          ('garbage', 'next attempt in 1 s')):
            with self.subTest(bad):
                server = self.serve(bad, answer())
                session = self.hook(self.url)
                session.send(exited('web'))
                self.wait_for_requests(server, 2)
                self.assertIn(said, session.said())
                self.assertEqual(session.end(), 0)
                self.assertEqual(server.requests[0][2], server.requests[1][2])

    def test_retry_after_is_kept(self):
        server = self.serve(answer(429, '', Retry_After='3'), answer())
        session = self.hook(self.url)
        session.send(exited('web'))
        self.wait_until(lambda: 'next attempt in 3 s' in session.said(), 'the wish')
        self.wait_for_requests(server, 2)

    def test_a_hanging_server_does_not_stall_the_protocol(self):
        server = self.serve('hang')
        session = self.hook('--timeout', '1', self.url)
        session.send(*[exited('web')] * 100)
        self.wait_until(lambda: 'timed out; next attempt' in session.said(), 'the limit')
        self.assertNotIn('/hook', session.said())
        session.close()
        server.released.set()

    def test_refused_messages_are_shown_and_do_not_stand_in_the_way(self):
        server = self.serve(answer(400, 'invalid_payload'), answer())
        session = self.hook(self.url)
        session.send(exited('one'), exited('two'))
        self.wait_for_requests(server, 2)
        self.assertEqual(session.end(), 0)
        said = session.said()
        self.assertIn('message dropped: ', said)
        self.assertIn('answered 400 Bad Request: invalid_payload', said)
        self.assertIn('processname:one ', said)
        self.assertEqual(json.loads(server.requests[1][2])['events'][0]['processname'], 'two')

    def test_queue_survives_a_kill(self):
        with socket.socket() as closed:
            closed.bind(('127.0.0.1', 0))
            session = self.hook('--queue', self.path('queue'), 'http://127.0.0.1:%d/' % closed.getsockname()[1])
            session.send(exited('one'), exited('two'))
            self.wait_until(lambda: 'Connection refused' in session.said(), 'a failure')
            session.process.kill()
            session.process.wait()
        self.assertEqual(len(os.listdir(self.path('queue'))), 2)
        server = self.serve()
        session = self.hook('--queue', self.path('queue'), self.url)
        self.wait_for_requests(server, 2)
        self.assertEqual(session.end(), 0)
        self.assertEqual([json.loads(r[2])['events'][0]['processname'] for r in server.requests], ['one', 'two'])
        self.assertEqual(os.listdir(self.path('queue')), [])

    def test_a_full_disk_is_said_and_nothing_lost(self):
        server = self.serve()
        os.mkdir(self.path('queue'), 0o700)
        session = self.hook('--queue', self.path('queue'), self.url)
        os.rmdir(self.path('queue'))  # root may write anywhere; a folder that is gone stops it, too
        session.send(exited('one'))
        self.wait_for_requests(server, 1)
        self.assertIn('kept in memory alone', session.said())

    def test_what_is_not_sent_is_shown_at_the_end(self):
        with socket.socket() as closed:
            closed.bind(('127.0.0.1', 0))
            session = self.hook('http://127.0.0.1:%d/' % closed.getsockname()[1])
            session.send(exited('one'))
            self.assertEqual(session.end(), 0)
        self.assertIn('message not sent before the end:\n', session.said())
        self.assertIn('processname:one ', session.said())

    def test_batches(self):
        server = self.serve()
        session = self.hook('-b', '600', '--batch-maximum', '3', self.url)
        session.send(*[exited(name) for name in 'abcde'])
        first = self.wait_for_requests(server, 1)[0]
        self.assertEqual([e['processname'] for e in json.loads(first[2])['events']], ['a', 'b', 'c'])
        self.assertEqual(session.end(), 0)
        self.assertEqual([e['processname'] for e in json.loads(server.requests[1][2])['events']], ['d', 'e'])

    def test_one_bad_event_does_not_spoil_a_batch(self):
        server = self.serve(answer(400), answer(400), answer())
        session = self.hook('-b', '600', '--batch-maximum', '3', self.url)
        session.send(*[exited(name) for name in 'abc'])
        self.wait_for_requests(server, 2)
        session.send(exited('d'))  # with which the next batch is full
        self.wait_for_requests(server, 3)
        self.assertEqual(session.end(), 0)
        self.assertEqual([[e['processname'] for e in json.loads(r[2])['events']] for r in server.requests],
                         [['a', 'b', 'c'], ['a'], ['b', 'c', 'd']])
        self.assertIn('message dropped', session.said())

    def test_duplicates(self):
        server = self.serve()
        session = self.hook('-d', '600', self.url)
        session.send(*[exited('web', pid=pid) for pid in range(1, 6)], exited('db'))
        self.assertEqual(session.end(), 0)
        self.assertEqual([json.loads(r[2])['events'][0]['text'] for r in server.requests],
                         ['web exited unexpectedly (pid 1)', 'db exited unexpectedly (pid 77)',
                          'web exited unexpectedly (pid 5) (and 3 more like it)'])

    def test_duplicates_are_told_when_their_time_is_over(self):
        server = self.serve()
        session = self.hook('-d', '1', self.url)
        session.send(exited('web', pid=1), exited('web', pid=2))
        self.assertIn('(pid 2)', self.wait_for_requests(server, 2)[1][2].decode())

    def test_rate(self):
        server = self.serve()
        session = self.hook('-r', '1/2', self.url)
        session.send(exited('a'))
        self.wait_for_requests(server, 1)
        session.send(exited('b'), exited('c'))
        second = self.wait_for_requests(server, 2)[1]
        self.assertEqual([e['processname'] for e in json.loads(second[2])['events']], ['b', 'c'])

    def test_rates_that_services_publish(self):
        """WeCom takes 20 messages in a minute: the rest waits, and goes together."""
        for options, count in (([], 20), (['-r', '0'], 25)):
            server = self.serve(answer(200, '{"errcode":0}'))
            session = self.hook('-f', 'wecom', '--batch-maximum', '1', *options, environment={'WEBHOOK_URL': self.url})
            session.send(*[exited('p%d' % i) for i in range(25)])
            self.wait_for_requests(server, count)
            self.assertEqual(len(server.requests), count)
            self.assertEqual(session.end(), 0)

    def test_quiet_hours(self):
        now = time.time()
        hours = ['%02d:%02d' % time.gmtime(now + shift)[3:5] for shift in (-3600, 3600)]
        server = self.serve()
        session = self.hook('-q', '-'.join(hours), '--queue', self.path('queue'), self.url)
        session.send(exited('a'), exited('b'))
        self.assertEqual(session.end(), 0)
        self.assertIn('2 messages are kept in', session.said())
        self.assertEqual(server.requests, [])
        # By day, both in one.
        session = self.hook('-q', '-'.join(reversed(hours)), '--queue', self.path('queue'), self.url)
        self.assertEqual(len(json.loads(self.wait_for_requests(server, 1)[0][2])['events']), 2)

    def test_https_is_verified(self):
        server = self.serve(context=self.authority())
        session = self.hook(self.url)
        session.send(exited('web'))
        self.wait_until(lambda: 'certificate' in session.said(), 'the refusal')
        self.assertEqual(server.requests, [])
        for options in (['--ca-file', self.path('ca.pem')], ['--insecure']):
            count = len(server.requests)
            session = self.hook(*options, self.url)
            session.send(exited('web'))
            self.wait_for_requests(server, count + 1)

    def test_chat_services_that_answer_200_to_everything(self):
        for name, bad, good in (('dingtalk', '{"errcode":130101,"errmsg":"send too fast"}', '{"errcode":0}'),
                                ('feishu', '{"code":9499}', '{"code":0,"msg":"success"}'),
                                ('wecom', '<html>', '{"errcode":0,"errmsg":"ok"}')):
            with self.subTest(name):
                server = self.serve(answer(200, bad), answer(200, good))
                session = self.hook('-f', name, environment={'WEBHOOK_URL': self.url})
                session.send(exited('web'))
                self.wait_for_requests(server, 2)
                self.assertEqual(session.end(), 0)
                self.assertIn(bad, session.said())

    def test_signatures(self):
        def signed(key, text):
            return hmac.new(key.encode(), text, hashlib.sha256).digest()
        self.write('secret', 'SEC\n', 0o600)
        server = self.serve(answer(200, '{"errcode":0,"code":0}'))
        for count, name in enumerate(('dingtalk', 'feishu', 'json'), 1):
            session = self.hook('-f', name, '--secret-file', self.path('secret'),
                                environment={'WEBHOOK_URL': self.url + '?access_token=t'})
            session.send(exited('web'))
            self.wait_for_requests(server, count)
            self.assertEqual(session.end(), 0)
            self.assertEqual(session.said(), '')
        dingtalk, feishu, plain = server.requests
        query = urllib.parse.parse_qs(dingtalk[0].split('?')[1])
        stamp = query['timestamp'][0]
        self.assertLess(abs(int(stamp) / 1000 - time.time()), 3600)
        self.assertEqual(query['access_token'], ['t'])
        self.assertEqual(base64.b64decode(query['sign'][0]), signed('SEC', (stamp + '\nSEC').encode()))
        body = json.loads(feishu[2])
        self.assertEqual(base64.b64decode(body['sign']), signed(body['timestamp'] + '\nSEC', b''))
        self.assertEqual(plain[1]['X-Signature'], 'sha256=' + signed('SEC', plain[2]).hex())

    def test_secrets_on_the_command_line_are_warned_of(self):
        self.serve()
        for options, warned in ((['--secret', 'S'], True), (['--header', 'Authorization: B'], True),
                                (['-f', 'slack'], True), ([], False)):
            run = self.ran('suplance', 'webhook', '--test', '--dry-run', *options, self.url)
            self.assertEqual((run.returncode, 'all users of this machine' in run.stderr), (0, warned), options)
        self.write('headers', 'Authorization: Bearer x\n', 0o600)
        self.write('url', self.url + '\n')
        run = self.ran('suplance', 'webhook', *self.PATIENT, '--test', '-f', 'slack', '--url-file', self.path('url'),
                       '--header-file', self.path('headers'), environment={'WEBHOOK_SECRET': 'S'})
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, 'the message was taken\n', ''))

    def test_a_message_by_hand(self):
        server = self.serve(answer(500))
        run = self.ran('suplance', 'webhook', *self.PATIENT, '--test', self.url)
        self.assertEqual(run.returncode, 1)
        self.assertIn('not taken: %s' % self.url.replace('hook', '…'), run.stdout)
        self.assertEqual(len(server.requests), 1)

    def test_a_proxy(self):
        server = self.serve()
        session = self.hook('--proxy', self.url.replace('/hook', ''), 'http://nowhere.invalid/there')
        session.send(exited('web'))
        self.assertEqual(self.wait_for_requests(server, 1)[0][0], 'http://nowhere.invalid/there')

    def test_protocol(self):
        # Its words about another attempt may fall on every second event; then the check looks again.
        status, said = self.checked('suplance', 'webhook', 'http://127.0.0.1:1/')
        self.assertEqual(status, 0)
        self.assertIn(said, ('31 events sent, 0 errors, 0 notes\n', '37 events sent, 0 errors, 0 notes\n'))

    def test_under_suprun(self):
        server = self.serve(answer(204, ''))
        self.write('url', self.url + '\n')
        self.run_with('[program:redis]\ncommand=/bin/sleep 600\nstartsecs=0\n'
                      '[eventlistener:chat]\ncommand=%s webhook -f discord --timeout %d --url-file @/url\n'
                      'events=PROCESS_STATE_EXITED\nstderr_logfile=@/listener.err\n' % (program('suplance'), PATIENCE))
        self.wait_for_log('chat entered RUNNING state')
        pid = self.wait_for_pid('redis')
        os.kill(pid, signal.SIGKILL)
        body = json.loads(self.wait_for_requests(server, 1)[0][2])
        self.assertEqual(body['content'], '[%s] redis exited unexpectedly (pid %d)' % (socket.gethostname(), pid))

    def test_usage(self):
        inside = {'SUPERVISOR_ENABLED': '1'}
        self.write('template', '%(nonsense)s')
        for wrong in ([], ['ftp://x'], ['http://x', 'http://y'], ['-f', 'x', 'http://x'], ['-r', '1', 'http://x'], ['-r', '0/60', 'http://x'],
                      ['-q', '25:00-1:00', 'http://x'], ['-e', 'process', 'http://x'], ['--nonsense', 'http://x'],
                      ['-t', self.path('template'), 'http://x'], ['-t', '/nonexistent', 'http://x'],
                      ['--expected', '--unexpected', 'http://x'], ['--expiry', 'x', 'http://x'],
                      ['--header', 'x', 'http://x'], ['--text', '%(count)s', 'http://x'],
                      ['--secret-file', '/nonexistent', 'http://x'], ['--content-type', 'a', 'http://x'],
                      ['--timeout', '0', 'http://x'], ['--queue-maximum', '0', 'http://x']):
            run = self.ran('suplance', 'webhook', *wrong, environment=inside)
            self.assertEqual((run.returncode, run.stdout), (2, ''), wrong)
            self.assertTrue(run.stderr.startswith('webhook: '), run.stderr)
        self.assertEqual(self.ran('suplance', 'webhook', 'http://x').returncode, 2)
        self.assertIn('--deduplicate', self.ran('suplance', 'webhook', '--help').stdout)
        bad = self.ran('suplance', 'webhook', '--queue', '/dev/null/x', 'http://x', environment=inside)
        self.assertEqual(bad.returncode, 1)


if __name__ == '__main__':
    unittest.main()
