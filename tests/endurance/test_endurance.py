"""Long runs. SUP_ENDURANCE=whole has them at the length that `run` names, otherwise a few seconds each."""

import glob
import os
import re
import signal
import sys
import unittest

from endurance import EnduranceTest, UNIX
import numbered
from pipelined import Client, call
import test_survive

HERE = os.path.dirname(os.path.abspath(__file__))
MEGABYTE = 1000000


def child(name, *words):
    """The command of one of the children in this folder."""
    return ' '.join((sys.executable, '-B', os.path.join(HERE, name)) + words)


class Restarts(EnduranceTest):
    """Each start writes its pid; the logs must name the pids that the daemon says it started."""

    PROGRAMS = 50

    def run_until(self, count):
        """Lets them end and start again until that many were started in all, then end for good."""
        server = self.rpc()
        if os.path.exists(self.path('stop')):
            os.remove(self.path('stop'))
        server.supervisor.startAllProcesses(False)
        with open(self.path('s.log'), 'rb') as log:
            spawned = 0

            def reached():
                nonlocal spawned
                self.pause(0.2)
                spawned += log.read().count(b'spawned: ')
                return spawned >= count

            self.wait_long(reached, '%d starts' % count)
        self.write('stop', '')
        self.wait_until(lambda: all(each['statename'] == 'EXITED'
                                    for each in server.supervisor.getAllProcessInfo()),
                        'all to end for good')
        return spawned

    def test_restarts(self):
        count = self.sized(100000, 2000)
        text = ''.join(
            '[program:p%d]\nautostart=false\nautorestart=unexpected\nstartsecs=0\n'
            'stdout_logfile=@/p%d.log\ncommand=/bin/sh -c "echo $$; %s"\n'
            % (i, i, ['test -e @/stop', 'test -e @/stop || kill -9 $$'][i % 2])
            for i in range(self.PROGRAMS))
        daemon = self.serve(UNIX + text, 'logfile_maxbytes=0\n')
        self.run_until(count // 5)
        before = self.taken(daemon)
        self.run_until(count + count // 5)
        self.check_flat(daemon, before, 128, '%d restarts' % count)
        started = {}
        for name, pid in re.findall(r"spawned: '(\w+)' with pid (\d+)", self.read('s.log')):
            started.setdefault(name, []).append(pid)
        for i in range(self.PROGRAMS):
            name = 'p%d' % i
            self.assertEqual(self.read(name + '.log').split(), started[name], name)
        self.assertGreaterEqual(sum(map(len, started.values())), count)


class Logs(EnduranceTest):
    """Numbered lines, read back in rounds, after each of which the logs are cleared."""

    def files(self, name):
        files = glob.glob(self.path(name + '.log*'))
        return sorted(files, key=lambda each: -int('0' + each.rpartition('.log')[2].strip('.')))

    def size(self, name):
        # A file may be renamed meanwhile; then it is looked at again.
        try:
            return sum(os.path.getsize(each) for each in self.files(name))
        except FileNotFoundError:
            return 0

    def check(self, name, first, count):
        number = first
        rest = b''
        for path in self.files(name):
            with open(path, 'rb') as file:
                while piece := file.read(10000 * numbered.WIDTH):
                    rest += piece
                    whole = len(rest) // numbered.WIDTH
                    self.assertEqual(rest[:whole * numbered.WIDTH] ==
                                     numbered.lines(number, whole), True,
                                     '%s differs in the lines from %d on' % (path, number))
                    number += whole
                    rest = rest[whole * numbered.WIDTH:]
        self.assertEqual((number, rest), (first + count, b''), name)

    def round_of(self, names, first, count):
        for name in names:
            self.go_on(name, str(count))
        for name in names:
            self.wait_until(lambda: self.size(name) >= count * numbered.WIDTH, 'lines of ' + name)
        for name in names:
            self.check(name, first, count)
            for path in self.files(name)[:-1]:
                os.remove(path)
            self.rpc().supervisor.clearProcessLogs(name)

    def test_logs(self):
        total = self.sized(10000, 60) * MEGABYTE
        names = ('rotated', 'plain')
        text = ''.join('[program:%s]\ncommand=%s\nstdout_logfile=@/%s.log\n'
                       'stdout_logfile_maxbytes=%s\nstdout_logfile_backups=1000\n'
                       % (name, child('numbered.py'), name, most)
                       for name, most in zip(names, ('3MB', '0')))
        daemon = self.serve(UNIX + text)
        count = self.sized(200, 10) * MEGABYTE // numbered.WIDTH
        rounds = total // (count * numbered.WIDTH * len(names))
        self.round_of(names, 0, count)
        before = self.taken(daemon)
        for i in range(1, rounds + 1):
            self.round_of(names, i * count, count)
        self.check_flat(daemon, before, 256, '%d MB of output, each line there once and in order'
                        % (total // MEGABYTE))


class Events(EnduranceTest):
    """Numbered events, told by a child, to a pool in memory and to one on disk."""

    POOLS = ('memory', 'disk')

    def last_heard(self, name):
        try:
            with open(self.path('heard.' + name), 'rb') as file:
                file.seek(max(0, os.path.getsize(file.name) - 40))
                return int(file.read().split()[-1])
        except (FileNotFoundError, IndexError):
            return 0

    def tell(self, first, count, batch):
        for told in range(first, first + count, batch):
            self.go_on('t', str(batch))
            for name in self.POOLS:
                self.wait_until(lambda: self.last_heard(name) >= told + batch - 1,
                                'event %d in pool %s' % (told + batch - 1, name))

    def test_events(self):
        count, batch = self.sized((1000000, 5000), (10000, 1000))
        text = ''.join('[eventlistener:%s]\ncommand=%s\nevents=PROCESS_COMMUNICATION\n%s'
                       % (name, child('listener.py', '@/heard.' + name), more)
                       for name, more in zip(self.POOLS, ('buffer_size=10000\n',
                                                          'buffer_size=100\nevents_spool=@/spool\n')))
        text += ('[program:t]\ncommand=%s\nstdout_capture_maxbytes=1KB\nstdout_logfile=@/t.log\n'
                 % child('teller.py'))
        daemon = self.serve(UNIX + text)
        # What the longest queue took stays with the daemon: how long it gets in a batch is chance.
        warm = 10 * batch
        self.tell(1, warm, batch)
        before = self.taken(daemon)
        self.tell(1 + warm, count, batch)
        spool = sum(os.path.getsize(each) for each in glob.glob(self.path('spool/*')))
        self.assertLess(spool, 4 * MEGABYTE, 'what is done with leaves the disk')
        self.check_flat(daemon, before, 512, '%d events to two listeners, each once and in order' % count)
        wanted = [b'%d' % n for n in range(1, warm + count + 1)]
        for name in self.POOLS:
            with open(self.path('heard.' + name), 'rb') as file:
                self.assertEqual(file.read().split() == wanted, True, 'what was heard in ' + name)
        self.assertEqual(self.read('t.log').split('\n')[:-1],
                         ['line %d' % n for n in range(batch, warm + count + 1, batch)])


class Calls(EnduranceTest):
    """Calls in a row on connections that come and go; some write numbered lines to a child."""

    def mixture(self, first):
        """Forty requests with the status that each must get; ten of them write to `cat`."""
        usual = [call('supervisor.getState'), call('supervisor.getProcessInfo', 'cat'),
                 call('suprun.getAllStatus')]
        made = []
        for i in range(10):
            made += [call('supervisor.sendProcessStdin', 'cat', '%d\n' % (first + i)),
                     usual[i % 3], usual[0], usual[1]]
        made[1] = call('supervisor.getProcessInfo', 'nobody')
        made[2] = call('no.such.method')
        made[3] = call('system.multicall', [{'methodName': 'supervisor.getPID', 'params': []}] * 5)
        made[5] = call('supervisor.getAllProcessInfo')
        made[6] = call('supervisor.readProcessStdoutLog', 'cat', -100, 0)
        made[7] = b'GET /api/v1/processes HTTP/1.1\r\nHost: localhost\r\n\r\n'
        made[9] = b'GET /api/v1/processes/cat:cat HTTP/1.1\r\nHost: localhost\r\n\r\n'
        made[10] = b'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'
        made[11] = b'GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n'
        wanted = [200] * len(made)
        wanted[11] = 404
        return made, wanted

    def ask(self, first, count):
        """`first` is the number of the first line that is written to cat."""
        while count > 0:
            with Client(self.path('s.sock')) as client:
                for _ in range(min(count, 4000) // 40):
                    made, wanted = self.mixture(first)
                    self.assertEqual(client.statuses(made), wanted)
                    first += 10
                    count -= 40
        return first

    def test_calls(self):
        count = self.sized(1000000, 16000)
        text = ('[program:cat]\ncommand=/bin/cat\nstdout_logfile=@/cat.log\n'
                '[program:other]\ncommand=/bin/sleep 10000\nnumprocs=20\n'
                'process_name=%(process_num)d\n')
        daemon = self.serve(UNIX + text)
        first = self.ask(0, 8000)
        before = self.taken(daemon)
        lines = self.ask(first, count)
        self.wait_until(lambda: self.read('cat.log').endswith('\n%d\n' % (lines - 1)), 'the last line')
        self.check_flat(daemon, before, 256, '%d calls, %d lines to a child' % (count, lines))
        self.assertEqual(self.read('cat.log').split() == [str(n) for n in range(lines)], True,
                         'what was written to cat')


class Updates(EnduranceTest):
    """In each update one program comes, one goes, one changes; the others are not touched."""

    PROGRAMS = 200
    LINES = 10

    def plan(self, number):
        text = ('[program:writer]\ncommand=%s\nstdout_logfile=@/writer.log\n'
                '[program:new%d]\ncommand=/bin/sleep 10000\nstartsecs=0\n'
                % (child('numbered.py'), number))
        changed = number % self.PROGRAMS
        return UNIX + text + ''.join(
            '[program:p%d]\ncommand=/bin/sleep 10000\nstartsecs=0\nenvironment=N="%d"\n'
            % (i, number // self.PROGRAMS + (i <= changed)) for i in range(self.PROGRAMS))

    def update(self, first, count):
        server = self.rpc()
        for number in range(first, first + count):
            self.configure(self.plan(number), 'logfile_maxbytes=0\n')
            changes = server.suprun.update()
            self.assertEqual((changes['added'], changes['changed'], changes['removed']),
                             (['new%d' % number], ['p%d' % (number % self.PROGRAMS)],
                              ['new%d' % (number - 1)]))

            def is_done():
                states = {row.split('\t')[1]: row.split('\t')[3]
                          for row in server.suprun.getAllStatus().splitlines()}
                return (len(states) == self.PROGRAMS + 2 and
                        states.get('new%d' % number) == 'RUNNING' and
                        set(states.values()) == {'RUNNING'})

            self.wait_until(is_done, 'update %d' % number)
            self.go_on('writer', str(self.LINES))

    def test_updates(self):
        count = self.sized(1000, 25)
        daemon = self.serve(self.plan(0), 'logfile_maxbytes=0\n')
        warm = self.sized(100, 10)
        self.update(1, warm)
        before = self.taken(daemon)
        self.update(1 + warm, count)
        lines = (warm + count) * self.LINES
        self.wait_until(lambda: os.path.getsize(self.path('writer.log')) >= lines * numbered.WIDTH,
                        'the last line')
        self.check_flat(daemon, before, 256, '%d updates' % count)
        with open(self.path('writer.log'), 'rb') as file:
            self.assertEqual(file.read() == numbered.lines(0, lines), True, 'what was written')
        log = self.read('s.log')
        self.assertEqual(log.count("spawned: 'writer'"), 1)
        # Each program started once at first and once for each change.
        starts = {}
        for name in re.findall(r"spawned: '(p\d+)'", log):
            starts[name] = starts.get(name, 0) + 1
        self.assertEqual(sum(starts.values()), self.PROGRAMS + warm + count)


class Upgrades(EnduranceTest, test_survive.SurviveTest):
    """The daemon is replaced while children write and a listener listens."""

    def upgrade(self, daemon, first, count):
        for number in range(first, first + count):
            daemon.send_signal(signal.SIGUSR1)
            self.wait_for_log('upgraded, everything goes on', number)
            heard = os.path.getsize(self.path('heard'))
            self.wait_until(lambda: os.path.getsize(self.path('heard')) > heard, 'another event')

    def test_upgrades(self):
        count = self.sized(200, 10)
        daemon = self.serve(UNIX + self.writers(slower=10) + self.conversation('buffer_size=100000\n') +
                            'stdout_logfile_maxbytes=0\n')
        pids = self.pids(['w0', 'w1', 'w2', 'l', 't'])
        self.wait_for_text('heard', 'event')
        warm = self.sized(20, 3)
        self.upgrade(daemon, 1, warm)
        before = self.taken(daemon)
        self.upgrade(daemon, 1 + warm, count)
        self.assert_untouched(pids)
        self.check_flat(daemon, before, 512, '%d upgrades under load' % count)
        self.check_writers()
        total = int(self.read('teller.count'))
        self.assertEqual(self.read('t.log').split('\n')[:-1],
                         ['line %d' % n for n in range(1, total + 1)])
        self.assertEqual(self.read('heard').split('\n')[:-1],
                         ['event %d.' % n for n in range(1, total + 1)])


if __name__ == '__main__':
    unittest.main()
