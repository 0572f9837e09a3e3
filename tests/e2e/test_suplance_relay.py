"""suplance relay with real brokers: Debian's redis-server and mosquitto."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import unittest

from harness import PATIENCE, program
from test_suplance import exited, fatal, tick
from test_suplance_hooks import HookTest

MOSQUITTO = shutil.which('mosquitto') or shutil.which('mosquitto', path='/usr/sbin')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class RelayTest(HookTest):
    def start_broker(self, *command):
        process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def end():
            process.kill()
            process.wait()
        self.addCleanup(end)
        return process

    def wait_for_port(self, port):
        def is_open():
            with socket.socket() as probe:
                return probe.connect_ex(('127.0.0.1', port)) == 0
        self.wait_until(is_open, 'the broker')

    def relay(self, *arguments, **keywords):
        return self.session('suplance', 'relay', *arguments, **keywords)


@unittest.skipUnless(shutil.which('redis-server') and shutil.which('redis-cli'), 'no redis-server')
class RelayToRedis(RelayTest):
    def serve(self, *arguments, port=None):
        port = port or free_port()
        self.redis = self.start_broker('redis-server', '--port', str(port), '--bind', '127.0.0.1', '--save', '',
                                '--unixsocket', self.path('sock'), *arguments)
        self.wait_for_port(port)
        self.port = port
        return 'redis://127.0.0.1:%d/fleet' % port

    def cli(self, *words):
        return subprocess.run(['redis-cli', '-s', self.path('sock'), '--json', *words], check=True,
                              capture_output=True, timeout=PATIENCE).stdout

    def entries(self, stream='fleet', *login):
        """What stands in the stream, in order."""
        rows = json.loads(self.cli(*login, 'XRANGE', stream, '-', '+'))
        return [dict(zip(fields[::2], fields[1::2])) for _, fields in rows]

    def wait_for_entries(self, count, *where):
        self.wait_until(lambda: len(self.entries(*where)) >= count, '%d entries' % count)
        return self.entries(*where)

    def test_fields(self):
        url = self.serve()
        session = self.relay('--host', 'node1', '-e', 'PROCESS_STATE', url)
        session.send(tick(), exited('web', 'shop'), fatal('db'))
        first, second = self.wait_for_entries(2)
        self.assertRegex(first.pop('time'), r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')
        serial = first.pop('serial')
        self.assertRegex(first.pop('id'), r'^node1/supervisor/\d{13}/%s$' % serial)
        self.assertEqual(first, {'host': 'node1', 'server': 'supervisor', 'pool': 'x', 'event': 'PROCESS_STATE_EXITED',
                                 'processname': 'web', 'groupname': 'shop', 'from_state': 'RUNNING', 'expected': '0',
                                 'pid': '77', 'text': 'shop:web exited unexpectedly (pid 77)'})
        self.assertEqual(second['event'], 'PROCESS_STATE_FATAL')
        self.assertEqual((session.end(), session.said()), (0, ''))

    def test_many_in_order_and_any_bytes(self):
        session = self.relay(self.serve())
        session.send(*[exited('p%d' % i) for i in range(1500)])
        session.send(('PROCESS_LOG_STDOUT', 'processname:a groupname:a pid:1 channel:stdout\nr\r\n$5\r\nü\x00'))
        entries = self.wait_for_entries(1501)
        self.assertEqual([e['processname'] for e in entries], ['p%d' % i for i in range(1500)] + ['a'])
        self.assertEqual(entries[-1]['data'], 'r\r\n$5\r\nü\x00')
        self.assertEqual(len({e['id'] for e in entries}), 1501)

    def test_a_broker_that_dies_loses_nothing(self):
        url = self.serve()
        session = self.relay('--queue', self.path('queue'), url)
        session.send(exited('one'))
        self.wait_for_entries(1)
        self.redis.kill()
        self.redis.wait()
        session.send(exited('two'))
        self.wait_until(lambda: 'Connection refused; next attempt' in session.said(), 'a failure')
        session.process.kill()
        session.process.wait()
        self.serve(port=self.port)
        session = self.relay('--queue', self.path('queue'), url)
        session.send(exited('three'))
        self.assertEqual([e['processname'] for e in self.wait_for_entries(2)], ['two', 'three'])
        self.wait_until(lambda: not os.listdir(self.path('queue')), 'an empty queue')
        self.assertEqual(session.end(), 0)

    def test_a_broker_that_goes_and_comes_back(self):
        """With the same relay, which has to say nothing twice and to leave nothing out."""
        url = self.serve()
        session = self.relay(url)
        for count in range(1, 4):
            session.send(exited('up%d' % count))
            self.wait_for_entries(1)
            self.redis.kill()
            self.redis.wait()
            session.send(exited('down%d' % count), exited('more%d' % count))
            self.wait_until(lambda: session.said().count('Connection refused; next attempt') >= count, 'a failure')
            self.serve(port=self.port)  # an empty one
            self.assertEqual([e['processname'] for e in self.wait_for_entries(2)],
                             ['down%d' % count, 'more%d' % count])
            self.cli('DEL', 'fleet')
        self.assertEqual(session.end(), 0)

    def test_a_broker_that_hangs_does_not_stall_the_protocol(self):
        url = self.serve()
        self.redis.send_signal(signal.SIGSTOP)
        session = self.relay('--timeout', '1', url)
        session.send(*[exited('web')] * 100)
        self.wait_until(lambda: 'timed out' in session.said(), 'the limit')
        self.redis.send_signal(signal.SIGCONT)
        self.wait_for_entries(100)

    def test_login(self):
        url = self.serve('--requirepass', 'sesame')
        self.write('password', 'sesame\n', 0o600)
        session = self.relay(url)
        session.send(exited('web'))
        self.wait_until(lambda: 'unauthenticated' in session.said(), 'the refusal')
        for options, environment in ((['--password-file', self.path('password')], None), ([], {'RELAY_PASSWORD': 'sesame'}),
                                     (['--user', 'default'], {'RELAY_PASSWORD': 'sesame'})):
            run = self.ran('suplance', 'relay', '--test', *options, url, environment=environment)
            self.assertEqual((run.returncode, run.stdout, run.stderr), (0, 'the event was taken\n', ''), options)
        run = self.ran('suplance', 'relay', '--test', url.replace('//', '//default:sesame@'))
        self.assertEqual(run.returncode, 0)
        self.assertIn('seen by all users', run.stderr)
        self.assertEqual(len(self.entries('fleet', '-a', 'sesame', '--no-auth-warning')), 4)
        run = self.ran('suplance', 'relay', '--test', url, environment={'RELAY_PASSWORD': 'wrong'})
        self.assertEqual(run.returncode, 1)
        self.assertIn('WRONGPASS', run.stdout)
        self.assertNotIn('wrong\n', run.stdout)

    def test_a_key_of_another_kind(self):
        url = self.serve()
        self.cli('SET', 'fleet', 'x')
        session = self.relay(url)
        session.send(exited('web'))
        self.wait_until(lambda: 'WRONGTYPE' in session.said(), 'the refusal')
        self.cli('DEL', 'fleet')
        self.wait_for_entries(1)

    def test_length_of_the_stream(self):
        session = self.relay('--maxlen', '100', self.serve())
        session.send(*[exited('web')] * 1000)
        self.assertEqual(session.end(), 0)
        self.assertLess(int(self.cli('XLEN', 'fleet')), 300)

    def test_unix_socket(self):
        self.serve()
        run = self.ran('suplance', 'relay', '--test', 'redis+unix://%s?stream=other' % self.path('sock'))
        self.assertEqual((run.returncode, run.stdout), (0, 'the event was taken\n'))
        self.assertEqual(len(self.entries('other')), 1)

    def test_tls(self):
        self.authority()
        tls = free_port()
        self.serve('--tls-port', str(tls), '--tls-cert-file', self.path('cert.pem'), '--tls-key-file',
                   self.path('key.pem'), '--tls-ca-cert-file', self.path('ca.pem'), '--tls-auth-clients', 'no')
        url = 'rediss://127.0.0.1:%d/fleet' % tls
        run = self.ran('suplance', 'relay', '--test', url)
        self.assertEqual(run.returncode, 1)
        self.assertIn('certificate', run.stdout)
        for options in (['--ca-file', self.path('ca.pem')], ['--insecure']):
            run = self.ran('suplance', 'relay', '--test', *options, url)
            self.assertEqual((run.returncode, run.stdout), (0, 'the event was taken\n'))
        self.assertEqual(len(self.entries()), 2)

    def test_what_is_no_redis(self):
        with socket.socket() as server:
            server.bind(('127.0.0.1', 0))
            server.listen()

            def answer():
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b'220 hello\r\n')
                    connection.recv(1)
            threading.Thread(target=answer, daemon=True).start()
            run = self.ran('suplance', 'relay', '--test', 'redis://127.0.0.1:%d' % server.getsockname()[1])
        self.assertEqual(run.returncode, 1)
        self.assertIn("not an answer of Redis: b'220 hello", run.stdout)

    @unittest.skipUnless(os.path.exists(program('supc')), 'no supc')
    def test_hash_of_the_plan(self):
        self.write('s.conf', '[supervisord]\n[program:a]\ncommand=/bin/sleep 1\n')
        subprocess.run([program('supc'), 'build', '-o', self.path('plan.bin'), self.path('s.conf')], check=True)
        shown = subprocess.run([program('supc'), 'dump', '--json', self.path('plan.bin')], check=True,
                               capture_output=True, text=True).stdout
        url = self.serve()
        self.assertEqual(self.ran('suplance', 'relay', '--test', '--plan', self.path('plan.bin'), url).returncode, 0)
        self.assertEqual(self.entries()[0]['plan'], json.loads(shown)['hash'])
        run = self.ran('suplance', 'relay', '--test', '--plan', '/nonexistent', url)
        self.assertEqual(run.returncode, 0)
        self.assertIn('no hash of a plan is attached', run.stderr)

    @unittest.skipUnless(os.path.exists(program('supc')), 'no supc')
    def test_under_suprun(self):
        url = self.serve()
        text = ('[unix_http_server]\nfile=@/control.sock\n[supervisorctl]\nserverurl=unix://@/control.sock\n'
                '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n'
                '[program:one]\ncommand=/bin/sleep %%d\nstartsecs=0\n'
                '[eventlistener:relay]\ncommand=%s relay %s\nevents=PROCESS_STATE_EXITED\n'
                % (program('suplance'), url))
        self.run_with(text % 600)
        self.wait_for_log('relay entered RUNNING state')
        # The plan is the configuration's, as supc makes one of it, and after an update the new one.
        hashes = []
        for number, start in (1, 1), (2, 3):  # in between it was started again, and by the update
            pid = self.wait_for_pid('one', start)
            os.kill(pid, signal.SIGKILL)
            entry = self.wait_for_entries(number)[-1]
            self.assertEqual(entry['pid'], str(pid))
            shown = subprocess.run([program('supc'), 'dump', '--json', self.path('s.conf')], check=True,
                                   capture_output=True, text=True).stdout
            hashes.append(entry['plan'])
            self.assertEqual(entry['plan'], json.loads(shown)['hash'])
            self.wait_for_pid('one', start + 1)
            self.configure(text % 601)
            subprocess.run([program('supctl'), '-c', self.path('s.conf'), 'update'], check=True, capture_output=True)
        self.assertNotEqual(*hashes)

    def test_usage(self):
        inside = {'SUPERVISOR_ENABLED': '1'}
        for wrong in ([], ['http://x'], ['redis://'], ['redis://x:0'], ['redis://x:y/z'], ['redis+unix://x'],
                      ['--qos', '1', 'redis://x'], ['--maxlen', '5', 'mqtt://x'], ['--qos', '3', 'mqtt://x'],
                      ['mqtt://x/a/#'], ['mqtt://x/%(nonsense)s'], ['redis://x', 'redis://y'], ['redis://[::1'],
                      ['--url-file', '/nonexistent']):
            run = self.ran('suplance', 'relay', *wrong, environment=inside)
            self.assertEqual((run.returncode, run.stdout), (2, ''), wrong)
        self.assertEqual(self.ran('suplance', 'relay', 'redis://x').returncode, 2)

    def test_protocol(self):
        self.assertEqual(self.checked('suplance', 'relay', self.serve()), (0, '31 events sent, 0 errors, 0 notes\n'))


@unittest.skipUnless(MOSQUITTO and shutil.which('mosquitto_sub'), 'no mosquitto')
class RelayToMqtt(RelayTest):
    def serve(self, more='allow_anonymous true\n', port=None, tls=''):
        self.port = port or free_port()
        os.chmod(self.folder, 0o755)  # as root, mosquitto goes on as another user
        self.write('mosquitto.conf', 'listener %d 127.0.0.1\n%s%s' % (self.port, tls, more), 0o644)
        self.broker = self.start_broker(MOSQUITTO, '-c', self.path('mosquitto.conf'))
        self.wait_for_port(self.port)
        return 'mqtt://127.0.0.1:%d' % self.port

    def subscribe(self, *login):
        """Messages of all topics go to a file, a line each: topic and body."""
        out = open(self.path('got'), 'ab')
        self.addCleanup(out.close)
        process = subprocess.Popen(['stdbuf', '-oL', 'mosquitto_sub', '-p', str(self.port), '-h', '127.0.0.1', '-q', '2', '-v', '-d', '-t', '#',
                                    *login], stdout=out, stderr=out)

        def end():
            process.kill()
            process.wait()
        self.addCleanup(end)
        self.wait_until(lambda: 'Subscribed (mid' in self.read('got'), 'the subscription')

    def got(self):
        lines = [line for line in self.read('got').splitlines() if ' {' in line]
        return [(line.split(' ', 1)[0], json.loads(line.split(' ', 1)[1])) for line in lines]

    def wait_for_messages(self, count):
        self.wait_until(lambda: len(self.got()) >= count, '%d messages' % count)
        return self.got()

    def test_messages(self):
        url = self.serve()
        self.subscribe()
        session = self.relay('--host', 'node/1', url)
        session.send(exited('web', 'shop'))
        topic, body = self.wait_for_messages(1)[0]
        self.assertEqual(topic, 'supervisor/node_1/PROCESS_STATE_EXITED')
        self.assertEqual((body['host'], body['processname'], body['pid'], body['expected']), ('node/1', 'web', 77, False))
        self.assertTrue(body['id'].startswith('node/1/supervisor/'))
        self.assertEqual((session.end(), session.said()), (0, ''))

    def test_many_in_order(self):
        url = self.serve()
        self.subscribe()
        for quality in ('1', '2'):
            session = self.relay('--qos', quality, url + '/q' + quality + '/%(group)s')
            session.send(*[exited('p%d' % i, 'g') for i in range(700)])
            self.assertEqual(session.end(), 0)
            self.wait_until(lambda: sum(t == 'q%s/g' % quality for t, _ in self.got()) == 700, 'all messages')
            self.assertEqual([b['processname'] for t, b in self.got() if t == 'q%s/g' % quality],
                             ['p%d' % i for i in range(700)])

    def test_a_broker_that_dies_loses_nothing(self):
        url = self.serve()
        self.broker.kill()
        self.broker.wait()
        session = self.relay('--queue', self.path('queue'), url)
        session.send(exited('one'), exited('two'))
        self.wait_until(lambda: 'Connection refused; next attempt' in session.said(), 'a failure')
        session.process.kill()
        session.process.wait()
        self.serve(port=self.port)
        self.subscribe()
        session = self.relay('--queue', self.path('queue'), url)
        self.assertEqual([b['processname'] for _, b in self.wait_for_messages(2)], ['one', 'two'])
        self.assertEqual(session.end(), 0)

    def test_a_broker_that_goes_and_comes_back(self):
        # It knows its subscriber again, for which it keeps what comes before that is back.
        more = ('allow_anonymous true\nuser root\npersistence true\npersistence_location %s/\n' % self.folder)
        url = self.serve(more)
        session = self.relay(url)
        self.subscribe('-c', '-i', 'watch')
        session.send(exited('up'))
        self.wait_for_messages(1)
        self.broker.terminate()
        self.broker.wait()
        session.send(exited('down'), exited('more'))
        self.wait_until(lambda: 'Connection refused; next attempt' in session.said(), 'a failure')
        self.serve(more, port=self.port)
        self.assertEqual([b['processname'] for _, b in self.wait_for_messages(3)], ['up', 'down', 'more'])
        self.assertEqual(session.end(), 0)

    def test_a_broker_that_hangs_does_not_stall_the_protocol(self):
        url = self.serve()
        self.broker.send_signal(signal.SIGSTOP)
        session = self.relay('--timeout', '1', url)
        session.send(*[exited('web')] * 50)
        self.wait_until(lambda: 'timed out' in session.said(), 'the limit')
        self.broker.send_signal(signal.SIGCONT)

    def test_login(self):
        self.write('passwords', 'me:sesame\n', 0o644)
        subprocess.run(['mosquitto_passwd', '-U', self.path('passwords')], check=True, capture_output=True)
        os.chmod(self.path('passwords'), 0o644)
        url = self.serve('allow_anonymous false\npassword_file %s\n' % self.path('passwords'))
        good = {'RELAY_PASSWORD': 'sesame'}
        self.assertEqual(self.ran('suplance', 'relay', '--test', '--user', 'me', url, environment=good).returncode, 0)
        for options, environment in ((['--user', 'me'], {'RELAY_PASSWORD': 'wrong'}), ([], {})):
            run = self.ran('suplance', 'relay', '--test', *options, url, environment=environment)
            self.assertEqual(run.returncode, 1)
            self.assertRegex(run.stdout, 'not authori[sz]ed|refused')

    def test_tls(self):
        self.authority()
        os.chmod(self.path('key.pem'), 0o644)
        url = self.serve(tls='certfile %s\nkeyfile %s\n' % (self.path('cert.pem'), self.path('key.pem'))
                         ).replace('mqtt:', 'mqtts:')
        run = self.ran('suplance', 'relay', '--test', url)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stdout, '(?i)tls|certificate')
        for options in (['--ca-file', self.path('ca.pem')], ['--insecure']):
            run = self.ran('suplance', 'relay', '--test', *options, url)
            self.assertEqual((run.returncode, run.stdout), (0, 'the event was taken\n'), options)


if __name__ == '__main__':
    unittest.main()
