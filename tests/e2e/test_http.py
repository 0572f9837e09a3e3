"""What suprun serves over HTTP beside XML-RPC: health, metrics and the JSON API, asked by Python's http
client over a UNIX socket and over TCP."""

import base64
import http.client
import json
import os
import shutil
import subprocess
import time

from harness import PATIENCE
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
        # A listener that never answers: its pool is full.
        self.assertEqual(figures['supervisor_pool_queue_limit{group="l"}'], '3')
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
