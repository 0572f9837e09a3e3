"""The daemon is killed or replaced while its children work: they do not notice.

SUP_CRASHES sets how often it is killed (5); SUP_SEED the moments; SUP_TEST_PATIENCE how long something
may take (seconds). tests/crash/run kills it 200 times.
"""

import os
import random
import re
import signal
import socket
import sys
import time
import unittest

from harness import DaemonTest, PATIENCE, alive, program

CRASHES = int(os.environ.get('SUP_CRASHES', '5'))
SEED = int(os.environ.get('SUP_SEED', str(random.randrange(1 << 30))))

# Writes numbered lines until it is told to stop, and says then how many.
WRITER = '''import os, signal, sys, time
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
name, pause, most = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
number = 0
while not stop:
    lines = b''
    for _ in range(1 + number % most):
        number += 1
        lines += b'%s %d\\n' % (name.encode(), number)
    while lines:
        try:
            lines = lines[os.write(1, lines):]
        except InterruptedError:
            pass
    time.sleep(pause)
with open(name + '.count', 'w') as file:
    file.write(str(number))
'''

# Tells events, one at a time.
TELLER = '''import os, signal, sys, time
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
number = 0
while not stop:
    number += 1
    os.write(1, b'<!--XSUPERVISOR:BEGIN-->event %d.<!--XSUPERVISOR:END-->line %d\\n' % (number, number))
    time.sleep(0.05 if os.path.exists('slow') else 0.002)
with open('teller.count', 'w') as file:
    file.write(str(number))
'''

# Writes down what it gets; if there is a second word, when a file of that name exists.
LISTENER = '''import os, re, sys, time
while sys.argv[2:] and not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def read(count):
    got = b''
    while len(got) < count:
        more = os.read(0, count - len(got))
        if not more:
            sys.exit(0)
        got += more
    return got
while True:
    os.write(1, b'READY\\n')
    head = b''
    while not head.endswith(b'\\n'):
        head += read(1)
    payload = read(int(re.search(rb' len:(\\d+)', head).group(1)))
    os.write(out, payload.split(b'\\n', 1)[1] + b'\\n')
    os.write(1, b'RESULT 2\\nOK')
'''


class SurviveTest(DaemonTest):

    def writers(self, count=3, slower=1):
        self.write('writer.py', WRITER)
        text = ''
        for i in range(count):
            text += ('[program:w%d]\ncommand=%s @/writer.py w%d %g %d\ndirectory=@\n'
                     'stdout_logfile=@/w%d.log\nstdout_logfile_maxbytes=%d\n'
                     'stdout_logfile_backups=1000\n'
                     % (i, sys.executable, i, slower * [0.001, 0.004, 0.02][i % 3],
                        [3, 200, 3000][i % 3], i,
                        [0, 0, 100000][i % 3]))
        return text

    def log_files(self, name):
        """A log and its backups, oldest first."""
        files = [f for f in os.listdir(self.folder)
                 if re.fullmatch(re.escape(name) + r'\.log(\.\d+)?', f)]
        files.sort(key=lambda f: -int((f.split('.log.') + ['0'])[1] if '.log.' in f else 0))
        return files

    def logged(self, name):
        return ''.join(self.read(f) for f in self.log_files(name))

    def check_writers(self, count=3):
        for i in range(count):
            name = 'w%d' % i
            self.wait_until(lambda: self.read(name + '.count'), 'the end of ' + name)
            total = int(self.read(name + '.count'))
            number = 0
            begun = ''  # a line whose end is in the next file
            for file in self.log_files(name):
                lines = (begun + self.read(file)).split('\n')
                begun = lines.pop()
                wanted = ['%s %d' % (name, number + k + 1) for k in range(len(lines))]
                if lines != wanted:
                    wrong = next(k for k, (a, b) in enumerate(zip(lines, wanted)) if a != b)
                    self.fail('seed %d: %s differs at line %d: %r, wanted %r'
                              % (SEED, file, wrong, lines[max(wrong - 2, 0):wrong + 3], wanted[wrong]))
                number += len(lines)
            self.assertEqual(begun, '')
            self.assertEqual(number, total, 'seed %d: lines of %s' % (SEED, name))

    def conversation(self, listener, gate=''):
        """A program that tells in events, and a listener that writes down what it heard."""
        self.write('teller.py', TELLER)
        self.write('listener.py', LISTENER)
        return ('[eventlistener:l]\ncommand=%s @/listener.py @/heard %s\n'
                'events=PROCESS_COMMUNICATION\n%s'
                '[program:t]\ncommand=%s @/teller.py\ndirectory=@\nstartsecs=0\nautorestart=false\n'
                'stdout_capture_maxbytes=1000\nstdout_logfile=@/t.log\n'
                % (sys.executable, gate, listener, sys.executable))

    def let_catch_up(self):
        """The listener may be slower than who tells it, on a busy machine."""
        self.write('slow', '')
        self.wait_until(lambda: self.heard() and
                        max(self.heard()) >= self.read('t.log').count('line') - 20, 'the listener')

    def heard(self):
        return [int(word) for word in re.findall(r'event (\d+)\.', self.read('heard'))]

    def pids(self, names):
        """Pids of processes; of writers when they have begun, so that they know what TERM means."""
        for name in names:
            if os.path.exists(self.path('writer.py')) and name.startswith('w'):
                self.wait_until(lambda: self.logged(name), 'a line of ' + name)
        return {name: self.wait_for_pid(name) for name in names}

    def assert_untouched(self, pids):
        for name, pid in pids.items():
            self.assertTrue(alive(pid), 'seed %d: %s has ended' % (SEED, name))
            self.assertEqual(self.read('s.log').count("spawned: '%s' with" % name), 1,
                             'seed %d: %s was started again' % (SEED, name))

    def keeper_pid(self):
        for name in os.listdir('/proc'):
            try:
                with open('/proc/%s/cmdline' % name) as file:
                    words = file.read().split('\0')
            except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
                continue
            if words[1:3] == ['--keep', self.path('s.pid.keeper')]:
                return int(name)
        return None

    def kill_and_start(self, daemon, *arguments):
        started = self.read('s.log').count('supervisord started with pid')
        daemon.kill()
        daemon.wait()
        daemon = self.start('-c', self.path('s.conf'), *arguments)
        self.wait_for_log('supervisord started with pid', started + 1)
        return daemon


class Crashes(SurviveTest):

    def test_children_outlive_a_daemon_that_is_killed(self):
        dice = random.Random(SEED)
        daemon = self.run_with(self.writers())
        pids = self.pids(['w0', 'w1', 'w2'])
        for i in range(CRASHES):
            time.sleep(dice.random() * 0.2)
            daemon = self.kill_and_start(daemon)
            self.wait_for_log("adopted: 'w2' with pid %d" % pids['w2'], i + 1)
        self.assert_untouched(pids)
        self.end(daemon)
        self.check_writers()

    def test_what_exited_meanwhile_is_started_again(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sleep 1000\n'
                               '[program:b]\ncommand=/bin/sleep 1000\nautorestart=false\n'
                               '[program:c]\ncommand=/bin/sh -c "echo one; exec sleep 1000"\n'
                               'stdout_logfile=@/c.log\n')
        self.wait_for_log('entered RUNNING', 3)
        pids = self.pids('abc')
        daemon.kill()
        daemon.wait()
        os.kill(pids['a'], signal.SIGKILL)
        os.kill(pids['b'], signal.SIGKILL)
        os.kill(pids['c'], signal.SIGTERM)
        daemon = self.start('-c', self.path('s.conf'))
        self.wait_for_log("spawned: 'a' with pid", 2)
        self.wait_for_log("spawned: 'c' with pid", 2)
        log = self.wait_for_log('exited: b (exit status unknown, as it was adopted; not expected)')
        self.assertEqual(log.count("spawned: 'b' with pid"), 1)
        self.wait_for_text('c.log', 'one\n', 2)
        self.end(daemon)

    @staticmethod
    def children_of(daemon):
        with open('/proc/%d/task/%d/children' % (daemon.pid, daemon.pid)) as file:
            return [int(pid) for pid in file.read().split()]

    def test_killed_while_it_starts_its_programs(self):
        """Each is known to the next daemon once it runs, not when all have been started."""
        self.configure('[program:p]\ncommand=/bin/sleep 1000\nnumprocs=400\nstartsecs=0\n'
                       'process_name=%(process_num)03d\n')
        daemon = self.start('-c', self.path('s.conf'))

        # The log says nothing yet, it is written when all have been started.
        self.wait_until(lambda: len(self.children_of(daemon)) > 20, 'the first programs')
        os.kill(daemon.pid, signal.SIGSTOP)
        pids = sorted(self.children_of(daemon))
        daemon.kill()
        daemon.wait()
        daemon = self.start('-c', self.path('s.conf'))
        for pid in pids[:-1]:
            self.wait_for_log('with pid %d, up for' % pid)
        self.wait_for_log('with pid %d, ' % pids[-1])  # perhaps one that was just being started
        self.wait_until(lambda: sum(map(self.read('s.log').count, [', up for', 'spawned: '])) >= 400,
                        '400 programs')
        self.assertEqual(len(self.children_of(daemon)), 400 - len(pids))
        for pid in pids:
            self.assertTrue(alive(pid))
        self.end(daemon)

    def start_and_die(self, starts):
        """A daemon that is killed at the very moment when so many children have been made."""
        library = os.environ.get('SUP_END_AFTER_CLONE', '')
        if not os.path.exists(library):
            self.skipTest('SUP_END_AFTER_CLONE is not the library')
        options = os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'
        return self.start('-c', self.path('s.conf'), env=dict(
            os.environ, LD_PRELOAD=library, END_AFTER_CLONE=str(starts), ASAN_OPTIONS=options))

    def sleepers(self):
        """Pids of the programs of these tests, which have the folder as an argument."""
        found = []
        for name in os.listdir('/proc'):
            try:
                with open('/proc/%s/cmdline' % name) as file:
                    if self.path('mark') in file.read().split('\0'):
                        found.append(int(name))
            except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
                continue
        return sorted(found)

    # Its arguments do not change when it waits.
    SLEEPER = 'command=/bin/sh -c "read line; exit 0" @/mark\nstartsecs=0\nstdout_logfile=@/out.log\n'

    def test_killed_at_the_very_moment_of_a_start(self):
        self.configure('[program:p]\nnumprocs=5\nprocess_name=%(process_num)d\n' + self.SLEEPER)
        daemon = self.start_and_die(3)
        self.assertEqual(daemon.wait(PATIENCE), -signal.SIGKILL)
        before = self.sleepers()
        self.assertEqual(len(before), 3)
        daemon = self.start('-c', self.path('s.conf'))
        self.wait_for_log("adopted: '2' with pid %d, whose start" % before[-1])
        self.wait_for_log('entered RUNNING', 3)
        self.wait_until(lambda: len(self.sleepers()) == 5, 'five programs')
        self.assertLessEqual(set(before), set(self.sleepers()))
        # It is a child like any other.
        os.kill(before[-1], signal.SIGKILL)
        self.wait_for_log('exited: 2 ')
        self.wait_for_log("spawned: '2' with pid", 1)
        self.end(daemon)
        self.assertEqual(self.sleepers(), [])

    def test_killed_at_the_very_moment_of_a_restart(self):
        self.configure('[program:p]\nautorestart=true\n' + self.SLEEPER)
        daemon = self.start_and_die(2)
        self.wait_for_log('entered RUNNING')
        os.kill(self.sleepers()[0], signal.SIGKILL)
        self.assertEqual(daemon.wait(PATIENCE), -signal.SIGKILL)
        before = self.sleepers()
        self.assertEqual(len(before), 1)
        daemon = self.start('-c', self.path('s.conf'))
        self.wait_for_log("adopted: 'p' with pid %d, whose start" % before[0])
        self.assertEqual(self.sleepers(), before)
        self.end(daemon)
        self.assertEqual(self.sleepers(), [])

    def test_the_plan_may_have_changed(self):
        daemon = self.run_with('[program:same]\ncommand=/bin/sleep 1000\n'
                               '[program:gone]\ncommand=/bin/sleep 1000\n'
                               '[program:other]\ncommand=/bin/sleep 1000\n')
        self.wait_for_log('entered RUNNING', 3)
        pids = self.pids(['same', 'gone', 'other'])
        self.configure('[program:same]\ncommand=/bin/sleep 1000\n'
                       '[program:new]\ncommand=/bin/sleep 1000\n'
                       '[program:other]\ncommand=/bin/sleep 1001\n')
        daemon = self.kill_and_start(daemon)
        self.wait_for_log("spawned: 'other' with pid", 2)
        self.wait_for_log("spawned: 'new' with pid")
        self.wait_for_log('stopped: gone')
        self.assertTrue(alive(pids['same']))
        self.end(daemon)

    def test_without_a_keeper_they_do_not(self):
        self.configure(self.writers(1))
        daemon = self.start('-c', self.path('s.conf'), '--no-keeper')
        pid = self.pids(['w0'])['w0']
        self.assertFalse(os.path.exists(self.path('s.pid.keeper')))
        daemon.kill()
        self.wait_until(lambda: not alive(pid), 'the end of the writer, whose pipe is broken')

    def test_the_keeper_lets_go_after_its_time(self):
        self.configure(self.writers(1))
        daemon = self.start('-c', self.path('s.conf'), '--keeper-seconds', '1')
        pid = self.pids(['w0'])['w0']
        daemon.kill()
        self.wait_until(lambda: not alive(pid), 'the end of the writer, whose pipe is broken')
        self.wait_until(lambda: not os.path.exists(self.path('s.pid.keeper')), 'end of the keeper')

    def test_a_keeper_that_ends_is_replaced(self):
        daemon = self.run_with(self.writers(1))
        pids = self.pids(['w0'])
        keeper = self.wait_until(self.keeper_pid, 'the keeper')
        os.kill(keeper, signal.SIGKILL)
        self.wait_for_log('a new keeper was started')
        daemon = self.kill_and_start(daemon)
        self.wait_for_log("adopted: 'w0'")
        self.assert_untouched(pids)
        self.end(daemon)
        self.check_writers(1)

    def test_listeners_go_on(self):
        dice = random.Random(SEED)
        # However slow the listener is, none has to give way to a newer one.
        daemon = self.run_with(self.conversation('buffer_size=100000\n'))
        pids = self.pids('t')
        self.wait_for_text('heard', 'event', 10)
        for _ in range(CRASHES):
            time.sleep(dice.random() * 0.2)
            daemon = self.kill_and_start(daemon)
            heard = len(self.read('heard'))
            self.wait_until(lambda: len(self.read('heard')) > heard, 'another event')
        self.assert_untouched(pids)
        self.let_catch_up()
        self.end(daemon)
        total = int(self.read('teller.count'))
        self.assertEqual(self.read('t.log').split('\n')[:-1],
                         ['line %d' % n for n in range(1, total + 1)], 'seed %d' % SEED)
        # Each at least once, and in order where none was given out again.
        heard = self.heard()
        self.assertEqual(sorted(set(heard)), list(range(1, total + 1)), 'seed %d' % SEED)
        again = sum(a >= b for a, b in zip(heard, heard[1:]))
        self.assertLessEqual(again, CRASHES)


    def test_a_fastcgi_socket_serves_on(self):
        self.write('serve.py', """
import os, socket
listening = socket.socket(fileno=0)
while True:
    one, _ = listening.accept()
    one.sendall(b'%d' % os.getpid())
    one.close()
""")
        daemon = self.run_with('[fcgi-program:f]\ncommand=%s @/serve.py\nsocket=unix://@/f.sock\n'
                               'process_name=%%(process_num)d\nnumprocs=2\n' % sys.executable)

        def ask():
            with socket.socket(socket.AF_UNIX) as one:
                one.settimeout(PATIENCE)
                one.connect(self.path('f.sock'))
                return int(one.recv(100))

        first, second = self.wait_for_pid('0'), self.wait_for_pid('1')
        pids = {first, second}
        made = os.stat(self.path('f.sock'))
        self.assertIn(ask(), pids)
        daemon.kill()
        daemon.wait()
        self.assertIn(ask(), pids)
        daemon = self.start('-c', self.path('s.conf'))
        self.wait_for_log("adopted: '1'")
        self.assertIn(ask(), pids)
        # Those that start now have the same socket, as long as one has it.
        os.kill(first, signal.SIGKILL)
        again = self.wait_for_pid('0', 2)
        self.wait_until(lambda: ask() == again, 'an answer of the new one')
        now = os.stat(self.path('f.sock'))
        self.assertEqual((now.st_dev, now.st_ino), (made.st_dev, made.st_ino))
        self.end(daemon)
        self.assertFalse(os.path.exists(self.path('f.sock')))


    def test_a_fastcgi_socket_that_is_closed_is_closed_for_good(self):
        with socket.socket() as one:
            one.bind(('127.0.0.1', 0))
            address = one.getsockname()
        daemon = self.run_with('[fcgi-program:f]\ncommand=/bin/sh -c "exit 1"\nsocket=tcp://%s:%d\n'
                               'startretries=1\n[fcgi-program:u]\ncommand=/bin/sh -c "exit 1"\n'
                               'socket=unix://@/u.sock\nstartretries=0\n' % address)
        # The first time to see that it can be made.
        self.wait_for_log('INFO Closing socket tcp:', 3)
        self.wait_for_log('INFO Closing socket unix:', 2)
        # The second try had its socket as well, which the keeper might have had still.
        self.assertEqual(self.read('s.log').count("spawned: 'f' with pid "), 2)
        # Nobody holds it open for clients that nobody would answer, and anybody may have the address.
        for family, place in ((socket.AF_INET, address), (socket.AF_UNIX, self.path('u.sock'))):
            with socket.socket(family) as one:
                one.settimeout(PATIENCE)
                self.assertRaises(ConnectionRefusedError, one.connect, place)
        with socket.socket() as one:
            one.bind(address)
        self.end(daemon)


class Load(SurviveTest):
    """All at once, as tests/crash/run does it 200 times."""

    def listeners(self):
        return ''.join(
            '[eventlistener:%s]\ncommand=%s @/listener.py @/heard.%s\nevents=PROCESS_COMMUNICATION\n'
            'buffer_size=%d\n%s' % (name, sys.executable, name, size, more)
            for name, size, more in [('memory', 100000, ''),
                                     ('disk', 5, 'events_spool=@/spool\n'),
                                     ('slow', 20, 'events_spool=@/spool\nautostart=false\n')])

    def test_a_daemon_that_is_killed_under_load(self):
        self.write('teller.py', TELLER)
        self.write('listener.py', LISTENER)
        dice = random.Random(SEED)
        daemon = self.run_with(
            self.writers(slower=10) + self.listeners() +
            '[program:t]\ncommand=%s @/teller.py\ndirectory=@\nstdout_capture_maxbytes=1000\n'
            'stdout_logfile=@/t.log\n' % sys.executable)
        pids = self.pids(['w0', 'w1', 'w2', 't'])
        begun = time.monotonic()
        for i in range(CRASHES):
            time.sleep(dice.random() * 0.2)
            daemon = self.kill_and_start(daemon)
            self.wait_for_log("adopted: 'w2' with pid %d" % pids['w2'], i + 1)
        took = time.monotonic() - begun
        self.assert_untouched(pids)
        # The one that was not started finds all from the beginning.
        self.configure(self.read('s.conf').replace(self.folder, '@')
                       .replace('autostart=false\n', '').split('silent=true\n', 1)[1])
        daemon.send_signal(signal.SIGHUP)
        self.wait_for_text('heard.slow', 'event 1.')

        def is_caught_up(name):
            time.sleep(0.2)  # so that the listeners have the machine
            return self.read('heard.' + name).count('event') >= self.read('t.log').count('line') - 100

        for name in ('memory', 'disk', 'slow'):
            self.wait_until(lambda: is_caught_up(name), 'the listener ' + name)
        self.end(daemon)
        self.check_writers()
        total = int(self.read('teller.count'))
        self.assertEqual(self.read('t.log').split('\n')[:-1],
                         ['line %d' % n for n in range(1, total + 1)], 'seed %d' % SEED)
        again = {}
        for name in ('memory', 'disk', 'slow'):
            heard = [int(word) for word in re.findall(r'event (\d+)\.', self.read('heard.' + name))]
            # Each at least once, and none for the first time before one that was told before it.
            self.assertEqual(list(dict.fromkeys(heard)), list(range(1, total + 1)),
                             'seed %d: %s' % (SEED, name))
            again[name] = len(heard) - total
        lines = sum(int(self.read('w%d.count' % i)) for i in range(3))
        print('killed %d times in %.0f s, seed %d: %d lines of output, each in its log once and in order; '
              '%d events to three pools, given out again: %s; no child was restarted or lost'
              % (CRASHES, took, SEED, lines + total, total,
                 ', '.join('%s %d' % pair for pair in again.items())), file=sys.stderr)


class Spools(SurviveTest):
    """Pools with events_spool: events outlive everything but the file."""

    def listens(self, options='', gate='@/gate'):
        return self.conversation('buffer_size=5\nevents_spool=@/spool\n' + options, gate)

    def spool_size(self):
        return sum(os.path.getsize(self.path('spool/' + name))
                   for name in os.listdir(self.path('spool')))

    def wait_for_events(self, count):
        self.wait_until(lambda: len(set(self.heard())) >= count, '%d events' % count)

    def check_order(self, total):
        """Each at least once, and none before one that was told before it."""
        firsts = list(dict.fromkeys(self.heard()))
        self.assertEqual(firsts, list(range(1, total + 1)), 'seed %d' % SEED)

    def test_what_was_queued_outlives_a_daemon_without_a_keeper(self):
        self.configure(self.listens())
        daemon = self.start('-c', self.path('s.conf'), '--no-keeper')
        self.wait_for_text('t.log', 'line', 100)
        self.assertGreater(self.spool_size(), 1000)
        daemon.kill()
        daemon.wait()
        self.write('gate', '')  # the listener finds that its pipe is broken
        self.wait_until(self.nothing_is_left, 'the end of all processes')
        total = self.read('t.log').count('line')
        self.configure(self.listens() + 'autostart=false\n')
        daemon = self.start('-c', self.path('s.conf'), '--no-keeper')
        self.wait_for_log(' wait in the spool')
        self.wait_for_events(total)
        # What was being read when it was killed may have become an event, and no line of the log.
        total = max(self.heard())
        self.check_order(total)
        # Nothing is left, and nobody else may read it.
        self.end(daemon)
        daemon = self.start('-c', self.path('s.conf'), '--no-keeper')
        self.wait_for_log('supervisord started with pid', 3)
        self.assertEqual(self.read('s.log').count(' in the spool'), 1)
        self.assertEqual(os.stat(self.path('spool')).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(self.path('spool/l.spool')).st_mode & 0o777, 0o600)
        self.end(daemon)

    def test_a_clean_end_leaves_what_was_not_delivered(self):
        daemon = self.run_with(self.listens())
        self.wait_for_text('t.log', 'line', 50)
        self.end(daemon)
        total = int(self.read('teller.count'))
        self.assertRegex(self.read('s.log'), r'pool l: %d events stay in the spool' % total)
        self.configure(self.listens() + 'autostart=false\n')
        self.write('gate', '')
        daemon = self.start('-c', self.path('s.conf'))
        self.wait_for_events(total)
        self.assertEqual(self.heard(), list(range(1, total + 1)))
        self.end(daemon)

    def test_upgrades_and_crashes_with_events_on_disk(self):
        dice = random.Random(SEED)
        daemon = self.run_with(self.listens())
        pids = self.pids('t')
        for i in range(3):
            time.sleep(dice.random() * 0.2)
            daemon.send_signal(signal.SIGUSR1)
            self.wait_for_log('upgraded, everything goes on', i + 1)
            daemon = self.kill_and_start(daemon)
            self.wait_for_log("adopted: 't'", i + 1)
        self.write('gate', '')
        for _ in range(CRASHES):
            time.sleep(dice.random() * 0.2)
            heard = len(self.read('heard'))
            self.wait_until(lambda: len(self.read('heard')) > heard, 'another event')
            daemon = self.kill_and_start(daemon)
        self.assert_untouched(pids)
        self.let_catch_up()
        self.end(daemon)
        total = int(self.read('teller.count'))
        self.assertEqual(self.read('t.log').split('\n')[:-1],
                         ['line %d' % n for n in range(1, total + 1)], 'seed %d' % SEED)
        self.check_order(total)

    def test_it_outlives_the_keeper_too(self):
        daemon = self.run_with(self.listens())
        self.wait_for_text('t.log', 'line', 50)
        keeper = self.wait_until(self.keeper_pid, 'the keeper')
        daemon.send_signal(signal.SIGSTOP)
        os.kill(keeper, signal.SIGKILL)
        daemon.kill()
        daemon.wait()
        self.write('gate', '')  # the listener finds that its pipe is broken
        self.wait_until(self.nothing_is_left, 'the end of all processes')
        told = self.read('t.log').count('line')
        self.configure(self.listens() + 'autostart=false\n')
        daemon = self.start('-c', self.path('s.conf'))
        self.wait_for_events(told)
        self.check_order(max(self.heard()))
        self.end(daemon)

    def test_it_is_bounded_and_says_what_it_drops(self):
        daemon = self.run_with(self.listens('events_spool_maxbytes=20KB\n'))
        self.wait_for_log('pool l event spool overflowed', 3)
        self.assertLess(self.spool_size(), 21000)
        self.write('slow', '')  # so that none has to give way any more
        self.write('gate', '')
        self.let_catch_up()
        self.end(daemon)
        heard = self.heard()
        log = self.read('s.log')
        dropped = int(re.findall(r'discarding \d+ events up to poolserial (\d+)', log)[-1])
        self.assertGreater(heard[0], dropped)
        total = int(self.read('teller.count'))
        self.assertEqual(heard, list(range(heard[0], total + 1)))

    def test_without_a_usable_folder_events_wait_in_memory(self):
        os.mkdir(self.path('spool'))
        os.chmod(self.path('spool'), 0o777)
        self.write('gate', '')
        daemon = self.run_with(self.listens())
        self.wait_for_log('pool l has no spool, its events wait in memory: others may write to')
        self.wait_for_events(5)
        self.end(daemon)


class Upgrades(SurviveTest):

    def upgrade(self, daemon, count):
        daemon.send_signal(signal.SIGUSR1)
        self.wait_for_log('upgraded, everything goes on', count)

    def test_upgrade_under_load(self):
        dice = random.Random(SEED)
        daemon = self.run_with(self.writers() + self.conversation('buffer_size=100000\n'))
        pids = self.pids(['w0', 'w1', 'w2', 'l', 't'])
        self.wait_for_text('heard', 'event')
        for i in range(5):
            time.sleep(dice.random() * 0.2)
            self.upgrade(daemon, i + 1)
        self.assert_untouched(pids)
        self.assertEqual(self.read('s.pid'), '%d\n' % daemon.pid)
        # Listeners have two seconds for what waits for them at the end, which is not looked at here.
        os.kill(pids['t'], signal.SIGTERM)
        self.wait_until(lambda: self.read('teller.count'), 'the end of the teller')
        total = int(self.read('teller.count'))
        self.wait_for_text('heard', 'event %d.\n' % total)
        self.end(daemon)
        self.check_writers()
        self.assertEqual(self.read('t.log').split('\n')[:-1],
                         ['line %d' % n for n in range(1, total + 1)])
        heard = self.read('heard').split('\n')[:-1]
        self.assertEqual(heard, ['event %d.' % n for n in range(1, total + 1)])

    def test_an_exit_during_the_upgrade_is_not_missed(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sleep 0.05\nstartsecs=0\n'
                               'autorestart=true\n')
        for i in range(5):
            self.upgrade(daemon, i + 1)
        count = self.read('s.log').count("spawned: 'a'")
        self.wait_for_log("spawned: 'a'", count + 5)
        self.end(daemon)

    def test_a_program_that_cannot_go_on_is_not_executed(self):
        os.symlink(program('suprun'), self.path('suprun'))
        self.configure('[program:a]\ncommand=/bin/sleep 1000\n')
        os.environ['SUP_DAEMON'] = self.path('suprun')
        self.addCleanup(os.environ.pop, 'SUP_DAEMON', None)
        daemon = self.start('-c', self.path('s.conf'))
        pid = self.wait_for_pid('a')
        os.unlink(self.path('suprun'))
        self.write('suprun', '#!/bin/sh\necho I am no daemon >&2\nexit 3\n', 0o755)
        daemon.send_signal(signal.SIGUSR1)
        self.wait_for_log('no upgrade, everything goes on as before')
        self.wait_for_log('I am no daemon')
        os.unlink(self.path('suprun'))
        daemon.send_signal(signal.SIGUSR1)
        self.wait_for_log('no upgrade', 2)
        os.symlink(program('suprun'), self.path('suprun'))
        self.upgrade(daemon, 1)
        self.assertTrue(alive(pid))
        self.end(daemon)

    def test_a_crash_after_an_upgrade(self):
        daemon = self.run_with(self.writers())
        pids = self.pids(['w0', 'w1', 'w2'])
        self.upgrade(daemon, 1)
        daemon = self.kill_and_start(daemon)
        self.wait_for_log("adopted: 'w2'")
        self.upgrade(daemon, 2)
        daemon = self.kill_and_start(daemon)
        self.wait_for_log("adopted: 'w2'", 2)
        self.assert_untouched(pids)
        self.end(daemon)
        self.check_writers()


if __name__ == '__main__':
    unittest.main()
