"""XML-RPC and HTTP of suprun: the same calls to it and to supervisord, Python's client and the real
supervisorctl, and what strangers send."""

import base64
import http.client
import io
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import xmlrpc.client

from harness import DaemonTest, PATIENCE, program

SUPERVISORD = shutil.which('supervisord')
SUPERVISORCTL = shutil.which('supervisorctl')

RPC = ('[rpcinterface:supervisor]\n'
       'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n')
UNIX = '[unix_http_server]\nfile=@/s.sock\n' + RPC


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost')
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # With settimeout it would fail at once while others wait to be accepted, instead of waiting.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', int(PATIENCE), 0))
        self.sock.connect(self.path)
        self.sock.settimeout(PATIENCE)


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        if not self._connection or host != self._connection[0]:
            self._connection = host, UnixConnection(self.path)
        return self._connection[1]


class Joined(io.RawIOBase):
    """What was read of a socket, and the rest."""

    def __init__(self, begun, rest):
        super().__init__()
        self.begun = begun
        self.rest = rest

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self.begun:
            return self.rest.recv_into(buffer)
        count = min(len(self.begun), len(buffer))
        buffer[:count], self.begun = self.begun[:count], self.begun[count:]
        return count


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


class RpcTest(DaemonTest):
    def serve(self, text, supervisord='', command=None):
        self.configure(text, supervisord)
        usual = os.environ.get('SUP_DAEMON')
        if command:
            os.environ['SUP_DAEMON'] = command
        try:
            daemon = self.start('-c', self.path('s.conf'))
        finally:
            os.environ.pop('SUP_DAEMON', None)
            if usual is not None:
                os.environ['SUP_DAEMON'] = usual
        self.wait_for_log('supervisord started with pid')
        return daemon

    def server(self, path=None):
        proxy = xmlrpc.client.ServerProxy('http://localhost/RPC2',
                                          transport=UnixTransport(path or self.path('s.sock')),
                                          allow_none=True)
        self.addCleanup(lambda: proxy('close')())
        return proxy

    def empty_folder(self):
        for name in os.listdir(self.folder):
            try:
                os.remove(self.path(name))
            except FileNotFoundError:
                pass  # a keeper that is just leaving takes its socket along

    def connect(self):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(one.close)
        one.connect(self.path('s.sock'))  # waits where many come at once; with a timeout it would not
        one.settimeout(PATIENCE)
        return one

    def wait_for_state(self, name, state):
        server = self.server()
        self.wait_until(lambda: server.supervisor.getProcessInfo(name)['statename'] == state,
                        '%s to be %s' % (name, state))

    def exchange(self, data, until_closed=True):
        """What comes back for these bytes until the server closes."""
        one = self.connect()
        one.sendall(data)
        got = b''
        while True:
            piece = one.recv(65536)
            if not piece:
                return got
            got += piece
            if not until_closed and b'\r\n\r\n' in got:
                return got


def post(body, headers=''):
    body = body if isinstance(body, bytes) else body.encode()
    return ('POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n%s'
            'Connection: close\r\nContent-Length: %d\r\n\r\n' % (headers, len(body))).encode() + body


def outcome(call):
    """The value or the fault or the status, without what differs from run to run."""
    try:
        return plain(call())
    except xmlrpc.client.Fault as fault:
        return ('fault', fault.faultCode, plain(fault.faultString))
    except xmlrpc.client.ProtocolError as error:
        return ('status', error.errcode)


CHANGING = {'start', 'stop', 'now', 'pid'}


def plain(value):
    if isinstance(value, dict):
        return {name: ('#' if name in CHANGING and each else plain(each))
                for name, each in value.items() if name != 'autorestart'}
    if isinstance(value, (list, tuple)):
        values = [plain(each) for each in value]
        if all(isinstance(each, dict) and 'status' in each for each in values):
            values.sort(key=lambda each: (each['group'], each['name']))  # by who ended first
        return values
    if isinstance(value, str):
        value = re.sub(r'/tmp/suprun-[^/]*', '@', value)
        value = re.sub(r'(---supervisor-)\w+', r'\1#', value)
        value = re.sub(r'pid \d+, uptime [\d:]+', 'pid #', value)
        value = re.sub(r'\w{3} \d\d \d\d:\d\d [AP]M', 'TIME', value)
    return value


CONFIGURATION = UNIX + '''
[program:cat]
command=/bin/cat
stdout_logfile=@/cat.log
stderr_logfile=NONE
startsecs=0

[program:idle]
command=/bin/sleep 1000
process_name=%(program_name)s_%(process_num)d
numprocs=2
autostart=false
startsecs=0
stdout_logfile=NONE
redirect_stderr=true
priority=5
stopwaitsecs=3
exitcodes=0,2
directory=/usr

[program:bad]
command=/nonexistent/program
autostart=false
stdout_logfile=@/bad.log
user=nobody

[program:text]
command=/etc/passwd
autostart=false

[program:short]
command=/bin/false
autostart=false
startretries=0
startsecs=1

[group:all]
programs=g1,g2
priority=3

[program:g1]
command=/bin/cat
autostart=false
startsecs=0

[program:g2]
command=/bin/cat
autostart=false
startsecs=0
killasgroup=true
stopsignal=INT

[program:said]
command=/bin/sh -c "printf 'one\\ntwo\\nthree \\303\\244\\n'; exec sleep 1000"
startsecs=0
stdout_logfile=@/said.log
stderr_logfile=@/said.err
'''

# Calls in this order to both daemons; what they give has to be the same. Where it is not, the second
# of a pair says what suprun gives instead, and why is said beside it.
CALLS = [
    ('supervisor.getAPIVersion', []),
    ('supervisor.getVersion', []),
    ('supervisor.getIdentification', []),
    ('supervisor.getState', []),
    ('supervisor.getState', [1]),
    ('supervisor.nosuch', []),
    ('nosuch.getState', []),
    ('getState', []),
    ('supervisor._update', ['x']),
    ('supervisor.a.b', []),
    ('supervisor.getProcessInfo', []),
    ('supervisor.getProcessInfo', ['cat', 1]),
    ('supervisor.getProcessInfo', ['cat']),
    ('supervisor.getProcessInfo', ['cat:cat']),
    ('supervisor.getProcessInfo', ['nosuch']),
    ('supervisor.getProcessInfo', ['cat:nosuch']),
    ('supervisor.getProcessInfo', ['all:*']),
    ('supervisor.getProcessInfo', ['all:']),
    ('supervisor.getProcessInfo', ['']),
    ('supervisor.getAllProcessInfo', []),
    ('supervisor.getAllConfigInfo', []),
    ('supervisor.startProcess', ['bad']),
    ('supervisor.startProcess', ['text']),
    ('supervisor.startProcess', ['short']),
    ('supervisor.startProcess', ['cat']),
    ('supervisor.startProcess', ['nosuch']),
    ('supervisor.startProcess', ['idle:idle_0']),
    ('supervisor.startProcess', ['idle:idle_1', False]),
    ('supervisor.startProcess', ['all:*']),
    ('supervisor.startProcess', ['all:*']),
    ('supervisor.startProcessGroup', ['nosuch']),
    ('supervisor.startProcessGroup', [5]),
    ('supervisor.stopProcessGroup', [True]),
    ('supervisor.signalProcessGroup', [1.5, 'TERM']),
    ('supervisor.startProcessGroup', [[]]),
    ('supervisor.removeProcessGroup', [{}]),
    ('supervisor.startProcessGroup', ['bad']),
    ('supervisor.signalProcess', ['cat', 'USR9']),
    ('supervisor.signalProcess', ['cat', 'SIGCONT']),
    ('supervisor.signalProcess', ['cat', 'cont']),
    ('supervisor.signalProcess', ['cat', 18]),
    ('supervisor.signalProcess', ['cat', '18']),
    ('supervisor.signalProcess', ['cat', 4711]),
    ('supervisor.signalProcess', ['bad', 'HUP']),
    ('supervisor.signalProcess', ['nosuch', 'HUP']),
    ('supervisor.signalProcess', ['all:*', 'CONT']),
    ('supervisor.signalProcessGroup', ['all', 'CONT']),
    ('supervisor.signalProcessGroup', ['all', 'nonsense']),
    ('supervisor.signalProcessGroup', ['nosuch', 'CONT']),
    ('supervisor.signalAllProcesses', ['CONT']),
    ('supervisor.stopProcess', ['idle:idle_0']),
    ('supervisor.stopProcess', ['idle:idle_0']),
    ('supervisor.stopProcess', ['nosuch']),
    ('supervisor.stopProcess', ['all:*']),
    ('supervisor.stopProcess', ['all:*']),
    ('supervisor.stopProcessGroup', ['idle']),
    ('supervisor.stopProcessGroup', ['nosuch']),
    ('supervisor.getProcessInfo', ['idle:idle_0']),
    ('supervisor.sendProcessStdin', ['cat', 'hello \xe4\n']),
    ('supervisor.sendProcessStdin', ['cat', 5]),
    ('supervisor.sendProcessStdin', ['bad', 'x']),
    ('supervisor.sendProcessStdin', ['nosuch', 'x']),
    ('supervisor.sendProcessStdin', ['all:*', 'x']),
    ('supervisor.sendRemoteCommEvent', ['type', 'data']),
    ('supervisor.readProcessStdoutLog', ['said', 0, 0]),
    ('supervisor.readProcessLog', ['said', 4, 3]),
    ('supervisor.readProcessStdoutLog', ['said', -6, 0]),
    ('supervisor.readProcessStdoutLog', ['said', -600, 0]),
    ('supervisor.readProcessStdoutLog', ['said', -1, 1]),
    ('supervisor.readProcessStdoutLog', ['said', 0, -1]),
    ('supervisor.readProcessStdoutLog', ['said', 1000, 0]),
    ('supervisor.readProcessStdoutLog', ['said', '4', '3']),
    ('supervisor.readProcessStdoutLog', ['nosuch', 0, 0]),
    ('supervisor.readProcessStdoutLog', ['idle:idle_0', 0, 0]),
    ('supervisor.readProcessStdoutLog', ['bad', 0, 0]),
    ('supervisor.readProcessStderrLog', ['said', 0, 0]),
    ('supervisor.readProcessStdoutLog', ['said', 0]),
    ('supervisor.tailProcessStdoutLog', ['said', 0, 100]),
    ('supervisor.tailProcessStdoutLog', ['said', 0, 5]),
    ('supervisor.tailProcessLog', ['said', 8, 3]),
    ('supervisor.tailProcessStdoutLog', ['said', -5, -5]),
    ('supervisor.tailProcessStdoutLog', ['idle:idle_0', 0, 100]),
    ('supervisor.tailProcessStderrLog', ['bad', 0, 100]),
    ('supervisor.tailProcessStderrLog', ['nosuch', 0, 100]),
    ('supervisor.clearProcessLogs', ['said']),
    ('supervisor.clearProcessLog', ['nosuch']),
    ('supervisor.clearProcessLogs', ['all:*']),
    ('supervisor.readProcessStdoutLog', ['said', 0, 0]),
    ('supervisor.clearAllProcessLogs', []),
    ('supervisor.reloadConfig', []),
    ('supervisor.addProcessGroup', ['nosuch']),
    ('supervisor.addProcessGroup', ['cat']),
    ('supervisor.removeProcessGroup', ['nosuch']),
    ('supervisor.removeProcessGroup', ['cat']),
    ('supervisor.removeProcessGroup', ['bad']),
    ('supervisor.removeProcessGroup', ['bad']),
    ('supervisor.addProcessGroup', ['bad']),
    ('supervisor.addProcessGroup', ['bad']),
    ('system.methodSignature', ['supervisor.startProcess']),
    ('system.methodSignature', ['supervisor.nosuch']),
    ('system.methodHelp', ['supervisor.nosuch']),
    ('system.multicall', [[{'methodName': 'supervisor.getState', 'params': []},
                           {'methodName': 'supervisor.startProcess', 'params': ['idle:idle_0']},
                           {'methodName': 'supervisor.getProcessInfo', 'params': ['nosuch']},
                           {'methodName': 'system.multicall', 'params': []},
                           {'params': []},
                           {'methodName': 'supervisor.getState', 'params': {}},
                           {'methodName': 'supervisor.getProcessInfo', 'params': {'nosuch': 1}},
                           {'methodName': 'supervisor.stopProcess', 'params': ['idle:idle_0']},
                           {'methodName': 'supervisor.getAPIVersion'}]]),
    ('system.multicall', [[]]),
    ('supervisor.stopAllProcesses', []),
    ('supervisor.startProcessGroup', ['all', False]),
    ('supervisor.nosuch', ['\x26\x3c']),
]
# Supervisor answers these with HTTP 500 (a Python error); they are mistakes of the caller.
MISTAKES = [
    ('supervisor.getProcessInfo', [5]),
    ('supervisor.startProcess', [None]),
    ('supervisor.startProcess', [['cat']]),
    ('supervisor.readProcessStdoutLog', ['said', 'x', 0]),
    ('supervisor.readLog', ['x', 0]),
    ('supervisor.readLog', [{}, 0]),
    ('system.multicall', ['x']),
    ('system.multicall', [['x']]),
]


@unittest.skipUnless(SUPERVISORD, 'no supervisord')
class RpcBeside(RpcTest):
    """suprun and supervisord, one after the other, asked the same."""

    def answers(self, command=None):
        daemon = self.serve(CONFIGURATION, command=command)
        server = self.server()
        self.wait_for_text('said.log', 'three')
        self.wait_for_state('cat', 'RUNNING')
        self.wait_for_state('said', 'RUNNING')
        answers = []
        for name, arguments in CALLS:
            answers.append(outcome(lambda: getattr(server, name)(*arguments)))
        names = server.system.listMethods()
        signatures = {name: server.system.methodSignature(name) for name in names}
        server('close')()
        daemon.terminate()
        daemon.wait(PATIENCE)
        return answers, signatures

    def test_calls(self):
        ours, our_signatures = self.answers()
        self.empty_folder()
        theirs, their_signatures = self.answers(SUPERVISORD)
        for call, our, their in zip(CALLS, ours, theirs):
            with self.subTest(call=call):
                self.assertEqual(our, their)
        self.assertEqual({name: types for name, types in our_signatures.items()
                          if not name.startswith('suprun.')}, their_signatures)

    def test_bodies(self):
        """Bytes that are no call, and odd ones that are: the same status, or the same answer."""
        call = '<methodCall><methodName>supervisor.%s</methodName>%s</methodCall>'
        value = '<params><param><value>%s</value></param></params>'
        bodies = [
            'nonsense', '<a/>', '<a><b></a>', call % ('getState', ''),
            call % ('getState', '<params></params>'), call % ('getState', '<params/>'),
            call % ('getProcessInfo', value % 'cat'),
            call % ('getProcessInfo', value % '<string>cat</string>'),
            call % ('getProcessInfo', value % '<string>c<!-- - -->at</string>'),
            call % ('getProcessInfo', value % '<string><![CDATA[cat]]></string>'),
            call % ('getProcessInfo', value % '<base64>Y2F0</base64>'),
            call % ('getProcessInfo', value % '<base64>Y2F</base64>'),
            call % ('getProcessInfo', value % '<unheard>cat</unheard>'),
            call % ('getProcessInfo', value % '<string>&#99;&#x61;t</string>'),
            call % ('getProcessInfo', value % '<string>&nosuch;</string>'),
            call % ('getProcessInfo', '<params><param></param></params>'),
            call % ('getState', value % '<int>x</int>'),
            call % ('getState', value % '<double>x</double>'),
            call % ('getState', value % '<dateTime.iso8601>x</dateTime.iso8601>'),
            call % ('getState', value % '<array></array>'),
            call % ('getState', value % '<struct><member/></struct>'),
            '<methodCall/>', '<methodCall><methodName></methodName></methodCall>',
            '<whatever><methodName>supervisor.getAPIVersion</methodName></whatever>',
            '<?xml version="1.0" encoding="UTF-8"?>' + call % ('getAPIVersion', ''),
            call % ('getAPIVersion', '') + '<more/>', call % ('getAPIVersion', '') + 'more',
            'more' + call % ('getAPIVersion', ''), call % ('getAPIVersion', '') + ' <!-- x -->\n',
            call % ('getProcessInfo', value % '<string a="1" a="2">cat</string>'),
            call % ('getProcessInfo', value % '<string a="1" b="2">cat</string>'),
            call % ('getProcessInfo', value % '<string a="<">cat</string>'),
            call % ('getProcessInfo', value % '<string a=1>cat</string>'),
            call % ('getProcessInfo', value % 'a\x01b'), call % ('getProcessInfo', value % 'a\x1bb'),
            call % ('getProcessInfo', value % 'a]]>b'), call % ('getProcessInfo', value % 'a & b'),
            call % ('getProcessInfo', value % '<!-- -- -->'),
            call % ('getProcessInfo', value % '<![CDATA[&#0;]]>'),
            *(call % ('getProcessInfo', value % ('&#%s;' % number))
              for number in ('0', '8', '9', 'xD800', 'xFFFE', 'x110000', '99999999999', 'xZZ', '')),
        ]
        answers = []
        for command in (None, SUPERVISORD):
            self.empty_folder()
            daemon = self.serve(CONFIGURATION, command=command)
            self.wait_for_state('cat', 'RUNNING')
            got = []
            for body in bodies:
                head, _, rest = self.exchange(post(body)).partition(b'\r\n\r\n')
                rest = re.sub(rb'<int>\d{6,}</int>|pid \d+|<int>\d+</int>', b'#', rest)
                got.append((head.split(b'\r\n')[0].split()[1], plain(rest.decode())))
            answers.append(got)
            daemon.terminate()
            daemon.wait(PATIENCE)
        for body, ours, theirs in zip(bodies, *answers):
            with self.subTest(body=body):
                self.assertEqual(re.sub(r'uptime [\d:]+', '', ours[1]),
                                 re.sub(r'uptime [\d:]+', '', theirs[1]))
                self.assertEqual(ours[0], theirs[0])


class Rpc(RpcTest):
    def test_mistakes_of_callers_are_told_as_such(self):
        daemon = self.serve(CONFIGURATION)
        server = self.server()
        for name, arguments in MISTAKES:
            with self.subTest(call=(name, arguments)):
                got = outcome(lambda: getattr(server, name)(*arguments))
                self.assertEqual(got[:2], ('fault', 2), got)
        self.assertIn('INCORRECT_PARAMETERS', got[2])
        self.end(daemon)

    def test_input_is_taken_or_a_fault_tells(self):
        daemon = self.serve(CONFIGURATION)
        server = self.server()
        self.wait_for_state('cat', 'RUNNING')
        info = server.supervisor.getProcessInfo('cat')
        before = os.path.getsize(info['stdout_logfile'])
        os.kill(info['pid'], signal.SIGSTOP)
        line = 'x' * 2000000
        taken = 0
        for _ in range(12):
            got = outcome(lambda: server.supervisor.sendProcessStdin('cat', line))
            if got is not True:
                break
            taken += 1
        self.assertGreaterEqual(taken, 8)
        self.assertEqual(got[:2], ('fault', 30), got)
        self.assertIn('16 MB', got[2])
        os.kill(info['pid'], signal.SIGCONT)
        self.wait_until(lambda: os.path.getsize(info['stdout_logfile']) - before == taken * len(line),
                        'all of it and nothing more')
        self.end(daemon)

    def test_others_are_served_during_a_long_multicall(self):
        daemon = self.serve(CONFIGURATION)
        calls = [{'methodName': 'supervisor.getAllProcessInfo'}] * 3000
        calls += [{'methodName': 'supervisor.getState'}, {'methodName': 'nosuch'}]
        results = []
        server, other = self.server(), self.server()
        thread = threading.Thread(target=lambda: results.extend(server.system.multicall(calls)))
        thread.start()
        between = 0
        while thread.is_alive():
            other.supervisor.getState()
            between += 1
        thread.join()
        self.assertGreater(between, 3)
        self.assertEqual(len(results), len(calls))
        self.assertTrue(all(isinstance(each, list) for each in results[:3000]))
        self.assertEqual(results[-2]['statename'], 'RUNNING')
        self.assertEqual(results[-1]['faultCode'], 1)
        self.end(daemon)

    def test_the_daemons_own_log_is_read_and_cleared(self):
        daemon = self.serve(CONFIGURATION)
        server = self.server()
        self.assertIn('supervisord started with pid', server.supervisor.readLog(0, 0))
        self.assertTrue(server.supervisor.clearLog())
        self.assertNotIn('started with pid', server.supervisor.readLog(0, 0))
        self.assertNotIn('started with pid', self.read('s.log'))
        self.end(daemon)
        self.assertIn('received SIGTERM', self.read('s.log'))  # it goes on in the same file

    def test_what_xml_cannot_carry(self):
        daemon = self.serve(UNIX + '[program:a]\nstartsecs=0\nstdout_logfile=@/a.log\n'
                            'command=/bin/sh -c "printf \'\\033[1mx\\000\\377y\\n\'; exec sleep 1000"\n')
        self.wait_for_text('a.log', 'y\n')
        self.assertEqual(self.server().supervisor.readProcessStdoutLog('a', 0, 0),
                         '\ufffd[1mx\ufffd\ufffdy\n')
        self.end(daemon)

    def test_waits_without_holding_others(self):
        daemon = self.serve(UNIX + '[program:slow]\ncommand=/bin/sleep 1000\nautostart=false\n'
                            'startsecs=2\n')
        slow = self.connect()
        slow.sendall(post(xmlrpc.client.dumps(('slow',), 'supervisor.startProcess')))
        server = self.server()
        self.wait_for_state('slow', 'STARTING')
        self.assertEqual(server.supervisor.getState()['statename'], 'RUNNING')
        self.assertIn(b'<boolean>1</boolean>', slow.recv(65536))
        self.assertEqual(server.supervisor.getProcessInfo('slow')['statename'], 'RUNNING')
        self.end(daemon)

    def test_who_waits_and_goes_is_forgotten(self):
        daemon = self.serve(UNIX + '[program:slow]\ncommand=/bin/sleep 1000\nautostart=false\n'
                            'startsecs=1000\n')
        for _ in range(20):
            one = self.connect()
            one.sendall(post(xmlrpc.client.dumps(('slow',), 'supervisor.startProcess')))
            one.close()
        self.assertEqual(self.server().supervisor.stopProcess('slow'), True)
        self.end(daemon)

    def test_pipelined_requests_are_answered_in_order(self):
        daemon = self.serve(UNIX + '[program:slow]\ncommand=/bin/sleep 1000\nautostart=false\n')
        one = self.connect()
        calls = [(('slow',), 'supervisor.startProcess'), ((), 'supervisor.getAPIVersion'),
                 (('slow',), 'supervisor.stopProcess'), ((), 'supervisor.getPID')]
        data = b''.join(post(xmlrpc.client.dumps(*call)).replace(b'Connection: close\r\n', b'')
                        for call in calls)
        one.sendall(data[:-1])
        time.sleep(0.05)
        one.sendall(data[-1:])
        got = b''
        while got.count(b'</methodResponse>') < 4:
            piece = one.recv(65536)
            self.assertTrue(piece, got)
            got += piece
        values = re.findall(rb'<value><\w+>([^<]*)</', got)
        self.assertEqual(values, [b'1', b'3.0', b'1', str(daemon.pid).encode()])
        self.end(daemon)

    def test_large_answers_that_many_wait_for_are_those_of_their_time(self):
        # 100: several answers of a connection wait together. 400: one does not go into its socket.
        for count in 100, 400:
            with self.subTest(processes=count):
                self.check_large_answers(count)
                self.empty_folder()

    def check_large_answers(self, count):
        daemon = self.serve(UNIX + '[program:p]\ncommand=/bin/sleep 1000\nautostart=false\n'
                            'startsecs=0\nnumprocs=%d\nprocess_name=%%(process_num)03d\n' % count)
        all_of_them = (), 'supervisor.getAllProcessInfo'
        calls = b''.join(post(xmlrpc.client.dumps(*call)).replace(b'Connection: close\r\n', b'')
                         for call in (all_of_them, all_of_them, ((), 'supervisor.getPID')))
        early = [self.connect() for _ in range(5)]
        for each in early:
            each.sendall(calls)
        # The first ones have it in part, and take the rest when it is another one.
        begun = [each.recv(1000) for each in early]
        self.assertTrue(self.server().supervisor.startProcess('p:007'))
        late = [self.connect() for _ in range(5)]
        for each in late:
            each.sendall(calls)

        def answer(file):
            head = b''.join(iter(file.readline, b'\r\n'))
            length = int(re.search(rb'Content-Length: (\d+)', head).group(1))
            return xmlrpc.client.loads(file.read(length))[0][0]

        def running(infos):
            self.assertEqual([info['name'] for info in infos], ['%03d' % i for i in range(count)])
            self.assertEqual(len({info['now'] for info in infos}), 1)
            return [info['name'] for info in infos if info['statename'] == 'RUNNING']

        for one, first in zip(early, begun):
            file = io.BufferedReader(Joined(first, one))
            self.assertEqual(running(answer(file)), [])
            running(answer(file))  # was there before the start, or was made when the first was taken
            self.assertEqual(answer(file), daemon.pid)
        for one in late:
            file = one.makefile('rb')
            for _ in range(2):
                self.assertEqual(running(answer(file)), ['007'])
            self.assertEqual(answer(file), daemon.pid)
        self.end(daemon)

    def test_shutdown_and_restart_are_answered(self):
        daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/sleep 1000\n')
        server = self.server()
        self.assertTrue(server.supervisor.restart())
        self.wait_for_log('supervisord started with pid', 2)
        server('close')()

        def is_running_again():
            try:
                return self.server().supervisor.getState()['statecode'] == 1
            except (OSError, http.client.HTTPException):
                return False  # its socket is made anew
        self.wait_until(is_running_again, 'an answer of the daemon that started anew')
        self.assertTrue(self.server().supervisor.shutdown())
        self.assertEqual(daemon.wait(PATIENCE), 0)
        self.assertFalse(os.path.exists(self.path('s.sock')))

    def test_stopping_refuses(self):
        daemon = self.serve(UNIX + '[program:a]\nstopwaitsecs=1000\nstartsecs=0\n'
                            'command=/bin/sh -c "trap : TERM; echo x > @/up; while :; do sleep 0.1; done"\n'
                            .replace('@', self.folder))
        self.wait_for_text('up', 'x')
        server = self.server()
        self.assertTrue(server.supervisor.shutdown())
        for name, arguments in (('getState', ()), ('startProcess', ('a',)), ('shutdown', ())):
            got = outcome(lambda: getattr(server.supervisor, name)(*arguments))
            self.assertEqual(got, ('fault', 6, 'SHUTDOWN_STATE'))
        self.assertTrue(server.supervisor.sendRemoteCommEvent('a', 'b'))
        self.assertIn('supervisor.getState', server.system.listMethods())
        daemon.kill()

    def test_groups_come_and_go(self):
        daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        server = self.server()
        self.configure(UNIX + '[program:b]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.assertEqual(server.supervisor.reloadConfig(), [[['b'], [], ['a']]])
        self.assertEqual([row['name'] for row in server.supervisor.getAllConfigInfo()], ['b'])
        self.assertFalse(server.supervisor.getAllConfigInfo()[0]['inuse'])
        got = outcome(lambda: server.supervisor.removeProcessGroup('a'))
        self.assertEqual(got, ('fault', 91, 'STILL_RUNNING: a'))
        server.supervisor.stopProcess('a')
        self.assertTrue(server.supervisor.removeProcessGroup('a'))
        self.assertTrue(server.supervisor.addProcessGroup('b'))
        self.wait_for_state('b', 'RUNNING')
        self.assertEqual([row['name'] for row in server.supervisor.getAllProcessInfo()], ['b'])
        self.configure(UNIX + '[program:b]\ncommand=/bin/sleep 1000\nstartsecs=many\n')
        got = outcome(lambda: server.supervisor.reloadConfig())
        self.assertEqual(got[:2], ('fault', 92))
        self.assertIn('CANT_REREAD: ', got[2])
        self.assertIn('startsecs', got[2])
        self.assertNotIn('\x1b', got[2])
        self.end(daemon)

    def test_extensions_in_python_are_told(self):
        daemon = self.serve(UNIX + '[rpcinterface:twiddler]\nsupervisor.rpcinterface_factory = '
                            'supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface\n')
        self.wait_for_log('extension in Python')
        self.assertRegex(self.read('s.log'),
                         r'ERRO \S+:\d+: \[rpcinterface:twiddler\] supervisor_twiddler.rpcinterface:'
                         r'make_twiddler_rpcinterface is an extension in Python, which is not run')
        self.assertEqual(self.read('s.log').count('extension in Python'), 1)
        daemon.send_signal(signal.SIGUSR1)
        self.wait_for_log('extension in Python', 2)  # of the image that goes on
        self.assertNotIn('ERRO :', self.read('s.log'))
        self.assertNotIn("RPC interface 'twiddler'", self.read('s.log'))
        self.assertEqual(outcome(lambda: self.server().twiddler.getState()),
                         ('fault', 1, 'UNKNOWN_METHOD'))
        self.end(daemon)

    def test_without_rpcinterface_there_is_no_namespace(self):
        daemon = self.serve('[unix_http_server]\nfile=@/s.sock\n')
        server = self.server()
        self.assertEqual(outcome(lambda: server.supervisor.getState())[:2], ('fault', 1))
        self.assertIn('system.listMethods', server.system.listMethods())
        self.end(daemon)


class Stops(RpcTest):
    def test_a_stop_that_is_waited_for_is_told_of_every_two_seconds(self):
        daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/sleep 60\nstartsecs=0\n'
                            '[program:b]\ncommand=/bin/sleep 60\nstartsecs=0\n'
                            '[program:stubborn]\ncommand=/bin/sh -c "trap \'\' TERM; '
                            'echo ready; while :; do sleep 0.1; done"\nstopwaitsecs=3\n'
                            'stdout_logfile=@/stubborn.log\nkillasgroup=true\nstartsecs=0\n')
        server = self.server()
        self.wait_for_text('stubborn.log', 'ready')
        self.assertTrue(server.supervisor.stopProcess('a'))
        self.assertTrue(server.supervisor.stopProcess('b', False))
        self.assertTrue(server.supervisor.stopProcess('stubborn'))
        self.end(daemon)
        told = [line for line in self.log_lines() if 'to stop' in line or 'stopped:' in line]
        # In the three seconds before SIGKILL twice; more often where the machine is slow.
        waiting = 'INFO waiting for stubborn to stop'
        self.assertGreaterEqual(told.count(waiting), 2)
        self.assertEqual(list(dict.fromkeys(line for line in told if ' b ' not in line)),
                         ['INFO waiting for a to stop', 'WARN stopped: a (terminated by SIGTERM)',
                          waiting, 'WARN stopped: stubborn (terminated by SIGKILL)'])
        self.assertNotIn('INFO waiting for b to stop', told)


class Http(RpcTest):
    def test_passwords(self):
        for stored in ('se:cret', '{SHA}5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8'):
            given = 'password' if stored.startswith('{') else stored
            with self.subTest(stored=stored):
                daemon = self.serve('[unix_http_server]\nfile=@/s.sock\nusername=me\npassword=%s\n%s'
                                    % (stored, RPC))
                body = xmlrpc.client.dumps((), 'supervisor.getAPIVersion')

                def ask(user, password, scheme='Basic', encoded=None):
                    encoded = encoded or base64.b64encode(
                        ('%s:%s' % (user, password)).encode()).decode()
                    return self.exchange(post(body, 'Authorization: %s %s\r\n' % (scheme, encoded)))
                self.assertIn(b'3.0', ask('me', given))
                self.assertIn(b'3.0', ask('me', given, 'bAsIc'))
                for wrong in (('me', given + 'x'), ('me', ''), ('you', given), ('', '')):
                    answer = ask(*wrong)
                    self.assertTrue(answer.startswith(b'HTTP/1.1 401 Unauthorized\r\n'), answer)
                    self.assertIn(b'WWW-Authenticate: Basic realm="default"\r\n', answer)
                    self.assertIn(b'Connection: close\r\n', answer)
                for encoded in ('!!!', 'bWU=', 'bWU6'):
                    self.assertIn(b' 401 ', ask('', '', encoded=encoded))
                self.assertIn(b' 401 ', self.exchange(post(body)))
                self.assertIn(b' 401 ', self.exchange(b'GET /logtail/x HTTP/1.0\r\n\r\n'))
                self.assertRegex(self.read('s.log'), r"WARN denied login of 'me' from pid %d of "
                                 r'(user 0|\S+): wrong user name or password\n' % os.getpid())
                self.end(daemon)
                os.remove(self.path('s.log'))

    def test_a_refusal_comes_soon_however_the_request_came(self):
        """A request in pieces has a deadline of a minute; that is not when it is answered."""
        daemon = self.serve('[unix_http_server]\nfile=@/s.sock\nusername=me\npassword=se\n' + RPC)
        head, blank, body = post(xmlrpc.client.dumps((), 'supervisor.getState')).partition(b'\r\n\r\n')
        one = self.connect()
        one.sendall(head + blank)
        other = self.connect()  # it was read when another request is answered
        other.sendall(post('', 'Content-Length: 0\r\n'))
        other.recv(65536)
        one.sendall(body)
        self.assertTrue(one.recv(65536).startswith(b'HTTP/1.1 401 '))
        self.end(daemon)

    def test_what_is_no_request(self):
        daemon = self.serve(UNIX)
        for data, status in (
                (b'nonsense\r\n\r\n', b'400'),
                (b'GET\r\n\r\n', b'400'),
                (b'GET / HTTP/3.7\r\n\r\n', b'400'),
                (b'POST /RPC2 HTTP/1.1\r\nContent-Length: x\r\n\r\n', b'400'),
                (b'POST /RPC2 HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', b'400'),
                (b'POST /RPC2 HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n', b'413'),
                (b'POST /RPC2 HTTP/1.1\r\nConnection: close\r\n\r\n', b'411'),
                (b'GET /RPC2 HTTP/1.1\r\nConnection: close\r\n\r\n', b'400'),
                (b'GET /nosuch HTTP/1.0\r\n\r\n', b'404'),
                (b'GET /../../etc/passwd HTTP/1.0\r\n\r\n', b'404'),
                (b'GET /logtail HTTP/1.0\r\n\r\n', b'404'),
                (b'GET /logtail/%2e%2e%2fetc%2fpasswd HTTP/1.0\r\n\r\n', b'404'),
                (b'POST /logtail/x HTTP/1.0\r\nContent-Length: 0\r\n\r\n', b'400'),
                (b'GET / HTTP/1.1\r\nA: ' + b'x' * 20000 + b'\r\n\r\n', b'431'),
                (b'GET / HTTP/1.1\r\n' + b'A: b\r\n' * 500 + b'\r\n', b'431'),
                (post('<a>' * 100000), b'400'),
                (post(b'\xff\xfe'), b'400')):
            with self.subTest(data=data[:60]):
                answer = self.exchange(data)
                self.assertEqual(answer.split(b'\r\n')[0].split()[1], status, answer[:300])
        self.assertEqual(self.server().supervisor.getAPIVersion(), '3.0')
        self.end(daemon)

    def test_bombs_are_refused(self):
        daemon = self.serve(UNIX)
        bomb = ('<!DOCTYPE a [<!ENTITY b "' + 'x' * 100 + '">' +
                ''.join('<!ENTITY c%d "%s">' % (i, '&%s;' % ('c%d' % (i - 1) if i else 'b') * 10)
                        for i in range(10)) +
                ']><methodCall><methodName>supervisor.&c9;</methodName></methodCall>')
        self.assertIn(b' 400 ', self.exchange(post(bomb)))
        deep = ('<methodCall><methodName>system.multicall</methodName><params><param>' +
                '<value><array><data>' * 20000 + '</data></array></value>' * 20000 +
                '</param></params></methodCall>')
        self.assertIn(b' 400 ', self.exchange(post(deep)))
        self.assertEqual(self.server().supervisor.getAPIVersion(), '3.0')
        self.end(daemon)

    def test_bodies_in_chunks_and_single_bytes(self):
        daemon = self.serve(UNIX)
        body = xmlrpc.client.dumps((), 'supervisor.getAPIVersion').encode()
        head = b'POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
        chunks = b'%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n' % (10, body[:10], len(body) - 10, body[10:])
        data = head + b'Transfer-Encoding: chunked\r\n\r\n' + chunks
        self.assertIn(b'3.0', self.exchange(data))
        for data in (data, post(body)):
            one = self.connect()
            for i in range(len(data)):
                one.sendall(data[i:i + 1])
            got = b''
            while piece := one.recv(65536):
                got += piece
            self.assertIn(b'3.0', got)
        self.end(daemon)

    def test_versions_and_keeping_connections(self):
        daemon = self.serve(UNIX)
        body = xmlrpc.client.dumps((), 'supervisor.getAPIVersion').encode()
        for version, header, kept in ((b'1.0', b'', False),
                                      (b'1.0', b'Connection: keep-alive\r\n', True),
                                      (b'1.1', b'', True), (b'1.1', b'Connection: close\r\n', False)):
            with self.subTest(version=version, header=header):
                one = self.connect()
                data = (b'POST /RPC2 HTTP/%s\r\n%sContent-Length: %d\r\n\r\n'
                        % (version, header, len(body))) + body
                one.sendall(data)
                got = b''
                while b'</methodResponse>\n' not in got:
                    got += one.recv(65536)
                self.assertTrue(got.startswith(b'HTTP/%s 200 OK\r\n' % version), got)
                self.assertEqual(b'Connection: Keep-Alive\r\n' in got, version == b'1.0' and kept)
                if kept:
                    one.sendall(b'\r\n' + data)  # a line too many, as some clients send
                    self.assertIn(b'3.0', one.recv(65536))
                else:
                    self.assertEqual(one.recv(65536), b'')
        self.end(daemon)

    def test_ten_thousand_idle_connections_do_no_harm(self):
        # Half of the daemon's descriptors are for connections, and ours are no more than its.
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = before[1] if before[1] != resource.RLIM_INFINITY else 30000
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 30000), before[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        count = min(10000, most // 2 - 50)
        daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/sleep 1000\nautostart=false\n'
                            'startsecs=0\n', 'minfds=%d\n' % min(most, 30000))
        idle = [self.connect() for _ in range(count)]
        server = self.server()
        self.assertTrue(server.supervisor.startProcess('a'))
        half = self.connect()
        half.sendall(b'POST /RPC2 HTTP/1.1\r\nContent-')
        self.assertTrue(server.supervisor.stopProcess('a'))
        # Those that waited are served as any other.
        asked = idle[::100] + idle[-1:]
        for one in asked:
            one.sendall(post(xmlrpc.client.dumps((), 'supervisor.getAPIVersion')))
            self.assertIn(b'3.0', one.recv(65536))
        # The last one was served, so that all were taken. Those that were asked wanted to end, and
        # no other one gave way.
        self.assertGreater(len(os.listdir('/proc/%d/fd' % daemon.pid)), count - len(asked))
        for one in idle:
            one.close()
        self.end(daemon)

    def test_more_connections_than_there_is_room_for(self):
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
        try:
            daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/sleep 1000\nautostart=false\n'
                                'startsecs=0\n', 'minfds=200\n')
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        idle = [self.connect() for _ in range(400)]
        server = self.server()
        self.assertTrue(server.supervisor.startProcess('a'))
        self.assertTrue(server.supervisor.stopProcess('a'))
        self.assertEqual(idle[0].recv(1), b'')  # the one that was idle the longest
        idle[-1].sendall(post(xmlrpc.client.dumps((), 'supervisor.getAPIVersion')))
        self.assertIn(b'3.0', idle[-1].recv(65536))
        self.end(daemon)

    def test_large_answers_reach_slow_readers(self):
        daemon = self.serve(UNIX + '[program:a]\ncommand=/bin/sleep 1000\nautostart=false\n'
                            'numprocs=1500\nprocess_name=%(process_num)05d\n')
        one = self.connect()
        one.sendall(post(xmlrpc.client.dumps((), 'supervisor.getAllProcessInfo')))
        time.sleep(0.1)
        self.assertEqual(self.server().supervisor.getAPIVersion(), '3.0')
        got = b''
        while piece := one.recv(10000):
            got += piece
        head, _, body = got.partition(b'\r\n\r\n')
        self.assertIn(b'Content-Length: %d' % len(body), head)
        (rows,), _ = xmlrpc.client.loads(body)
        self.assertEqual([row['name'] for row in rows], ['%05d' % i for i in range(1500)])
        self.end(daemon)

    def test_browsers_are_kept_from_other_pages(self):
        port = free_port()
        daemon = self.serve('[inet_http_server]\nport=127.0.0.1:%d\n%s' % (port, RPC))
        body = xmlrpc.client.dumps((), 'supervisor.getAPIVersion')

        def ask(**headers):
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
            connection.putrequest('POST', '/RPC2', skip_host='Host' in headers)
            for name, value in headers.items():
                connection.putheader(name.replace('_', '-'), value)
            connection.putheader('Content-Length', str(len(body)))
            connection.endheaders(body.encode())
            status = connection.getresponse().status
            connection.close()
            return status
        own = '127.0.0.1:%d' % port
        self.assertEqual(ask(), 200)
        self.assertEqual(ask(Host='any.name'), 200)  # no browser
        self.assertEqual(ask(Origin='http://' + own), 200)
        self.assertEqual(ask(Origin='http://evil.example'), 403)
        self.assertEqual(ask(Origin='null'), 403)
        self.assertEqual(ask(Host='evil.example', Origin='http://evil.example'), 403)
        self.assertEqual(ask(Sec_Fetch_Site='cross-site'), 403)
        self.assertEqual(ask(Sec_Fetch_Site='same-origin'), 200)
        # What a page reads whose name was pointed at us comes without Origin.
        for name, status in (('evil.example', 403), (own, 200)):
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
            connection.request('GET', '/api/v1/processes', headers={'Host': name})
            self.assertEqual(connection.getresponse().status, status)
            connection.close()
        self.end(daemon)


class Sockets(RpcTest):
    def test_modes_and_stale_sockets(self):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.path('s.sock'))
        daemon = self.serve('[unix_http_server]\nfile=@/s.sock\nchmod=0640\n' + RPC)
        self.assertEqual(os.stat(self.path('s.sock')).st_mode & 0o777, 0o640)
        self.assertEqual(self.server().supervisor.getAPIVersion(), '3.0')
        second = self.start('-c', self.path('s.conf'), '-j', self.path('t.pid'), '-l',
                            self.path('t.log'))
        _, error = second.communicate(timeout=PATIENCE)
        self.assertEqual(second.returncode, 2)
        self.assertIn(b'Error: Another program is already listening on a port that one of our HTTP '
                      b'servers is configured to use.', error)
        self.assertEqual(self.server().supervisor.getAPIVersion(), '3.0')
        self.end(daemon)
        self.assertIn(b'Unlinking stale socket', daemon.stderr.read())
        self.assertEqual(sorted(name for name in os.listdir(self.folder) if 'sock' in name), [])

    def test_a_port_stays_open_over_restarts(self):
        port = free_port()
        text = (UNIX + '[inet_http_server]\nport=127.0.0.1:%d\nusername=me\npassword=p%%d\n' % port +
                ''.join('[program:a%d]\ncommand=/bin/sleep 1000\nstopsignal=KILL\n' % i
                        for i in range(5)))
        daemon = self.serve(text % 0)
        for count in range(1, 16):
            self.configure(text % count)
            server = self.server()
            self.assertTrue(server.supervisor.restart())
            server('close')()

            def is_running_again():
                socket.create_connection(('127.0.0.1', port), PATIENCE).close()  # never refused
                return self.read('s.log').count('supervisord started with pid') > count
            self.wait_until(is_running_again, 'the restart')

            def has_new_password():
                try:
                    with xmlrpc.client.ServerProxy('http://me:p%d@127.0.0.1:%d/RPC2'
                                                   % (count, port)) as other:
                        return other.supervisor.getState()['statename'] == 'RUNNING'
                except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError):
                    return False  # of the server before
            self.wait_until(has_new_password, 'the new password')
        self.assertNotIn('Another program', self.read('s.log'))
        self.end(daemon)

    def test_every_section_that_begins_so_is_a_server(self):
        daemon = self.serve('[unix_http_server]\nfile=@/s.sock\n'
                            '[unix_http_serverfoo]\nfile=@/t.sock\nusername=me\npassword=se\n' + RPC)
        self.assertEqual(self.server().supervisor.getAPIVersion(), '3.0')
        with self.assertRaises(xmlrpc.client.ProtocolError) as caught:
            self.server(self.path('t.sock')).supervisor.getAPIVersion()
        self.assertEqual(caught.exception.errcode, 401)
        said = [line for line in self.log_lines() if 'without any HTTP authentication' in line]
        self.assertEqual(said, ["CRIT Server 'unix_http_server' running without any HTTP "
                                'authentication checking'])
        self.end(daemon)

    def test_paths_are_taken_by_their_beginning(self):
        daemon = self.serve(UNIX + '[program:a]\nstartsecs=0\nstdout_logfile=@/a.log\n'
                            'command=/bin/sh -c "printf %%01500d 7; exec sleep 1000"\n')
        self.wait_until(lambda: len(self.read('a.log')) == 1500, 'the log')
        body = xmlrpc.client.dumps((), 'supervisor.getAPIVersion')
        self.assertIn(b'3.0', self.exchange(post(body).replace(b'/RPC2', b'/RPC2/and/more')))
        for path in b'/logtail/a', b'/logtailing/a':
            one = self.connect()
            one.sendall(b'GET %s HTTP/1.0\r\n\r\n' % path)
            got = b''
            while not got.endswith(b'7'):
                piece = one.recv(65536)
                self.assertTrue(piece, got)
                got += piece
            self.assertEqual(got.partition(b'\r\n\r\n')[2], b'0' * 1023 + b'7')
        self.end(daemon)

    def test_a_path_that_cannot_be(self):
        for path in ('@', '@/nosuch/s.sock', '@/' + 'x' * 90):
            with self.subTest(path=path):
                self.configure('[unix_http_server]\nfile=%s\n' % path)
                daemon = self.start('-c', self.path('s.conf'))
                _, error = daemon.communicate(timeout=PATIENCE)
                self.assertEqual(daemon.returncode, 2, error)
                self.assertTrue(error.strip(), 'says why')

    def test_tcp_and_ipv6(self):
        port = free_port()
        daemon = self.serve('[inet_http_server:a]\nport=127.0.0.1:%d\n'
                            '[inet_http_server:b]\nport=[::1]:%d\n%s' % (port, port, RPC))
        for host in ('127.0.0.1', '[::1]'):
            with xmlrpc.client.ServerProxy('http://%s:%d/RPC2' % (host, port)) as server:
                self.assertEqual(server.supervisor.getAPIVersion(), '3.0')
        self.end(daemon)

    def test_open_to_all_needs_a_password_or_a_word(self):
        port = free_port()
        for users, reason in (('username=a\npassword=\n', b'the password is empty'), ('', b'no username')):
            self.configure('[inet_http_server]\nport=*:%d\n%s%s' % (port, users, RPC))
            daemon = self.start('-c', self.path('s.conf'))
            _, error = daemon.communicate(timeout=PATIENCE)
            self.assertEqual(daemon.returncode, 2)
            self.assertIn(reason, error)
            self.assertIn(b'--insecure-http', error)
        daemon = self.start('-c', self.path('s.conf'), '--insecure-http')
        self.wait_for_log('supervisord started with pid')
        with xmlrpc.client.ServerProxy('http://127.0.0.1:%d/RPC2' % port) as server:
            self.assertEqual(server.supervisor.getAPIVersion(), '3.0')
        self.end(daemon)

    def test_children_know_the_server(self):
        daemon = self.serve(UNIX + '[program:a]\nstdout_logfile=@/a.log\nstartsecs=0\n'
                            'command=/bin/sh -c "echo $SUPERVISOR_SERVER_URL; exec sleep 1000"\n')
        self.wait_for_text('a.log', 'unix://%s\n' % self.path('s.sock'))
        pid = self.wait_for_pid('a')
        for name in os.listdir('/proc/%d/fd' % pid):
            self.assertNotIn('socket', os.readlink('/proc/%d/fd/%s' % (pid, name)))
        self.end(daemon)


class Tails(RpcTest):
    TALKER = ('[program:a]\nstartsecs=0\nstdout_logfile=@/a.log\nstdout_logfile_maxbytes=%s\n'
              'command=/bin/sh -c "while read x; do echo $x; done"\n')

    def follow(self, path, version=b'1.1'):
        one = self.connect()
        one.sendall(b'GET %s HTTP/%s\r\nHost: \r\n\r\n\r\n' % (path, version))
        return one

    def read_until(self, one, text):
        got = b''
        while text not in got:
            piece = one.recv(65536)
            self.assertTrue(piece, got)
            got += piece
        return got

    def test_follows(self):
        daemon = self.serve(UNIX + self.TALKER % '0')
        server = self.server()
        server.supervisor.sendProcessStdin('a', 'first\n')
        self.wait_for_text('a.log', 'first')
        one = self.follow(b'/logtail/a')
        got = self.read_until(one, b'first\n')
        self.assertIn(b'HTTP/1.1 200 OK\r\n', got)
        self.assertIn(b'Content-Type: text/plain;charset=utf-8\r\n', got)
        self.assertIn(b'X-Accel-Buffering: no\r\n', got)
        self.assertIn(b'Transfer-Encoding: chunked\r\n', got)
        self.assertIn(b'Last-Modified: ', got)
        self.assertIn(b'6\r\nfirst\n\r\n', got)
        plain_one = self.follow(b'/logtail/a/stdout', b'1.0')
        self.read_until(plain_one, b'\r\n\r\nfirst\n')
        server.supervisor.sendProcessStdin('a', 'second\n')
        self.read_until(one, b'7\r\nsecond\n\r\n')
        self.read_until(plain_one, b'second\n')
        server.supervisor.clearProcessLogs('a')
        server.supervisor.sendProcessStdin('a', 'third\n')
        self.read_until(one, b'third\n')
        for path in (b'/logtail/nosuch', b'/logtail/a/nosuch', b'/logtail/a:*'):
            self.assertIn(b' 404 ', self.follow(path).recv(65536))
        main = self.follow(b'/mainlogtail')
        self.read_until(main, b'supervisord started with pid')
        self.end(daemon)

    def test_loses_nothing_when_the_log_rolls_over(self):
        daemon = self.serve(UNIX + self.TALKER % '2000')
        server = self.server()
        one = self.follow(b'/logtail/a', b'1.0')
        self.read_until(one, b'\r\n\r\n')
        got = b''
        for i in range(30):
            server.supervisor.sendProcessStdin('a', ''.join('%04d\n' % (10 * i + n)
                                                            for n in range(10)) * 2)
            got += self.read_until(one, b'%04d\n%s' % (10 * i + 9, b''))
        while got.count(b'0299\n') < 2:
            got += one.recv(65536)
        lines = [line for line in got.split() if line.isdigit()]
        self.assertEqual(len(lines), 600)
        self.end(daemon)


@unittest.skipUnless(SUPERVISORCTL, 'no supervisorctl')
class Supervisorctl(RpcTest):
    """The real one."""

    def ctl(self, *arguments, **keywords):
        return subprocess.run([SUPERVISORCTL, '-c', self.path('s.conf')] + list(arguments),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE * 3,
                              **keywords)

    def test_commands(self):
        ctl = '[supervisorctl]\nserverurl=unix://@/s.sock\n'
        daemon = self.serve(UNIX + ctl + self.programs())
        self.wait_for_state('cat', 'RUNNING')
        for arguments, status, text in (
                (['status'], 3, 'cat                              RUNNING   pid '),
                (['status', 'cat'], 0, 'RUNNING'),
                (['start', 'other'], 0, 'other: started\n'),
                (['start', 'other'], 0, 'other: ERROR (already started)\n'),
                (['stop', 'other'], 0, 'other: stopped\n'),
                (['restart', 'cat'], 0, 'cat: stopped\ncat: started\n'),
                (['signal', 'CONT', 'cat'], 0, 'cat: signalled\n'),
                (['pid'], 0, '%d\n' % daemon.pid),
                (['avail'], 0, 'in use    auto      999:999'),
                (['version'], 0, '4.4.0\n'),
                (['tail', 'said'], 0, 'spoken\n'),
                (['maintail'], 0, 'entered RUNNING state'),
                (['clear', 'said'], 0, 'said: cleared\n'),
                (['reread'], 0, 'No config updates to processes\n'),
                (['update'], 0, ''),
                (['remove', 'other'], 0, 'other: removed process group\n'),
                (['add', 'other'], 0, 'other: added process group\n'),
                (['start', 'nosuch'], 1, 'nosuch: ERROR (no such process)\n')):
            with self.subTest(arguments=arguments):
                done = self.ctl(*arguments)
                self.assertIn(text, done.stdout.decode())
                self.assertEqual(done.returncode, status, done.stdout)
        self.configure(UNIX + ctl + self.programs() + '[program:new]\ncommand=/bin/cat\nstartsecs=0\n')
        self.assertIn(b'new: available\n', self.ctl('reread').stdout)
        self.assertIn(b'new: added process group\n', self.ctl('update').stdout)
        self.wait_for_state('new', 'RUNNING')
        done = self.ctl('shutdown')
        self.assertEqual(done.stdout, b'Shut down\n')
        self.assertEqual(daemon.wait(PATIENCE), 0)

    @staticmethod
    def programs():
        return ('[program:cat]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=@/cat.log\n'
                '[program:other]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n'
                '[program:said]\ncommand=/bin/sh -c "echo spoken; exec sleep 1000"\nstartsecs=0\n')

    def test_foreground_and_tail(self):
        daemon = self.serve(UNIX + '[supervisorctl]\nserverurl=unix://@/s.sock\n' + self.programs())
        self.wait_for_state('cat', 'RUNNING')
        tail = subprocess.Popen([SUPERVISORCTL, '-c', self.path('s.conf'), 'tail', '-f', 'cat'],
                                stdout=open(self.path('tail.txt'), 'w'), stderr=subprocess.STDOUT)
        self.wait_for_text('tail.txt', '==> Press Ctrl-C to exit <==')
        # On a busy machine its `fg` does not always see the end of its input, with supervisord either.
        foreground = subprocess.Popen([SUPERVISORCTL, '-c', self.path('s.conf'), 'fg', 'cat'], stdin=subprocess.PIPE,
                                      stdout=open(self.path('fg.txt'), 'w'), stderr=subprocess.STDOUT)
        self.wait_for_text('fg.txt', '==> Press Ctrl-C to exit <==')
        foreground.stdin.write(b'to the cat\nand again\n')
        foreground.stdin.flush()
        self.wait_for_text('cat.log', 'and again\n')
        self.wait_for_text('tail.txt', 'and again\n')
        self.wait_for_text('fg.txt', 'and again\n')
        foreground.stdin.close()
        for process in tail, foreground:
            process.kill()
            process.wait()
        self.end(daemon)


if __name__ == '__main__':
    unittest.main()
