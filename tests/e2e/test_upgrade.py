"""Clients while the daemon is replaced by another image of its program."""

import os
import re
import signal
import subprocess
import threading
import time
import unittest
import xmlrpc.client

from harness import PATIENCE, program
from test_rpc import free_port, RpcTest, UNIX, UnixConnection, post

SLOW = UNIX + ('[program:slow]\ncommand=/bin/sleep 1000\nautostart=false\nstartsecs=1\n'
               '[program:never]\ncommand=/bin/sleep 1000\nautostart=false\nstartsecs=1000\n'
               '[program:a]\ncommand=/bin/sh -c "while true; do echo line; sleep 0.01; done"\n'
               'stdout_logfile=@/a.log\nstopasgroup=true\n')
DONE = 'upgraded, everything goes on'


class Clients(RpcTest):

    def upgrade(self, daemon, count=1):
        daemon.send_signal(signal.SIGUSR1)
        self.wait_for_log(DONE, count)

    def in_background(self, call):
        result = []

        def run():
            try:
                result.append(call())
            except Exception as error:  # shown by the assertion
                result.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join, PATIENCE)
        return thread, result

    def words(self, daemon):
        """Its command line, as ps shows it."""
        with open('/proc/%d/cmdline' % daemon.pid, 'rb') as file:
            return file.read().rstrip(b'\0').split(b'\0')

    def test_nothing_has_changed(self):
        daemon = self.serve('[inet_http_server]\nport=127.0.0.1:%d\n' % free_port() + SLOW)
        words = self.words(daemon)
        self.upgrade(daemon)
        self.assertEqual(self.words(daemon), words)
        self.upgrade(daemon, 2)
        self.assertEqual(self.words(daemon), words)
        changes = self.server().suprun.getPlanChanges()
        self.assertIs(changes['servers'], False)
        self.assertEqual((changes['processes'], changes['daemon']), ([], []))
        self.end(daemon)

    def test_a_call_under_way_is_answered(self):
        daemon = self.serve(SLOW)
        thread, result = self.in_background(lambda: self.server().supervisor.startProcess('slow'))
        self.wait_for_log("spawned: 'slow'")
        self.upgrade(daemon)
        thread.join(PATIENCE)
        self.assertEqual(result, [True])
        self.assertEqual(self.server().suprun.getUpgrades(), 1)
        log = self.read('s.log')
        self.assertLess(log.index('success: slow'), log.index(DONE))
        self.end(daemon)

    def test_one_that_takes_too_long_does_not_keep_it(self):
        daemon = self.serve(SLOW)
        # Python's client would ask again.
        call = xmlrpc.client.dumps(('never',), 'supervisor.startProcess')
        thread, result = self.in_background(lambda: self.exchange(post(call)))
        self.wait_for_log("spawned: 'never'")
        self.upgrade(daemon)
        thread.join(PATIENCE)
        self.assertEqual(result, [b''])
        self.assertEqual(self.server().supervisor.getProcessInfo('never')['statename'], 'STARTING')
        self.end(daemon)

    def test_a_program_that_vanishes_while_it_waits_is_survived(self):
        os.symlink(program('suprun'), self.path('suprun'))
        daemon = self.serve(SLOW, command=self.path('suprun'))
        call = xmlrpc.client.dumps(('never',), 'supervisor.startProcess')
        thread, result = self.in_background(lambda: self.exchange(post(call)))
        self.wait_for_log("spawned: 'never'")
        os.unlink(self.path('suprun'))
        # Answers, and is gone when its answer is read: it is executed only after the call.
        self.write('suprun', '#!/bin/sh\nrm -- "$0"\n', 0o755)
        daemon.send_signal(signal.SIGUSR1)
        self.wait_for_log('no upgrade, everything goes on as before: ')
        self.assertIn('upgrade: executing ' + self.path('suprun'), self.read('s.log'))
        # Clients are served as before, the one that waits and new ones.
        self.assertEqual(self.server().supervisor.getProcessInfo('never')['statename'], 'STARTING')
        self.assertEqual(self.server().suprun.getUpgrades(), 0)
        self.assertEqual(self.server().supervisor.stopProcess('never'), True)
        thread.join(PATIENCE)
        self.assertIn(b'<methodResponse>', result[0])
        os.symlink(program('suprun'), self.path('suprun'))
        self.upgrade(daemon)
        self.end(daemon)

    def test_a_tail_ends_cleanly(self):
        daemon = self.serve(SLOW)
        self.wait_for_text('a.log', 'line')
        connection = UnixConnection(self.path('s.sock'))
        self.addCleanup(connection.close)
        connection.request('GET', '/logtail/a')
        response = connection.getresponse()
        self.assertEqual(response.read(5), b'line\n')
        self.upgrade(daemon)
        # An end without its chunk would be an IncompleteRead.
        self.assertRegex(response.read(), rb'^(line\n)*$')
        self.end(daemon)

    def test_no_request_is_lost(self):
        daemon = self.serve(SLOW)
        stop = threading.Event()
        counts = []

        def ask():
            count = 0
            while not stop.is_set():
                # A connection for each, as supervisorctl makes them.
                if self.server().supervisor.getState()['statename'] != 'RUNNING':
                    return 'wrong'
                count += 1
            counts.append(count)
            return 'fine'

        threads = [self.in_background(ask) for _ in range(3)]
        for i in range(5):
            time.sleep(0.1)
            self.upgrade(daemon, i + 1)
        stop.set()
        for thread, result in threads:
            thread.join(PATIENCE)
            self.assertEqual(result, ['fine'])
        self.assertGreater(min(counts), 5)
        self.end(daemon)

    def supctl(self, *words):
        ran = subprocess.run([program('supctl'), '-s', 'unix://' + self.path('s.sock'), *words],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE * 3)
        return ran.returncode, ran.stdout.decode()

    def test_supctl_waits_for_the_new_one(self):
        if not os.path.exists(program('supctl')):
            self.skipTest('no supctl')
        os.symlink(program('suprun'), self.path('suprun'))
        daemon = self.serve(SLOW, command=self.path('suprun'))
        pid = self.wait_for_pid('a')
        version = self.server().suprun.getVersion()
        one = 'suprun %s with pid %d' % (version, daemon.pid)
        self.assertEqual(self.supctl('upgrade'), (0, '%s goes on as %s\n' % (one, one)))
        self.assertEqual(self.server().suprun.getUpgrades(), 1)
        self.assertEqual(self.server().supervisor.getProcessInfo('a')['pid'], pid)
        status, text = self.supctl('--json', 'upgrade')
        self.assertEqual(status, 0, text)
        self.assertIn('"after":{"version":"%s","pid":%d}' % (version, daemon.pid),
                      re.sub(r'\s', '', text))
        # Not by a program that cannot go on.
        os.unlink(self.path('suprun'))
        self.write('suprun', '#!/bin/sh\necho I am no daemon >&2\nexit 3\n', 0o755)
        status, text = self.supctl('upgrade')
        self.assertEqual(status, 1)
        self.assertRegex(text, '^ERROR: no upgrade, everything goes on as before: .*I am no daemon\n$')
        self.assertEqual(self.server().suprun.getUpgrades(), 2)
        with self.assertRaises(xmlrpc.client.Fault) as raised:
            self.server().suprun.upgrade()
        self.assertIn('I am no daemon', raised.exception.faultString)
        self.end(daemon)


if __name__ == '__main__':
    unittest.main()
