"""What kills supervisord or loses data, and not suprun: numbers are those of tests/quirks.tsv."""

import os
import shutil
import signal
import socket
import subprocess
import unittest

from harness import DaemonTest, alive, program

# Says READY and RESULT for ever and never reads.
DEAF = """
import os, time
os.write(1, b'READY\\n')
while True:
    time.sleep(0.05)
    os.write(1, b'RESULT 2\\nOKREADY\\n')
"""


# Reads the header to its end and then as many bytes as `len` says.
BYTES = """
import os
def line():
    text = b''
    while not text.endswith(b'\\n'):
        text += os.read(0, 1)
    return text
while True:
    os.write(1, b'READY\\n')
    header = dict(word.split(b':', 1) for word in line().split())
    payload = b''
    while len(payload) < int(header[b'len']):
        payload += os.read(0, int(header[b'len']) - len(payload))
    with open(%r, 'ab') as file:
        file.write(header[b'eventname'] + b' ' + payload + b'|')
    os.write(1, b'RESULT 2\\nOK')
"""


class Quirks(DaemonTest):
    """The second list of quirks, where it takes a real daemon to show it."""

    def test_b01_a_listener_that_never_reads(self):
        self.write('deaf.py', DEAF)
        self.write('flood.py', "import os, time\nwhile True:\n    os.write(1, 20000 * b'x')\n    time.sleep(0.05)\n")
        daemon = self.run_with(
            '[eventlistener:deaf]\ncommand=python3 -I -S @/deaf.py\nevents=PROCESS_LOG\nstartsecs=0\nbuffer_size=100\n'
            'autorestart=false\n'
            '[program:a]\ncommand=python3 -I -S @/flood.py\n'
            'stdout_events_enabled=true\nstdout_logfile=NONE\n', 'loglevel=debug\n')
        # Which ones are sent hangs on how many were discarded before the listener was up.
        self.wait_for_log('sent to listener deaf', 9)
        daemon.send_signal(signal.SIGUSR2)
        self.wait_for_log('supervisord logreopen')
        self.assertIsNone(daemon.poll())
        self.end(daemon)

    def test_b04_the_folder_of_the_activity_log_vanishes(self):
        os.mkdir(self.path('logs'))
        self.configure('[program:a]\ncommand=/bin/sh -c "echo x >>@/starts"\nstartsecs=0\nautorestart=true\n',
                       'logfile=@/logs/own.log\nlogfile_maxbytes=300\n')
        daemon = self.start('-c', self.path('s.conf'))
        self.wait_until(lambda: os.path.exists(self.path('logs/own.log.1')), 'a backup')
        pid = daemon.pid
        shutil.rmtree(self.path('logs'))
        daemon.send_signal(signal.SIGUSR2)
        self.wait_for_text('starts', 'x', self.read('starts').count('x') + 10)
        self.assertTrue(alive(pid))
        os.mkdir(self.path('logs'))
        daemon.send_signal(signal.SIGUSR2)
        self.wait_for_text('logs/own.log', 'spawned')
        self.end(daemon)

    def test_b05_a_fastcgi_socket_that_cannot_be_made_again(self):
        os.mkdir(self.path('sockets'))
        daemon = self.run_with('[fcgi-program:f]\ncommand=/bin/sleep 60\nsocket=unix://@/sockets/f\n'
                               'startsecs=0\nautorestart=false\nstartretries=100\n'
                               '[fcgi-program:g]\ncommand=/bin/sleep 60\nsocket=unix://@/sockets/g\nstartsecs=60\n'
                               'startretries=100\n')
        self.wait_for_pid('f')
        pid = self.wait_for_pid('g')
        shutil.rmtree(self.path('sockets'))
        os.kill(pid, signal.SIGKILL)
        self.wait_for_log('spawnerr: ')
        self.assertIsNone(daemon.poll())
        os.mkdir(self.path('sockets'))
        self.wait_for_pid('g', 2)
        self.end(daemon)

    def test_b08_the_activity_log_on_a_pipe(self):
        self.configure('[program:a]\ncommand=/bin/sleep 60\nstartsecs=0\n', 'logfile=/dev/stdout\nlogfile_maxbytes=100\n')
        daemon = self.start('-c', self.path('s.conf'), stdout=subprocess.PIPE)
        lines = []
        while not any('entered RUNNING' in line for line in lines):
            line = daemon.stdout.readline().decode()
            self.assertNotEqual(line, '')
            lines.append(line)
        daemon.send_signal(signal.SIGTERM)
        lines += daemon.stdout.read().decode().splitlines(True)
        daemon.stdout.close()
        self.assertEqual(daemon.wait(20), 0)
        self.assertEqual(len(lines), len(set(lines)), 'a line twice')

    def test_b16_fastcgi_in_a_group_has_its_socket(self):
        daemon = self.run_with(
            '[fcgi-program:f]\ncommand=/bin/sh -c "readlink /proc/$$/fd/0 | cut -d: -f1; exec sleep 60"\n'
            'socket=unix://@/f.sock\nstdout_logfile=@/f.out\nstartsecs=0\n'
            '[fcgi-program:h]\ncommand=/bin/sh -c "readlink /proc/$$/fd/0 | cut -d: -f1; exec sleep 60"\n'
            'socket=unix://@/h.sock\nstdout_logfile=@/h.out\nstartsecs=0\n'
            '[program:p]\ncommand=/bin/sh -c "readlink /proc/$$/fd/0 | cut -d: -f1; exec sleep 60"\n'
            'stdout_logfile=@/p.out\nstartsecs=0\n'
            '[group:g]\nprograms=f,h,p\n')
        self.wait_for_text('f.out', 'socket')
        self.wait_for_text('h.out', 'socket')
        self.wait_for_text('p.out', 'pipe')
        for name in ('f.sock', 'h.sock'):
            client = socket.socket(socket.AF_UNIX)
            client.connect(self.path(name))
            client.close()
        self.end(daemon)
        self.assertFalse(os.path.exists(self.path('f.sock')))

    def test_b33_a_listener_may_count_bytes(self):
        self.write('bytes.py', BYTES % self.path('seen'))
        with open(self.path('say'), 'wb') as file:
            file.write(b'gr\xc3\xbc\xc3\x9fe \xff\xfe!\n')
        daemon = self.run_with(
            '[eventlistener:l]\ncommand=python3 -I -S @/bytes.py\nevents=PROCESS_LOG,PROCESS_STATE_EXITED\n'
            'event_length=bytes\nstartsecs=0\nbuffer_size=100\n'
            '[program:a]\ncommand=/bin/sh -c "sleep 0.3; cat @/say"\nstdout_events_enabled=true\n'
            'startsecs=0\nautorestart=false\n')
        self.wait_for_text('seen', 'PROCESS_STATE_EXITED')
        with open(self.path('seen'), 'rb') as file:
            seen = file.read()
        self.assertIn(b'channel:stdout\ngr\xc3\xbc\xc3\x9fe \xff\xfe!\n|', seen)
        self.end(daemon)

    def test_b40_a_listener_that_breaks_the_protocol_starts_again(self):
        # The first one answers with nonsense, the second one as it should.
        self.write('odd.py', """
import os, sys
first = not os.path.exists(%r)
open(%r, 'a').close()
while True:
    os.write(1, b'READY\\n')
    header = sys.stdin.readline()
    sys.stdin.read(int(header.rsplit(':', 1)[1]))
    with open(%r, 'a') as file:
        file.write(header)
    os.write(1, b'RESULT nonsense\\n' if first else b'RESULT 2\\nOK')
""" % (self.path('mark'), self.path('mark'), self.path('seen')))
        listener = ('[eventlistener:l]\ncommand=python3 -I -S @/odd.py\nevents=PROCESS_STATE_EXITED\nstartsecs=0\n'
                    '[program:a]\ncommand=/bin/sh -c "sleep 0.5; exit 3"\nstartsecs=0\nautorestart=false\n')
        daemon = self.run_with(listener)
        self.wait_for_text('seen', ' serial:0 ', 2)
        self.assertIn("l: bad result line: 'RESULT nonsense'", self.read('s.log'))
        self.wait_for_pid('l', 2)
        self.end(daemon)
        # The old way: it stays, and is given nothing any more.
        for name in ('mark', 'seen', 's.log'):
            os.remove(self.path(name))
        daemon = self.start('--compat=unknown-listener', '-c', self.path('s.conf'))
        self.wait_for_log('l: has entered the UNKNOWN state')
        pid = self.wait_for_pid('l')
        daemon.send_signal(signal.SIGALRM)
        self.wait_for_log('indicating nothing')
        self.assertTrue(alive(pid))
        self.assertEqual(self.read('s.log').count("spawned: 'l'"), 1)
        self.end(daemon)

    def test_b24_b25_a_second_daemon_does_no_harm(self):
        daemon = self.run_with('[unix_http_server]\nfile=@/s.sock\n'
                               '[program:a]\ncommand=/bin/sh -c "echo here; exec sleep 60"\n')
        self.wait_for_pid('a')

        def automatic():
            return sorted(name for name in os.listdir(self.folder) if '---' in name)
        logs = automatic()
        self.assertEqual(len(logs), 2)
        second = subprocess.run([program('suprun'), '-c', self.path('s.conf')], cwd=self.folder,
                                capture_output=True, text=True, timeout=20)
        self.assertEqual(second.returncode, 2)
        self.assertIn('(pid %d)' % daemon.pid, second.stderr)
        self.assertEqual(automatic(), logs)
        # Nor if only the control socket is the same.
        second = subprocess.run([program('suprun'), '-c', self.path('s.conf'), '-j', self.path('t.pid')],
                                cwd=self.folder, capture_output=True, text=True, timeout=20)
        self.assertEqual(second.returncode, 2)
        self.assertIn('already listening', second.stderr)
        self.assertEqual(automatic(), logs)
        self.assertEqual(self.read('s.pid'), '%d\n' % daemon.pid)
        self.end(daemon)

    def test_b26_sockets_of_fastcgi_are_removed(self):
        daemon = self.run_with('[fcgi-program:f]\ncommand=/bin/sleep 60\nsocket=unix://@/f.sock\nstartsecs=0\n')
        self.wait_for_pid('f')
        self.assertTrue(os.path.exists(self.path('f.sock')))
        self.end(daemon)
        self.assertFalse(os.path.exists(self.path('f.sock')))

    @unittest.skipUnless(os.getuid() == 0, 'only root may make a program that becomes root')
    def test_b02_a_child_that_may_not_be_signalled(self):
        # The daemon is nobody; its child becomes root by the set-user-ID bit of a copy of sh.
        shutil.copy('/usr/bin/python3', self.path('powerful'))
        os.chmod(self.path('powerful'), 0o4755)
        if os.statvfs(self.folder).f_flag & os.ST_NOSUID:
            self.skipTest('no set-user-ID bits here')
        os.chmod(self.folder, 0o777)
        self.write('child.py', "import os, time\nos.setuid(0)\nprint('root', flush=True)\n"
                   "while not os.path.exists('%s'): time.sleep(0.02)\n" % self.path('go'))
        daemon = self.run_with('[program:a]\ncommand=@/powerful -I -S @/child.py\nstdout_logfile=@/a.log\n'
                               'autorestart=false\nstartsecs=0\npriority=1000\n'
                               '[program:b]\ncommand=/bin/sh -c "trap \'\' TERM; echo up; while :; do sleep 0.05; done"\n'
                               'stopwaitsecs=2\nkillasgroup=true\nstdout_logfile=@/b.log\n', 'user=nobody\n')
        self.wait_for_text('a.log', 'root')
        self.wait_for_text('b.log', 'up')
        daemon.send_signal(signal.SIGTERM)
        self.wait_for_log('unknown problem killing a')
        self.write('go', '')
        self.assertEqual(daemon.wait(20), 0)
        self.assertIn('stopped: a', self.read('s.log'))


if __name__ == '__main__':
    unittest.main()
