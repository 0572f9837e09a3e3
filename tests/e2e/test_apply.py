"""supctl plan FILE, apply, scale and reload NAME: another configuration while everything runs."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import unittest
import xmlrpc.client

from harness import PATIENCE, program
from test_rpc import RPC, RpcTest, UnixConnection, free_port

PROGRAM = ('[program:%s]\ncommand=%s\nstartsecs=0\nautorestart=false\nstdout_logfile=NONE\n'
           'stderr_logfile=NONE\n')
SLEEP = '/bin/sleep 1000'


TEXT = (b"<?xml version='1.0'?><methodResponse><params><param><value><string>3.0</string></value>"
        b'</param></params></methodResponse>')
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(TEXT) + TEXT


def read_request(file):
    """The body of a request, or nothing at the end."""
    head = iter(file.readline, b'\r\n')
    lengths = [int(line.split(b':')[1]) for line in head if line.lower().startswith(b'content-length')]
    return file.read(lengths[0]) if lengths else None


class Apply(RpcTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.serve('[unix_http_server]\nfile=@/s.sock\n' + RPC + PROGRAM % ('web', SLEEP))
        self.wait_for_state('web', 'RUNNING')

    def ctl(self, *words):
        return subprocess.run(
            [program('supctl'), '-s', 'unix://' + self.path('s.sock')] + list(words),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=PATIENCE, cwd=self.folder)

    def other(self, text):
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC + text, name='new.conf')

    def names(self):
        return sorted('%(group)s:%(name)s %(statename)s' % one
                      for one in self.server().supervisor.getAllProcessInfo())

    def test_plan_of_a_file_changes_nothing(self):
        self.other(PROGRAM % ('job', SLEEP))
        said = self.ctl('plan', 'new.conf')
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertIn('add      job', said.stdout)
        self.assertIn('remove   web', said.stdout)
        self.assertEqual(self.names(), ['web:web RUNNING'])

    def test_exactly_that_is_done(self):
        pid = self.server().supervisor.getProcessInfo('web')['pid']
        self.other(PROGRAM % ('job', SLEEP) + PROGRAM % ('web', SLEEP))
        said = self.ctl('apply', 'new.conf')
        self.assertEqual(said.returncode, 0, said.stdout)
        self.wait_for_state('job', 'RUNNING')
        self.assertEqual(self.server().supervisor.getProcessInfo('web')['pid'], pid)
        # The daemon's own file is what it goes back to.
        self.assertEqual(self.ctl('update').returncode, 0)
        self.wait_until(lambda: self.names() == ['web:web RUNNING'], 'job to go')

    def test_what_comes_up_is_kept(self):
        self.other(PROGRAM % ('job', SLEEP) + PROGRAM % ('web', SLEEP))
        said = self.ctl('apply', 'new.conf', '--confirm-within', '20s')
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertIn('kept: all that it started runs', said.stdout)
        self.assertEqual(self.names(), ['job:job RUNNING', 'web:web RUNNING'])

    def test_no_time_to_confirm_is_refused(self):
        self.other(PROGRAM % ('job', SLEEP))
        for time in '0', '0s', '00':
            said = self.ctl('apply', 'new.conf', '--confirm-within=' + time)
            self.assertEqual(said.returncode, 2, said.stdout)
            self.assertTrue(said.stdout.startswith(
                'Error: --confirm-within takes seconds, 1 at least, not %s\n' % time), said.stdout)
        self.assertEqual(self.names(), ['web:web RUNNING'])

    def test_what_does_not_come_up_is_taken_back(self):
        self.other(PROGRAM % ('job', '/nonexistent/program') + PROGRAM % ('web', '/bin/sleep 999'))
        said = self.ctl('apply', 'new.conf', '--confirm-within=20')
        self.assertEqual(said.returncode, 1, said.stdout)
        self.assertIn('ERROR: taken back: job is FATAL', said.stdout)
        self.wait_until(lambda: self.names() == ['web:web RUNNING'], 'the old configuration')
        self.wait_for_log('the update is taken back: job is FATAL')
        self.wait_for_log("spawned: 'web' with pid", 3)

    def test_it_is_taken_back_when_nobody_waits(self):
        self.other((PROGRAM % ('job', SLEEP)).replace('startsecs=0', 'startsecs=1000') +
                   PROGRAM % ('web', SLEEP))
        self.server().suprun.apply(self.path('new.conf'), 1)
        self.wait_for_log('the update is taken back: job is still STARTING')
        self.wait_until(lambda: self.names() == ['web:web RUNNING'], 'the old configuration')

    def test_what_nobody_ran_is_not_run_by_taking_back(self):
        runs = self.path('runs')
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC + PROGRAM % ('web', SLEEP) +
                       PROGRAM % ('job', "/bin/sh -c 'echo once >>%s'" % runs) +
                       'autorestart=false\n' + PROGRAM % ('byhand', SLEEP))
        self.assertEqual(self.ctl('update').returncode, 0)
        self.wait_for_state('job', 'EXITED')
        self.wait_for_state('byhand', 'RUNNING')
        self.assertEqual(self.ctl('stop', 'byhand').returncode, 0)
        before = self.names()
        self.other(PROGRAM % ('bad', '/nonexistent/program') + PROGRAM % ('web', '/bin/sleep 999'))
        said = self.ctl('apply', 'new.conf', '--confirm-within=20')
        self.assertIn('ERROR: taken back: bad is FATAL', said.stdout)
        self.wait_until(lambda: self.names() == before, 'what there was')
        self.assertEqual(before, ['byhand:byhand STOPPED', 'job:job EXITED', 'web:web RUNNING'])
        with open(runs) as file:
            self.assertEqual(file.read(), 'once\n')

    def test_no_upgrade_forgets_a_trial(self):
        self.other((PROGRAM % ('job', SLEEP)).replace('startsecs=0', 'startsecs=1000') +
                   PROGRAM % ('web', SLEEP))
        self.server().suprun.apply(self.path('new.conf'), 3)
        said = self.ctl('upgrade')
        self.assertEqual(said.returncode, 1, said.stdout)
        self.assertIn('an update is on trial', said.stdout)
        self.wait_for_log('the update is taken back: job is still STARTING')
        said = self.ctl('upgrade')
        self.assertEqual(said.returncode, 0, said.stdout)

    def test_a_trial_that_is_superseded_is_not_kept(self):
        self.other((PROGRAM % ('job', SLEEP)).replace('startsecs=0', 'startsecs=1000') +
                   PROGRAM % ('web', SLEEP))
        waiting = subprocess.Popen(
            [program('supctl'), '-s', 'unix://' + self.path('s.sock'), 'apply', 'new.conf',
             '--confirm-within=%d' % PATIENCE],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=self.folder)
        self.wait_until(lambda: 'job:job STARTING' in self.names(), 'the trial')
        os.kill(self.daemon.pid, signal.SIGHUP)
        text, _ = waiting.communicate(timeout=PATIENCE)
        self.assertIn('ERROR: not kept: another configuration was taken over meanwhile', text)
        self.assertEqual(waiting.returncode, 1)
        self.assertEqual(self.names(), ['web:web RUNNING'])

    def test_servers_that_stay_the_same_go_on(self):
        ports = free_port(), free_port()
        inet = '[inet_http_server]\nport=127.0.0.1:%d\n'

        def text(port):
            return '[unix_http_server]\nfile=@/s.sock\n' + RPC + inet % port + PROGRAM % ('web', SLEEP)

        self.configure(text(ports[0]))
        self.assertEqual(self.ctl('update').returncode, 0)
        self.wait_until(lambda: self.reaches(ports[0]), 'the first port')
        connection = UnixConnection(self.path('s.sock'))
        self.addCleanup(connection.close)
        inode = os.stat(self.path('s.sock')).st_ino
        for port in (ports[1], ports[0]):
            connection.request('GET', '/health')
            connection.getresponse().read()
            self.configure(text(port))
            # The connection is used for several questions, before and behind the change.
            said = self.ctl('update')
            self.assertEqual((said.returncode, said.stdout), (0, ''))
            self.wait_until(lambda: self.reaches(port), 'the other port')
            self.assertEqual([self.reaches(each) for each in ports], [each == port for each in ports])
        connection.request('GET', '/health')
        self.assertEqual(connection.getresponse().status, 200)
        self.assertEqual(os.stat(self.path('s.sock')).st_ino, inode)

    def reaches(self, port):
        try:
            socket.create_connection(('127.0.0.1', port), timeout=PATIENCE).close()
            return True
        except ConnectionRefusedError:
            return False

    def test_a_port_that_is_in_use_leaves_the_old_one(self):
        port, other = free_port(), socket.socket()
        self.addCleanup(other.close)
        other.bind(('127.0.0.1', 0))
        other.listen()
        inet = '[inet_http_server]\nport=127.0.0.1:%d\n'
        head = '[unix_http_server]\nfile=@/s.sock\n' + RPC + PROGRAM % ('web', SLEEP)
        self.configure(head + inet % port)
        self.assertEqual(self.ctl('update').returncode, 0)
        self.wait_until(lambda: self.reaches(port), 'the port')
        self.configure(head + inet % other.getsockname()[1])
        self.assertEqual(self.ctl('update').returncode, 0)
        self.wait_for_log('Another program is already listening on a port')
        self.wait_until(lambda: self.reaches(port), 'the old port')
        self.assertEqual(self.ctl('pid').returncode, 0)

    def test_a_restart_with_a_bad_file_is_refused(self):
        pid = self.server().supervisor.getProcessInfo('web')['pid']
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC + '[program:web]\n')
        said = self.ctl('reload')
        self.assertEqual(said.returncode, 1, said.stdout)
        self.assertIn('ERROR: not restarted: ', said.stdout)
        self.assertIn('SUP326', said.stdout)
        self.assertEqual(self.server().supervisor.getProcessInfo('web')['pid'], pid)

    def test_why_tells_of_scripts_and_of_early_ends(self):
        os.mkdir(self.path('bin'))
        scripts = {'lost': '#!/no/such/interp -x\n', 'bare': 'echo x\n', 'dos': '#!/bin/sh\r\nexit\r\n',
                   'good': '#! /bin/sh -e\nexit 3\n'}
        for name, text in scripts.items():
            self.write('bin/' + name, text)
            os.chmod(self.path('bin/' + name), 0o755)
        once = PROGRAM.replace('startsecs=0', 'startsecs=1\nstartretries=0')
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC + PROGRAM % ('web', SLEEP) +
                       ''.join(once % (name, self.path('bin/' + name)) for name in scripts) +
                       once % ('early', '/bin/true'))
        self.assertEqual(self.ctl('update').returncode, 0)
        for name in (*scripts, 'early'):
            self.wait_for_state(name, 'FATAL')
        for name, wrong in (('lost', 'lost names the interpreter /no/such/interp, which is not there'),
                            ('bare', 'bare is a text without #!'),
                            ('dos', 'dos names the interpreter /bin/sh with a CR behind it'),
                            ('early', 'it ends with status 0, but before startsecs=1')):
            self.assertRegex(self.ctl('why', name).stdout, r'wrong +.*' + re.escape(wrong))
        self.assertNotRegex(self.ctl('why', 'good').stdout, r'\n +wrong ')

    @unittest.skipUnless(os.geteuid() == 0, 'runs programs as another user')
    def test_why_tells_of_folders_that_may_not_be_entered(self):
        os.makedirs(self.path('closed/in'))
        os.chmod(self.folder, 0o755)
        os.chmod(self.path('closed'), 0o750)
        as_nobody = PROGRAM.replace('startsecs=0', 'startretries=0') + 'user=nobody\ndirectory=%s\n'
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC + PROGRAM % ('web', SLEEP) +
                       as_nobody % ('in', SLEEP, self.path('closed/in')) +
                       as_nobody % ('out', SLEEP, self.folder))
        self.assertEqual(self.ctl('update').returncode, 0)
        self.wait_for_state('in', 'FATAL')
        self.assertRegex(self.ctl('why', 'in').stdout, r'\n  wrong +user nobody, as whom it runs, may not enter '
                         + re.escape(self.path('closed')) + r'\n')
        self.assertNotRegex(self.ctl('why', 'out').stdout, r'\n +wrong ')

    def test_what_may_have_been_done_is_not_asked_for_twice(self):
        asked = []
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(self.path('other.sock'))
        server.listen()

        def serve():
            while True:
                connection, _ = server.accept()
                with connection, connection.makefile('rwb') as file:
                    while (body := read_request(file)):
                        asked.append(re.search(b'<methodName>(.*)</methodName>', body).group(1))
                        if asked[-1] in (b'supervisor.startProcess', b'supervisor.getPID'):
                            break
                        file.write(ANSWER)
                        file.flush()

        threading.Thread(target=serve, daemon=True).start()
        for command, method, times in ((('start', 'x'), b'supervisor.startProcess', 1),
                                       (('pid',), b'supervisor.getPID', 2)):
            said = subprocess.run([program('supctl'), '-s', 'unix://' + self.path('other.sock'), *command],
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
            self.assertEqual((said.returncode, asked.count(method)), (1, times), said)

    def test_bad_files_change_nothing(self):
        self.other('[program:job]\n')
        said = self.ctl('apply', 'new.conf')
        self.assertEqual(said.returncode, 1)
        self.assertIn('SUP326', said.stdout)
        for name in 'absent.conf', '.':
            self.assertEqual(self.ctl('apply', name).returncode, 1)
        with self.assertRaises(xmlrpc.client.Fault):
            self.server().suprun.apply('new.conf')
        self.assertEqual(self.names(), ['web:web RUNNING'])

    def test_scale(self):
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC + PROGRAM % ('web', SLEEP) +
                       'process_name=%(process_num)d\n')
        self.assertEqual(self.ctl('update').returncode, 0)
        said = json.loads(self.ctl('--json', 'scale', 'web=3').stdout)
        self.assertEqual([one['name'] for one in said['results'][0]['processes']], ['1', '2'])
        self.wait_until(lambda: self.names() == ['web:%d RUNNING' % n for n in range(3)], 'three')
        before = self.server().supervisor.getProcessInfo('web:0')['pid']
        self.assertEqual(self.ctl('update').stdout, 'web:1: stopped\nweb:2: stopped\nweb: updated process group\n')
        self.assertEqual(self.server().supervisor.getProcessInfo('web:0')['pid'], before)
        connection = UnixConnection(self.path('s.sock'))
        self.addCleanup(connection.close)
        connection.request('POST', '/api/v1/plan/scale', '{"programs":{"web":2}}', {'Content-Type': 'application/json'})
        self.assertEqual(connection.getresponse().status, 200)
        self.wait_until(lambda: self.names() == ['web:%d RUNNING' % n for n in range(2)], 'two')
        for number in True, 2.7, '3':
            with self.assertRaises(xmlrpc.client.Fault):
                self.server().suprun.scale({'web': number})
        self.assertEqual(len(self.names()), 2)
        self.assertEqual(self.ctl('scale', 'web=1').returncode, 0)
        self.wait_until(lambda: self.names() == ['web:0 RUNNING'], 'one')
        for wrong in 'web', 'web=0', 'web=x', 'other=2':
            self.assertNotEqual(self.ctl('scale', wrong).returncode, 0, wrong)

    def test_scales_add_up(self):
        two = (PROGRAM + PROGRAM) % ('web', SLEEP, 'job', SLEEP)
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC +
                       two.replace('startsecs', 'process_name=%(process_num)d\nstartsecs'))
        self.assertEqual(self.ctl('update').returncode, 0)
        self.assertEqual(self.ctl('scale', 'web=3').returncode, 0)
        self.assertEqual(self.ctl('scale', 'job=2').returncode, 0)
        self.wait_until(lambda: self.names() == ['job:%d RUNNING' % n for n in range(2)] +
                        ['web:%d RUNNING' % n for n in range(3)], 'five')
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC +
                       (PROGRAM % ('job', SLEEP)).replace('startsecs', 'process_name=%(process_num)d\nstartsecs'))
        self.assertEqual(self.ctl('scale', 'job=1').returncode, 0)
        self.wait_until(lambda: self.names() == ['job:0 RUNNING'], 'the rest to go')

    def test_reload_starts_what_has_no_autostart(self):
        for command in ('/bin/sleep 997', '/bin/sleep 998'):
            self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC + PROGRAM % ('web', SLEEP) +
                           PROGRAM % ('job', command) + 'autostart=false\n')
            if command.endswith('997'):
                self.assertEqual(self.ctl('update').returncode, 0)
                self.assertEqual(self.ctl('start', 'job').returncode, 0)
        said = self.ctl('reload', 'job', 'web')
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertIn('job: updated process group\njob: started\n', said.stdout)
        pid = self.server().supervisor.getProcessInfo('job')['pid']
        with open('/proc/%d/cmdline' % pid, 'rb') as file:
            self.assertEqual(file.read(), b'/bin/sleep\x00998\x00')

    def test_reload_of_a_program(self):
        before = self.server().supervisor.getProcessInfo('web')['pid']
        said = self.ctl('reload', 'web')
        self.assertIn('web: started', said.stdout)
        between = self.server().supervisor.getProcessInfo('web')['pid']
        self.assertNotEqual(before, between)
        self.configure('[unix_http_server]\nfile=@/s.sock\n' + RPC +
                       PROGRAM % ('web', '/bin/sleep 998'))
        self.assertIn('web: ', self.ctl('reload', 'web').stdout)
        self.wait_for_state('web', 'RUNNING')
        self.assertNotEqual(self.server().supervisor.getProcessInfo('web')['pid'], between)
