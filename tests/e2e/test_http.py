"""What suprun serves over HTTP beside XML-RPC: health, metrics and the JSON API, asked by Python's http
client over a UNIX socket and over TCP."""

import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import time

from harness import PATIENCE, program
from test_rpc import RPC, RpcTest, UNIX, UnixConnection, free_port

PROMTOOL = shutil.which('promtool')
SLEEP = '[program:%s]\ncommand=/bin/sleep 1000\nstartsecs=0\n'


class HttpTest(RpcTest):
    def ask(self, path, method='GET', body=None, **headers):
        """Status, headers and text of an answer over the UNIX socket."""
        connection = UnixConnection(self.path('s.sock'))
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        status, _, text = self.ask(path)
        return status, json.loads(text)


class Health(HttpTest):
    def test_alive_and_ready(self):
        daemon = self.serve(UNIX + SLEEP % 'a' + SLEEP % 'b')
        self.wait_for_state('a', 'RUNNING')
        self.wait_for_state('b', 'RUNNING')
        status, health = self.get('/health')
        self.assertEqual((status, health['status'], health['pid']), (200, 'ok', daemon.pid))
        status, ready = self.get('/health/ready')
        self.assertEqual((status, ready['status'], ready['ready']), (200, 'ready', 2))

    def test_what_is_not_up_is_named_with_its_reason(self):
        self.serve(UNIX + SLEEP % 'a' +
                   '[program:gone]\ncommand=@/no-such\nstartretries=0\n'
                   '[program:once]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\n'
                   '[program:bad]\ncommand=/bin/sh -c "exit 3"\nstartsecs=0\nautorestart=false\n'
                   '[program:off]\ncommand=/bin/false\nautostart=false\n')
        for name, state in (('gone', 'FATAL'), ('once', 'EXITED'), ('bad', 'EXITED')):
            self.wait_for_state(name, state)
        status, ready = self.get('/health/ready')
        self.assertEqual(status, 503)
        self.assertEqual([(one['name'], one['state']) for one in ready['processes']],
                         [('bad', 'EXITED'), ('gone', 'FATAL')])
        self.assertIn('status 3', ready['processes'][0]['why'])
        self.assertIn('no-such', ready['processes'][1]['why'])

    def test_the_password_is_asked_for(self):
        port = free_port()
        self.serve('[inet_http_server]\nport=127.0.0.1:%d\nusername=u\npassword=p\n' % port)
        for path in ('/health', '/health/ready', '/metrics', '/api/v1/processes', '/'):
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
            connection.request('GET', path)
            self.assertEqual(connection.getresponse().status, 401, path)
            connection.close()
        right = base64.b64encode(b'u:p').decode()
        for path in ('/health', '/metrics'):
            connection.request('GET', path, headers={'Authorization': 'Basic ' + right})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200, path)
            answer.read()
        connection.close()


class Metrics(HttpTest):
    def figures(self):
        status, headers, text = self.ask('/metrics')
        self.assertEqual(status, 200)
        self.assertTrue(headers['Content-Type'].startswith('text/plain; version=0.0.4'))
        return text, dict(line.rsplit(' ', 1) for line in text.splitlines()
                          if not line.startswith('#'))

    def serve_some(self):
        self.serve(UNIX + SLEEP % 'a' +
                   '[program:again]\ncommand=/bin/sh -c "echo hello; exit 7"\nstartsecs=0\n'
                   'autorestart=false\n'
                   '[program:gone]\ncommand=@/no-such\nstartretries=0\n'
                   '[program:q"\\x]\ncommand=/bin/cat\nautostart=false\n'
                   '[eventlistener:l]\nevents=PROCESS_STATE\nbuffer_size=3\n'
                   'command=/bin/sleep 1000\n')
        self.wait_for_state('a', 'RUNNING')
        self.wait_for_state('again', 'EXITED')
        self.wait_for_state('gone', 'FATAL')

    def test_figures_of_processes(self):
        self.serve_some()
        before = time.time()
        text, figures = self.figures()
        a = '{group="a",name="a"}'
        again = '{group="again",name="again"}'
        self.assertEqual(figures['supervisor_process_up' + a], '1')
        self.assertEqual(figures['supervisor_process_up' + again], '0')
        self.assertEqual(figures['supervisor_process_state' + again], '100')
        self.assertEqual(figures['supervisor_process_exit_status' + again], '7')
        self.assertEqual(figures['supervisor_process_exit_signal' + again], '0')
        self.assertNotIn('supervisor_process_exit_status' + a, figures)
        gone = '{group="gone",name="gone"}'
        self.assertEqual(figures['supervisor_process_spawn_failures_total' + gone], '1')
        self.assertLess(abs(float(figures['supervisor_process_start_time_seconds' + a]) - before), 60)
        self.assertGreater(float(figures['supervisor_process_resident_memory_bytes' + a]), 4096)
        size = 'supervisor_process_log_bytes{group="again",name="again",channel="stdout"}'
        self.wait_until(lambda: self.figures()[1].get(size) == '6', 'the size of the log')
        # A listener that never answers: what the daemon's start gave to its pool has room there.
        self.assertGreater(int(figures['supervisor_pool_queued_events{group="l"}']), 3)
        self.assertGreaterEqual(int(figures['supervisor_pool_queue_limit{group="l"}']),
                                int(figures['supervisor_pool_queued_events{group="l"}']))
        self.assertEqual(figures['supervisor_pool_event_duration_seconds_count{group="l"}'], '0')
        self.server().supervisor.startProcess('again')
        _, after = self.figures()
        self.assertEqual(after['supervisor_process_starts_total' + again], '2')
        starting = 'supervisor_events_total{type="PROCESS_STATE_STARTING"}'
        self.assertEqual(int(after[starting]), int(figures[starting]) + 1)
        method = '{method="supervisor.startProcess"}'
        self.assertEqual(after['supervisor_rpc_request_duration_seconds_count' + method], '1')

    def test_the_cpu_that_is_used_is_seen(self):
        self.serve(UNIX + '[program:busy]\ncommand=/bin/sh -c "while :; do :; done"\nstartsecs=0\n')
        name = 'supervisor_process_cpu_seconds_total{group="busy",name="busy"}'
        self.wait_until(lambda: float(self.figures()[1].get(name, 0)) > 0.05, 'processor time')

    def test_promtool_has_nothing_to_say(self):
        if not PROMTOOL:
            self.skipTest('no promtool (package prometheus)')
        self.serve_some()
        text, _ = self.figures()
        self.server().supervisor.getState()
        text, _ = self.figures()
        done = subprocess.run([PROMTOOL, 'check', 'metrics'], input=text, capture_output=True,
                              text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '', ''))


class Api(HttpTest):
    def post(self, path, body=None, **headers):
        headers.setdefault('Content_Type', 'application/json')
        status, _, text = self.ask(path, 'POST', json.dumps(body or {}), **headers)
        return status, json.loads(text)

    def test_a_process_is_started_and_stopped(self):
        self.serve(UNIX + SLEEP % 'a')
        self.wait_for_state('a', 'RUNNING')
        self.assertEqual(self.post('/api/v1/processes/a/stop'), (200, True))
        status, process = self.get('/api/v1/processes/a')
        self.assertEqual((status, process['statename']), (200, 'STOPPED'))
        status, problem = self.post('/api/v1/processes/a/stop')
        self.assertEqual((status, problem['fault']), (409, 'NOT_RUNNING'))
        self.assertEqual(self.post('/api/v1/processes/a/start'), (200, True))
        pid = self.get('/api/v1/processes/a')[1]['pid']
        self.assertEqual(self.post('/api/v1/processes/a/restart'), (200, True))
        self.assertNotEqual(self.get('/api/v1/processes/a')[1]['pid'], pid)
        history = self.get('/api/v1/processes/a/history')[1]
        self.assertEqual((history['starts'], len(history['exits'])), (3, 2))
        self.assertEqual(history['exits'][0]['signal'], 15)

    def test_all_and_groups(self):
        self.serve(UNIX + SLEEP % 'a' + SLEEP % 'b' + '[group:g]\nprograms=b\n')
        self.wait_for_state('a', 'RUNNING')
        self.wait_for_state('g:b', 'RUNNING')
        status, results = self.post('/api/v1/groups/g/restart')
        self.assertEqual([(one['name'], one['status']) for one in results], [('b', 80)])
        status, results = self.post('/api/v1/processes/restart')
        self.assertEqual(sorted(one['name'] for one in results), ['a', 'b'])
        groups = self.get('/api/v1/groups')[1]
        self.assertEqual([one['name'] for one in groups], ['a', 'g'])
        # The section that makes the group, and the one that makes its process.
        text = self.read('s.conf').split('\n')
        for place, section in ((groups[1]['place'], '[group:g]'),
                               (groups[1]['processes'][0]['place'], '[program:b]')):
            file, _, line = place.rpartition(':')
            self.assertEqual(text[int(line) - 1], section)
            self.assertTrue(file.endswith('s.conf'))

    def test_signal_stdin_and_logs(self):
        self.serve(UNIX + '[program:cat]\ncommand=/bin/sh -c "trap \'echo hup\' HUP; while read l; do '
                   'echo got $l; done"\nstartsecs=0\n')
        self.wait_for_state('cat', 'RUNNING')
        self.assertEqual(self.post('/api/v1/processes/cat/stdin', {'chars': 'x\n'}), (200, True))
        log = '/api/v1/processes/cat/stdout'
        self.wait_until(lambda: self.get(log)[1] == 'got x\n', 'the echo')
        self.assertEqual(self.get(log + '?offset=4&length=1'), (200, 'x'))
        self.assertEqual(self.get(log + '/tail?offset=4&length=100'), (200, ['got x\n', 6, False]))
        self.assertEqual(self.post('/api/v1/processes/cat/signal', {'signal': 'SIGHUP'}), (200, True))
        self.assertEqual(self.post('/api/v1/processes/cat/logs/clear'), (200, True))

    def test_what_browsers_of_strangers_send_is_refused(self):
        port = free_port()
        self.serve(UNIX + '[inet_http_server]\nport=127.0.0.1:%d\n' % port + SLEEP % 'a')
        self.wait_for_state('a', 'RUNNING')
        for headers in ({'Origin': 'http://evil.example'}, {'Sec-Fetch-Site': 'cross-site'},
                        {'Origin': 'null'}):
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
            connection.request('POST', '/api/v1/processes/a/stop', '{}',
                               dict(headers, **{'Content-Type': 'application/json'}))
            answer = connection.getresponse()
            self.assertEqual(answer.status, 403, headers)
            self.assertIn('which is not ours', json.loads(answer.read())['detail'])
            connection.close()
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
        connection.request('GET', '/', headers={'Host': 'evil.example'})
        self.assertEqual(connection.getresponse().status, 403)
        connection.close()
        self.wait_for_log('denied a request from 127.0.0.1')
        status, _, _ = self.ask('/api/v1/processes/a/stop', 'POST', '',
                                Content_Type='application/x-www-form-urlencoded')
        self.assertEqual(status, 415)
        self.assertEqual(self.get('/api/v1/processes/a')[1]['statename'], 'RUNNING')

    def test_it_needs_no_rpcinterface(self):
        self.serve(UNIX.replace(RPC, '') + SLEEP % 'a')
        self.wait_until(lambda: self.get('/api/v1/processes/a')[1]['statename'] == 'RUNNING', 'a')


class Events(HttpTest):
    def listen(self, query='', **headers):
        """An answer that goes on; its lines are read with next_event."""
        connection = UnixConnection(self.path('s.sock'))
        self.addCleanup(connection.close)
        connection.request('GET', '/api/v1/events' + query,
                           headers={name.replace('_', '-'): value
                                    for name, value in headers.items()})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers['Content-Type'], 'text/event-stream')
        self.assertEqual(answer.readline(), b'retry: 2000\n')
        answer.readline()
        return answer

    @staticmethod
    def next_event(answer):
        event = {}
        while True:
            line = answer.readline().decode().rstrip('\n')
            if not line:
                if event:
                    return event
                continue
            name, _, value = line.partition(': ')
            event[name] = json.loads(value) if name == 'data' else value

    def test_states_as_they_change(self):
        self.serve(UNIX + SLEEP % 'a' + 'autostart=false\n' + SLEEP % 'b' + 'autostart=false\n')
        everything = self.listen()
        only_b = self.listen('?type=PROCESS_STATE&process=b')
        self.server().supervisor.startProcess('a')
        self.server().supervisor.startProcess('b')
        seen = [self.next_event(everything)['data'] for _ in range(4)]
        self.assertEqual([(one['fields']['processname'], one['type']) for one in seen],
                         [('a', 'PROCESS_STATE_STARTING'), ('a', 'PROCESS_STATE_RUNNING'),
                          ('b', 'PROCESS_STATE_STARTING'), ('b', 'PROCESS_STATE_RUNNING')])
        self.assertIsInstance(seen[1]['fields']['pid'], int)
        self.assertEqual(self.next_event(only_b)['data']['fields']['processname'], 'b')

    def test_the_serial_is_that_of_listeners(self):
        self.serve(UNIX + '[eventlistener:l]\nevents=REMOTE_COMMUNICATION\ncommand=/bin/cat\n')
        answer = self.listen('?type=REMOTE_COMMUNICATION')
        server = self.server().supervisor
        server.sendRemoteCommEvent('one', 'a\nb')
        server.sendRemoteCommEvent('two', '')
        one, two = (self.next_event(answer)['data'] for _ in range(2))
        self.assertEqual((one['fields'], one['data']), ({'type': 'one'}, 'a\nb'))
        self.assertEqual(two['serial'], one['serial'] + 1)

    def test_who_comes_back_goes_on(self):
        self.serve(UNIX)
        answer = self.listen()
        server = self.server().supervisor
        server.sendRemoteCommEvent('one', '')
        last = self.next_event(answer)['id']
        answer.close()
        server.sendRemoteCommEvent('two', '')
        again = self.listen(Last_Event_ID=last)
        self.assertEqual(self.next_event(again)['data']['fields'], {'type': 'two'})

    def test_a_client_that_does_not_read_holds_nobody(self):
        self.serve(UNIX)
        slow = self.connect()
        slow.sendall(b'GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n')
        self.wait_until(lambda: slow.recv(1), 'the head')
        server = self.server().supervisor
        for _ in range(300):
            server.sendRemoteCommEvent('big', 'x' * 20000)
        self.assertEqual(server.getState()['statecode'], 1)
        got = b''
        while b'event: missed' not in got:
            piece = slow.recv(1 << 20)
            self.assertTrue(piece, 'the stream ended')
            got = got[-100:] + piece

    def test_output_of_processes(self):
        self.serve(UNIX + '[program:a]\ncommand=/bin/sh -c "read x; echo $x"\nstartsecs=0\n'
                   'autorestart=false\nstdout_events_enabled=true\n')
        self.wait_for_state('a', 'RUNNING')
        answer = self.listen('?type=PROCESS_LOG')
        self.server().supervisor.sendProcessStdin('a', 'hello\n')
        self.assertEqual(self.next_event(answer)['data']['data'], 'hello\n')


class SupctlListeners(HttpTest):
    """What the command listeners says of events that wait."""

    def serve_pool(self, options):
        self.serve(UNIX + SLEEP % 'a' + '[eventlistener:l]\nevents=PROCESS_STATE,REMOTE_COMMUNICATION\n'
                   'buffer_size=2\ncommand=/bin/sleep 1000\n' + options)
        self.wait_for_state('a', 'RUNNING')

    def line(self):
        return subprocess.run([program('supctl'), '-s', 'unix://' + self.path('s.sock'), 'listeners'], timeout=PATIENCE,
                              stdout=subprocess.PIPE, check=True, text=True).stdout.split('\n')[0]

    def test_without_a_spool(self):
        self.serve_pool('')
        self.assertRegex(self.line(), r'^l: \d+ waiting, more than buffer_size=2: there is room for \d+ until all '
                                      r'were given out, the oldest for \d+ s; ')
        pool = self.server().suprun.getListeners()[0]
        self.assertEqual((pool['buffer_size'], pool['has_spool'], pool['stored']), (2, False, 0))
        for _ in range(pool['limit'] + 5 - pool['queued']):
            self.server().supervisor.sendRemoteCommEvent('x', '')
        after = self.server().suprun.getListeners()[0]
        self.assertEqual((after['queued'], after['dropped']), (pool['limit'], 5))

    def test_with_a_spool(self):
        self.serve_pool('events_spool=@/spool\n')
        before = self.server().suprun.getListeners()[0]
        line = self.line()
        found = re.match(r'l: (\d+) waiting, (\d+) of them on disk, ', line)
        self.assertTrue(found, line)
        self.assertEqual(int(found.group(1)), int(found.group(2)) + 2)
        pool = self.server().suprun.getListeners()[0]
        self.assertEqual((pool['limit'], pool['has_spool']), (2, True))
        # There may be another one meanwhile.
        self.assertIn(int(found.group(2)), range(before['stored'], pool['stored'] + 1))


class SupctlEvents(HttpTest):
    """The same stream as the command events shows it."""

    def watch(self, *arguments):
        return self.follow('-s', 'unix://' + self.path('s.sock'), *arguments)

    def follow(self, *arguments):
        watcher = subprocess.Popen([program('supctl'), *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

        def end():
            if watcher.poll() is None:
                watcher.kill()
            watcher.wait()
            watcher.stdout.close()
        self.addCleanup(end)
        return watcher

    def wait_for_watchers(self, count):
        self.wait_until(lambda: 'supervisor_event_clients %d\n' % count
                        in self.ask('/metrics')[2], 'watchers')

    def test_lines_and_json(self):
        self.serve(UNIX + SLEEP % 'a' + 'autostart=false\n' + SLEEP % 'b' + 'autostart=false\n')
        everything = self.watch('events')
        some = self.watch('events', '--filter=process_state_running,TICK', 'b')
        documents = self.watch('--json', 'events', 'a:*')
        self.wait_for_watchers(3)
        server = self.server().supervisor
        server.startProcess('a')
        server.startProcess('b')
        server.sendRemoteCommEvent('deploy', 'v2\n')
        lines = [everything.stdout.readline() for _ in range(5)]
        self.assertRegex(lines[0], r'^\d\d:\d\d:\d\d PROCESS_STATE_STARTING a from_state=STOPPED tries=0\n$')
        self.assertRegex(lines[1], r'PROCESS_STATE_RUNNING a from_state=STARTING pid=\d+\n$')
        self.assertRegex(lines[4], r'REMOTE_COMMUNICATION type=deploy "v2\\n"\n$')
        self.assertRegex(some.stdout.readline(), r'PROCESS_STATE_RUNNING b ')
        event = json.loads(documents.stdout.readline())
        self.assertEqual((event['type'], event['fields']['processname']), ('PROCESS_STATE_STARTING', 'a'))
        everything.send_signal(signal.SIGINT)
        self.assertEqual(everything.wait(PATIENCE), 0)
        self.wait_for_watchers(2)

    def test_what_a_name_stands_for(self):
        two = 'autostart=false\nnumprocs=2\nprocess_name=%(process_num)d\n'
        self.serve(UNIX + SLEEP % 'web' + two + SLEEP % 'one' + 'autostart=false\n' +
                   SLEEP % 'gone' + 'autostart=false\n')
        watchers = [self.watch('events', *words) for words in (
            ['web'], ['web:*'], ['web:'], ['web:1'], ['all'],
            ['--filter=process_state_running', '--filter', 'TICK', 'web'])]
        self.wait_for_watchers(len(watchers))
        self.server().supervisor.removeProcessGroup('gone')
        self.server().supervisor.startProcess('web:1')
        state = ' PROCESS_STATE_%s web:1 .*'
        for watcher, first in zip(watchers, [state % 'STARTING'] * 4 + [' PROCESS_GROUP_REMOVED gone', state % 'RUNNING']):
            self.assertRegex(watcher.stdout.readline(), '^[0-9:]+' + first + '\n$')

    def test_an_upgrade_in_place_is_gone_through(self):
        self.serve(UNIX + SLEEP % 'a' + 'autostart=false\n')
        watcher = self.watch('events', 'a')
        document = self.watch('--json', 'events', 'a')
        self.wait_for_watchers(2)
        self.server().suprun.upgrade()
        self.wait_for_log('upgraded, everything goes on')
        self.wait_for_watchers(2)
        self.server().supervisor.startProcess('a')
        self.assertEqual(watcher.stdout.readline(), '==> some events were missed <==\n')
        self.assertRegex(watcher.stdout.readline(), 'PROCESS_STATE_STARTING a ')
        self.assertEqual(json.loads(document.stdout.readline()), {'missed': None})
        self.assertEqual(json.loads(document.stdout.readline())['type'], 'PROCESS_STATE_STARTING')

    def test_the_last_events_before_the_end_are_told(self):
        names = ['p%d' % i for i in range(4)]
        daemon = self.serve(UNIX + ''.join(SLEEP % name for name in names))
        for name in names:
            self.wait_for_state(name, 'RUNNING')
        watcher = self.watch('events', '--filter=PROCESS_STATE_STOPPED')
        self.wait_for_watchers(1)
        daemon.terminate()
        told = watcher.communicate(timeout=PATIENCE)[0]
        self.assertEqual(sorted(line.split()[2] for line in told.split('\n') if 'STOPPED' in line), names)

    def test_several_servers_that_are_faster_than_the_reader(self):
        """What is not read waits nowhere: the servers keep a bounded number of events."""
        port = free_port()
        self.serve(UNIX + '[inet_http_server]\nport=127.0.0.1:%d\n' % port)
        watcher = self.follow('-s', 'unix://' + self.path('s.sock'), '-s', 'http://127.0.0.1:%d' % port, 'events')
        self.wait_for_watchers(2)
        text, count = 'x' * 250000, 200
        for _ in range(count):
            self.server().supervisor.sendRemoteCommEvent('flood', text)
        # Had supctl taken them while nobody read its output, none would have been missed.
        missed = {}
        while len(missed) < 2:
            server, line = watcher.stdout.readline().split('  ', 1)
            self.assertLess(len(line), len(text) + 200)
            if 'events were missed' in line:
                missed[server] = line

    def test_what_cannot_be_watched(self):
        daemon = self.serve(UNIX)
        wrong = self.watch('events', '--filter=NOSUCH')
        self.assertEqual(wrong.communicate(timeout=PATIENCE)[0], 'ERROR: no such event type: NOSUCH\n')
        self.assertEqual(wrong.returncode, 1)
        self.assertEqual(self.watch('events', 'a', 'b').wait(PATIENCE), 2)
        for words, line in ((['--bogus'], 'no such option: --bogus'), (['--filter'], '--filter takes types of events'),
                            (['--filter='], '--filter takes types of events'), (['--filter=,'], '--filter takes types of events')):
            wrong = self.watch('events', *words)
            self.assertTrue(wrong.communicate(timeout=PATIENCE)[0].startswith('Error: %s\n' % line), words)
            self.assertEqual(wrong.returncode, 2)
        for name, what in ('nosuch', 'process'), ('nosuch:*', 'group'), ('nosuch:x', 'process'):
            wrong = self.watch('events', name)
            self.assertEqual(wrong.communicate(timeout=PATIENCE)[0], '%s: ERROR (no such %s)\n'
                             % (name.removesuffix(':*'), what))
            self.assertEqual(wrong.returncode, 1)
        watcher = self.watch('events')
        self.wait_for_watchers(1)
        daemon.terminate()  # end() would take the status of the watcher
        self.assertTrue(watcher.communicate(timeout=PATIENCE)[0].endswith(
            'ERROR: the server has ended the stream\n'))
        self.assertEqual(watcher.returncode, 1)
