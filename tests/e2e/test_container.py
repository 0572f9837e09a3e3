"""suprun as the main process of a container."""

import ctypes
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

from container import ARBITRARY_USER, SILENT, TO_STDOUT, ContainerTest, is_sanitized
from harness import ROOT, alive, children_of, program

PYTHON = sys.executable

# A program that ignores SIGTERM.
STUBBORN = 'sh -c \'trap "" TERM; while :; do sleep 0.1; done\''


def pids_of(output, name):
    return [int(pid) for pid in re.findall(r"spawned: '%s' with pid (\d+)" % name, output)]


class Confined(ContainerTest):
    """What a container may not do."""

    def test_nothing_can_be_written_but_standard_output(self):
        self.write('s.conf', '[supervisord]\nnodaemon=true\nlogfile=/dev/null\npidfile=/dev/null\n'
                             '[program:a]\ncommand=sh -c "id -u; id -g; echo HOME=$HOME; '
                             'touch /run/x || echo no; exec sleep 1000"\n' + TO_STDOUT)
        container = self.contain(user=ARBITRARY_USER, run='0755')
        output = self.wait_for_output(container, 'a entered RUNNING')
        for line in (str(ARBITRARY_USER), '0', 'HOME=', 'no'):
            self.assertIn(line, output.splitlines())
        self.assertIn('supervisord started with pid 1\n', output)
        self.assertNotIn('CRIT', output)
        self.stop(container)

    def test_standard_output_is_a_pipe_of_another_user(self):
        # It cannot be opened by the name /dev/stdout then, neither for the daemon nor for programs.
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.fchmod(writer, 0o600)
        container = self.contain('[program:a]\ncommand=sh -c "echo said by a; exec sleep 1000"\n' +
                                 TO_STDOUT, user=ARBITRARY_USER, stdout=writer)
        os.close(writer)
        output = self.read_pipe(reader, 'said by a\n', 'a entered RUNNING')
        self.assertEqual(output.count('supervisord started with pid 1\n'), 1, 'twice: ' + output)
        self.stop(container)

    def test_a_program_of_another_user_opens_its_standard_files_by_name(self):
        if os.getuid() != 0:
            self.skipTest('needs root')
        container = self.contain('[program:a]\nuser=nobody\nstartsecs=0\nautorestart=false\n'
                                 'command=sh -c "echo said > /dev/stdout; echo so > /dev/stderr; '
                                 'echo done"\n' + TO_STDOUT)
        output = self.wait_for_output(container, 'done\n')
        self.assertIn('said\n', output)
        self.wait_for_output(container, 'so\n')
        self.assertNotIn('denied', container.output)
        self.stop(container)

    def test_what_cannot_be_written_is_said(self):
        program_a = '[program:a]\ncommand=sleep 1000\n'
        said = {
            'logfile=%s/s.log\n' % self.folder + program_a:
                "Error: cannot open log '%s/s.log': Read-only file system; with logfile=/dev/null "
                'there is none, and the lines go to standard output' % self.folder,
            'logfile=/dev/null\nchildlogdir=%s\n' % self.folder + program_a:
                "Error: cannot make a log of the stdout of a in '%s': Read-only file system; name "
                'another folder with childlogdir=, or say stdout_logfile=NONE or '
                'stdout_logfile=/dev/stdout' % self.folder,
            'logfile=/dev/null\n[unix_http_server]\nfile=%s/s.sock\n' % self.folder +
            program_a + SILENT:
                'Error: Cannot open an HTTP server: socket.error reported errno.EROFS (30): '
                'unix://%s/s.sock: Read-only file system' % self.folder,
        }
        for text, words in said.items():
            self.write('s.conf', '[supervisord]\nnodaemon=true\n' + text)
            container = self.contain(user=ARBITRARY_USER if os.getuid() == 0 else None, output='no')
            self.assertEqual(container.wait(), 2)
            self.assertIn(words, self.read('no'))

    def test_what_can_be_done_without_is_done_without(self):
        self.write('s.conf', '[supervisord]\nnodaemon=true\nlogfile=/dev/null\npidfile=@/s.pid\n'
                             '[program:a]\ncommand=sleep 1000\nstderr_logfile=NONE\n'
                             'stdout_logfile=@/a.log\nstartretries=0\n'
                             '[program:b]\ncommand=sleep 1000\n'.replace('@', self.folder) + SILENT)
        container = self.contain()
        output = self.wait_for_output(container, 'b entered RUNNING')
        self.assertIn('CRIT could not write pidfile %s/s.pid: Read-only file system\n' % self.folder,
                      output)
        self.assertIn("ERRO cannot open log '%s/a.log': Read-only file system\n" % self.folder,
                      output)
        self.assertIn("spawnerr: unknown error making dispatchers for 'a': EROFS\n", output)
        self.stop(container)

    def test_another_user_needs_root(self):
        self.write('s.conf', '[supervisord]\nnodaemon=true\nlogfile=/dev/null\nuser=nobody\n')
        container = self.contain(user=ARBITRARY_USER)
        self.assertEqual(container.wait(), 2)
        self.assertIn("Can't drop privilege as nonroot user", container.output)

    def test_without_dev(self):
        container = self.contain('[program:a]\ncommand=sh -c "echo said by a; exec sleep 1000"\n' +
                                 TO_STDOUT, user=ARBITRARY_USER if os.getuid() == 0 else None,
                                 setup='mount -t tmpfs -o ro tmpfs /dev')
        self.wait_for_output(container, 'said by a\n')
        self.stop(container)

    def test_without_proc(self):
        container = self.contain('[program:a]\ncommand=sh -c "ls /proc; echo said by a; exec sleep '
                                 '1000"\n' + TO_STDOUT, proc=None)
        self.wait_for_output(container, 'said by a\n')
        self.wait_for_output(container, 'a entered RUNNING')
        control = [program('supctl'), '-c', self.path('s.conf')]
        self.assertRegex(self.run_inside(container, *control, 'status').stdout, r'^a +RUNNING   pid \d+')
        self.assertIn('a: stopped', self.run_inside(container, *control, 'stop', 'a').stdout)
        self.assertIn('a: started', self.run_inside(container, *control, 'start', 'a').stdout)
        container.send(signal.SIGHUP)
        self.wait_for_output(container, 'received SIGHUP')
        self.stop(container)

    def test_an_upgrade_in_place(self):
        container = self.contain('[program:a]\ncommand=sleep 1000\n' + TO_STDOUT)
        self.wait_for_output(container, 'a entered RUNNING')
        container.send(signal.SIGUSR1)
        output = self.wait_for_output(container, 'upgraded, everything goes on')
        self.assertEqual(len(pids_of(output, 'a')), 1)
        self.assertIn('goes on after suprun', output)
        self.stop(container)

    def test_no_keeper_beside_pid_1(self):
        container = self.contain('[program:a]\ncommand=sleep 1000\n' + TO_STDOUT)
        self.wait_for_output(container, 'a entered RUNNING')
        self.assertEqual(len(children_of(container.pid)), 1)
        self.assertEqual({'s.pid', 's.sock'},
                         {name for name in os.listdir(container.inside('/run')) if '.' in name})
        self.stop(container)


class Children(ContainerTest):
    """What comes to PID 1 as a child."""

    def test_orphans_are_reaped_and_disturb_nobody(self):
        # A thousand that lose their father, and then end all at once.
        self.write('fork.py', 'import os, time\n'
                              'reader, writer = os.pipe()\n'
                              'if os.fork():\n'
                              '    os._exit(0)\n'
                              'for i in range(1000):\n'
                              '    if not os.fork():\n'
                              '        os.close(writer)\n'
                              '        os.read(reader, 1)\n'
                              '        os._exit(i % 256)\n'
                              'os._exit(0)\n')
        container = self.contain('[program:a]\ncommand=sleep 1000\n%s[program:forks]\n'
                                 'command=%s %s/fork.py\nautorestart=false\nstartsecs=0\n%s' %
                                 (SILENT, PYTHON, self.folder, SILENT))
        self.wait_for_output(container, 'a entered RUNNING')
        output = self.wait_for_output(container, 'reaped unknown pid', 1001)
        self.assertEqual(output.count('reaped unknown pid'), 1001)
        self.assertIn('exited: forks (exit status 0; expected)', output)
        self.assertEqual(len(children_of(container.pid)), 1)
        self.assertEqual(len(pids_of(output, 'a')), 1)
        self.expect_idle(container)
        self.stop(container)

    def test_double_forks_again_and_again(self):
        container = self.contain('[program:a]\ncommand=sh -c "(sleep 0.2 &); exec sleep 0.1"\n'
                                 'startsecs=0\nautorestart=true\n' + SILENT)
        self.wait_for_output(container, 'reaped unknown pid', 5)
        self.assertNotIn('FATAL', container.output)
        self.stop(container)

    def test_children_from_before(self):
        # The entry point had children, one of which ended already.
        self.write('entry.py', 'import os, sys\n'
                               'ended = os.fork()\n'
                               'if not ended:\n'
                               '    os._exit(3)\n'
                               'os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)\n'
                               'os.execv(sys.argv[1], sys.argv[1:])\n')
        container = self.contain('', entry=[PYTHON, self.path('entry.py')])
        output = self.wait_for_output(container, 'reaped unknown pid')
        self.assertIn('(exit status 3)', output)
        self.assertEqual(children_of(container.pid), [])
        self.stop(container)


class Signals(ContainerTest):

    def test_the_end_is_in_order(self):
        text = ''.join('[program:%s]\ncommand=sleep 1000\npriority=%d\nstartsecs=0\n%s' %
                       (name, place, SILENT)
                       for place, name in enumerate(('first', 'second', 'third')))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            container = self.contain(text, output=number.name)
            self.wait_for_output(container, 'third entered RUNNING')
            self.stop(container, number)
            self.assertIn('received %s indicating exit request' % number.name, container.output)
            self.assertEqual(re.findall(r'stopped: (\w+)', container.output),
                             ['third', 'second', 'first'])

    def test_one_that_comes_while_the_configuration_is_read(self):
        text = ''.join('[program:p%d]\ncommand=sleep 1000\nautostart=false\n%s' % (i, SILENT)
                       for i in range(3000))
        container = self.contain(text)
        blocked = 1 << (signal.SIGTERM - 1)
        self.wait_until(lambda: os.readlink('/proc/%d/exe' % container.pid).endswith('/suprun') and
                        int(container.status_lines()['SigBlk'], 16) & blocked,
                        'the start of suprun')
        container.send(signal.SIGTERM)
        self.assertEqual(container.wait(), 0, container.output)

    def test_the_others(self):
        container = self.contain('[program:a]\ncommand=sh -c "echo said; exec sleep 1000"\n'
                                 'stdout_logfile=/run/a.log\nstderr_logfile=NONE\n'
                                 '[program:b]\ncommand=sleep 1000\n' + SILENT)
        self.wait_for_output(container, 'b entered RUNNING')
        os.rename(container.inside('/run/a.log'), container.inside('/run/old.log'))
        container.send(signal.SIGUSR2)
        self.wait_for_output(container, 'received SIGUSR2 indicating log reopen request')
        self.wait_until(lambda: os.path.exists(container.inside('/run/a.log')), 'the new log')
        self.configure_container('[program:a]\ncommand=sh -c "echo said; exec sleep 1000"\n'
                                 'stdout_logfile=/run/a.log\nstderr_logfile=NONE\n'
                                 '[program:c]\ncommand=sleep 1000\n' + SILENT)
        container.send(signal.SIGHUP)
        output = self.wait_for_output(container, 'c entered RUNNING')
        self.assertIn('stopped: b (terminated by SIGTERM)', output)
        self.assertEqual(len(pids_of(output, 'a')), 1)
        for number in (signal.SIGALRM, signal.SIGIO, signal.SIGWINCH, signal.SIGPIPE):
            container.send(number)
        self.wait_for_output(container, 'received SIGALRM indicating nothing')
        self.stop(container)

    def test_the_grace_of_who_stops_the_container(self):
        config = ('[program:quick]\ncommand=sh -c \'trap "echo quick has ended; exit" TERM; '
                  'while :; do sleep 0.1; done\'\nstopwaitsecs=1\npriority=2\n' + TO_STDOUT +
                  '[program:slow]\ncommand=%s\nstopwaitsecs=60\npriority=1\n' % STUBBORN +
                  TO_STDOUT)
        self.configure_container(config)
        told = subprocess.run([program('supcheck'), '--facts', '--stop-grace', '5s',
                               self.path('s.conf')], capture_output=True, text=True).stdout
        self.assertIn('stop: up to 61 s until all have stopped; after 5 s these may be killed: '
                      'program:slow\n', told)
        container = self.contain()
        self.wait_for_output(container, 'slow entered RUNNING')
        pids = children_of(container.pid)
        container.send(signal.SIGTERM)
        self.wait_for_output(container, 'stopped: quick (exit status 0)')
        self.assertIn('quick has ended\n', container.output)
        self.wait_for_output(container, 'waiting for slow to die')
        container.send(signal.SIGKILL)
        self.assertNotEqual(container.wait(), 0)
        self.wait_until(lambda: not any(alive(pid) for pid in pids), 'the end of all')


class StandardFiles(ContainerTest):

    PROGRAM = ('[program:a]\ncommand=sh -c "while :; do echo said by a; sleep 0.01; done"\n' +
               TO_STDOUT)

    def test_standard_input_is_closed(self):
        container = self.contain(self.PROGRAM,
                                 entry=['sh', '-c', 'exec "$@" <&-', 'sh'])
        self.wait_for_output(container, 'a entered RUNNING')
        self.stop(container)

    def test_all_are_closed(self):
        container = self.contain('[program:a]\ncommand=sleep 1000\n' + SILENT,
                                 entry=['sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh'])
        self.wait_until(lambda: os.path.exists(container.inside('/run/s.pid')), 'the start')
        self.stop(container)

    def test_no_session(self):
        container = self.contain(self.PROGRAM, entry=['setsid'])
        self.wait_for_output(container, 'a entered RUNNING')
        self.stop(container)

    def test_a_terminal(self):
        # As docker run -t.
        terminal, ours = pty.openpty()
        self.addCleanup(os.close, terminal)
        container = self.contain(self.PROGRAM, entry=['setsid', '--ctty'], stdin=ours,
                                 stdout=ours, stderr=ours)
        os.close(ours)
        self.read_pipe(terminal, 'a entered RUNNING', 'said by a')
        os.write(terminal, b'\x03')
        self.read_pipe(terminal, 'received SIGINT indicating exit request', 'stopped: a')
        self.assertEqual(container.wait(), 0)

    def test_the_reader_of_standard_output_goes(self):
        reader, writer = os.pipe()
        container = self.contain(self.PROGRAM, stdout=writer, stderr=writer)
        os.close(writer)
        self.read_pipe(reader, 'a entered RUNNING')
        os.close(reader)
        self.expect_alive(container)
        self.stop(container)

    def test_the_reader_of_standard_output_sleeps(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        container = self.contain('[program:a]\ncommand=sh -c "while :; do echo said by a; done"\n' +
                                 TO_STDOUT + '[program:b]\ncommand=sh -c "sleep 0.3; exit 3"\n' +
                                 'startsecs=0\n' + SILENT, stdout=writer, stderr=writer)
        os.close(writer)
        self.expect_alive(container)
        self.stop(container)

    # It does its work: a program that is killed is there again.
    def expect_alive(self, container):
        self.wait_until(lambda: os.path.exists(container.inside('/run/s.pid')), 'the start')
        first = self.wait_until(lambda: children_of(container.pid), 'a child')[0]
        os.kill(first, signal.SIGKILL)
        self.wait_until(lambda: not alive(first), 'the end of a child')
        self.wait_until(lambda: any(pid != first for pid in children_of(container.pid)),
                        'another child')


class Endings(ContainerTest):
    """The container ends with its main program."""

    def end_of(self, command, settings='', arguments=('--exit-with', 'web')):
        container = self.contain('[program:web]\ncommand=%s\nautorestart=false\n%s%s'
                                 '[program:other]\ncommand=sleep 1000\n%s' %
                                 (command, settings, TO_STDOUT, SILENT),
                                 arguments=['-c', self.path('s.conf'), *arguments])
        status = container.wait()
        self.assertIn('stopped: other (terminated by SIGTERM)', container.output)
        os.remove(self.path('out'))
        return status

    def test_its_status_is_carried(self):
        self.assertEqual(self.end_of('sh -c "exit 42"', 'startsecs=0\n'), 42)
        self.assertEqual(self.end_of('sh -c "exit 0"', 'startsecs=0\n'), 0)
        self.assertEqual(self.end_of('sh -c "kill -9 $$"', 'startsecs=0\n'), 128 + 9)
        self.assertEqual(self.end_of('sh -c "exit 0"', 'startretries=0\n'), 1)
        self.assertEqual(self.end_of('/none/web', 'startretries=0\n'), 127)

    def test_fatal_is_enough(self):
        self.assertEqual(self.end_of('sh -c "exit 6"', 'startretries=0\n', ['--exit-on-fatal']), 6)

    def test_a_plan_and_an_upgrade(self):
        self.configure_container('[program:web]\ncommand=sh -c "while ! test -e /run/go; do '
                                 'sleep 0.1; done; exit 5"\nautorestart=false\n' + TO_STDOUT)
        subprocess.run([program('supc'), 'build', self.path('s.conf'), '-o', self.path('plan.bin')],
                       check=True)
        container = self.contain(arguments=[self.path('plan.bin'), '--exit-with', 'web'])
        self.wait_for_output(container, 'web entered RUNNING')
        container.send(signal.SIGUSR1)
        self.wait_for_output(container, 'upgraded, everything goes on')
        with open(container.inside('/run/go'), 'w'):
            pass
        self.assertEqual(container.wait(), 5)

    def test_an_end_from_outside(self):
        container = self.contain('[program:web]\ncommand=sleep 1000\n' + SILENT,
                                 arguments=['-c', self.path('s.conf'), '--exit-with', 'web'])
        self.wait_for_output(container, 'web entered RUNNING')
        self.stop(container, status=128 + signal.SIGTERM)

    def test_a_program_that_there_is_not(self):
        container = self.contain('', arguments=['-c', self.path('s.conf'), '--exit-with', 'web'])
        self.assertEqual(container.wait(), 2)
        self.assertIn('Error: --exit-with: there is no program or group `web` in ',
                      container.output)


class Clocks(ContainerTest):
    """The clock of the wall is set; what is waited for is on another one."""

    HOUR = 3600

    def setUp(self):
        super().setUp()
        library = os.environ.get('SUP_CLOCK_SHIFT', '')
        if not os.path.exists(library):
            self.skipTest('no library that shifts the clock')
        self.shift = self.path('shift')
        self.set_clock(0)
        self.environment = {'LD_PRELOAD': library, 'CLOCK_SHIFT': self.shift}
        if is_sanitized():
            self.environment['ASAN_OPTIONS'] = ':'.join(
                [os.environ.get('ASAN_OPTIONS', ''), 'verify_asan_link_order=0']).lstrip(':')

    def set_clock(self, seconds):
        descriptor = os.open(self.shift, os.O_RDWR | os.O_CREAT, 0o644)
        os.pwrite(descriptor, struct.pack('=q', seconds * 10**9), 0)
        os.close(descriptor)

    # Has a line written, and holds its time to that of the wall.
    def expect_log_time(self, container, shift):
        mark = 'received SIGALRM indicating nothing'
        count = container.output.count(mark)
        container.send(signal.SIGALRM)
        output = self.wait_for_output(container, mark, count + 1)
        line = [line for line in output.splitlines() if mark in line][-1]
        written = time.mktime(time.strptime(line[:19], '%Y-%m-%d %H:%M:%S'))
        self.assertAlmostEqual(written, time.time() + shift, delta=120)

    def write_ticks(self):
        self.write('ticks.py', 'import sys\n'
                               'while True:\n'
                               '    print("READY", flush=True)\n'
                               '    head = dict(w.split(":") for w in input().split())\n'
                               '    print("tick", sys.stdin.read(int(head["len"])),\n'
                               '          file=sys.stderr, flush=True)\n'
                               '    print("RESULT 2\\nOK", end="", flush=True)\n')

    def test_it_jumps(self):
        self.write_ticks()
        start = time.time()
        container = self.contain('[program:a]\ncommand=sleep 1000\n%s'
                                 '[program:flaky]\ncommand=false\nstartretries=2\n%s'
                                 '[program:stubborn]\ncommand=%s\nstopwaitsecs=2\n%s'
                                 '[eventlistener:ticks]\ncommand=%s %s/ticks.py\n'
                                 'events=TICK_5\nstderr_logfile=/dev/stdout\n'
                                 'stderr_logfile_maxbytes=0\nstdout_logfile=NONE\n' %
                                 (SILENT, SILENT, STUBBORN, SILENT, PYTHON, self.folder),
                                 environment=self.environment)
        self.wait_for_output(container, 'stubborn entered RUNNING')
        self.expect_log_time(container, 0)
        self.set_clock(self.HOUR)
        self.expect_log_time(container, self.HOUR)
        self.wait_until(lambda: self.ticks(container, start + self.HOUR - 60), 'a later tick')
        self.set_clock(-self.HOUR)
        self.expect_log_time(container, -self.HOUR)
        self.assertRegex(self.status(container), r'a +RUNNING   pid \d+, uptime 0:00:00\n')
        self.wait_for_output(container, 'gave up: flaky entered FATAL state')
        self.wait_until(lambda: [tick for tick in self.ticks(container, 0) if tick < start - 60],
                        'an earlier tick')
        before = time.monotonic()
        container.send(signal.SIGTERM)
        self.wait_for_output(container, 'received SIGTERM')
        self.set_clock(self.HOUR)
        self.assertEqual(container.wait(), 0, container.output)
        self.assertGreaterEqual(time.monotonic() - before, 2)
        self.assertIn("killing 'stubborn'", container.output)
        self.assertEqual(len(pids_of(container.output, 'a')), 1)
        ticks = self.ticks(container, 0)
        self.assertFalse([tick for tick in ticks if tick % 5], ticks)
        self.assertLessEqual(len(ticks), (time.time() - start) / 5 + 4)

    def test_an_hour_that_is_jumped_over_is_told_of_at_once(self):
        self.write_ticks()
        start = time.time()
        container = self.contain('[eventlistener:ticks]\ncommand=%s %s/ticks.py\n'
                                 'events=TICK_3600\nstderr_logfile=/dev/stdout\n'
                                 'stderr_logfile_maxbytes=0\nstdout_logfile=NONE\n' %
                                 (PYTHON, self.folder), environment=self.environment)
        self.wait_for_output(container, 'ticks entered RUNNING')
        self.set_clock(self.HOUR)
        if not self.tell_all_of_a_set_clock():
            self.skipTest('the clock may not be set here, not even to what it is')
        self.wait_until(lambda: self.ticks(container, start), 'the hour')
        self.stop(container)

    # Sets it by a nanosecond, of which the kernel tells whoever wants to know.
    @staticmethod
    def tell_all_of_a_set_clock():
        class Timex(ctypes.Structure):
            _fields_ = [('modes', ctypes.c_uint), ('before', ctypes.c_long * 8),
                        ('time', ctypes.c_long * 2), ('after', ctypes.c_long * 30)]

        set_offset, in_nanoseconds = 0x0100, 0x2000
        adjust = ctypes.CDLL(None).adjtimex
        return adjust(ctypes.byref(Timex(set_offset | in_nanoseconds, time=(0, 1)))) >= 0

    def ticks(self, container, after):
        return [int(when) for when in re.findall(r'^tick when:(\d+)$', container.output, re.M)
                if int(when) >= after]

    # As somebody sees it whose clock was set as well.
    def status(self, container):
        return self.run_inside(container, program('supctl'), '-c', self.path('s.conf'), 'status',
                               env={**os.environ, **self.environment}).stdout


class Memory(ContainerTest):
    """64 MB, for 100 programs and one that wants more than there is."""

    LIMIT = 64 << 20

    def setUp(self):
        super().setUp()
        if is_sanitized():
            self.skipTest('sanitizers need memory')

    # A control group of either kind with that limit, or None.
    def group(self):
        for root, limit in (('/sys/fs/cgroup', 'memory.max'),
                            ('/sys/fs/cgroup/memory', 'memory.limit_in_bytes')):
            folder = os.path.join(root, 'suprun-test-%d' % os.getpid())
            try:
                os.mkdir(folder)
            except OSError:
                continue
            self.addCleanup(os.rmdir, folder)
            try:
                with open(os.path.join(folder, limit), 'r+') as file:
                    file.write(str(self.LIMIT))
                return folder
            except OSError:
                pass
        return None

    def test_a_program_that_takes_all_is_started_again(self):
        group = self.group()
        # Where there are no control groups, a limit for each process stands for that of all.
        setup = ('echo 0 > %s/cgroup.procs' % group if group else
                 'ulimit -v %d' % (self.LIMIT >> 10))
        container = self.contain('[program:many]\ncommand=sleep 1000\nnumprocs=100\n'
                                 'process_name=many_%%(process_num)d\n%s'
                                 '[program:greedy]\ncommand=sh -c "sleep 1.5; exec tail /dev/zero"\n'
                                 '%s' % (SILENT, SILENT), setup=setup)
        output = self.wait_for_output(container, 'exited: greedy', 2)
        self.assertIn('exited: greedy (%s; not expected)' %
                      ('terminated by SIGKILL' if group else 'exit status 1'), output)
        self.assertEqual(output.count('exited: many'), 0, output)
        self.assertEqual(len(children_of(container.pid)), 101)
        self.stop(container)


class Images(ContainerTest):
    """docs/containers.md does as it says."""

    def setUp(self):
        super().setUp()
        if os.getuid() != 0:
            self.skipTest('the root of an image needs root here')
        with open(os.path.join(ROOT, 'docs', 'containers.md')) as file:
            self.page = file.read()
        self.write('supervisord.conf', self.block('ini'))

    def block(self, language):
        return re.search(r'```%s\n(.*?)```' % language, self.page, re.DOTALL)[1]

    def lines(self, word):
        return re.findall(r'^%s (.*)$' % word, self.block('dockerfile'), re.M)

    # What the build says of the configuration, with the paths of here.
    def run_build(self, name):
        line = [line for line in self.lines('RUN') if line.startswith('build/release/bin/%s ' % name)]
        words = [word.replace('/build/', self.folder + '/') for word in line[0].split()[1:]]
        ran = subprocess.run([program(name), *words], capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    # The commands that make the root of the image beside that of the machine.
    def image(self):
        script = ['mkdir -p /run/up /run/work /run/image /run/up/srv']
        for name in ('web', 'queue'):
            self.write(name, '#!/bin/sh\necho %s runs: "$*"\nexec sleep 1000\n' % name, 0o755)
        for line in self.lines('COPY'):
            *sources, target = [word for word in line.split() if word != '--from=build']
            if sources in (['.'], ['supervisord.conf']):
                continue  # of the first stage
            script.append('mkdir -p /run/up%s' % os.path.dirname(target))
            for source in sources:
                name = os.path.basename(source)
                is_program = source.startswith('/src/build/release/bin/')
                script.append('cp %s /run/up%s' % (program(name) if is_program else self.path(name),
                                                   target))
        return '\n'.join(script + [
            'mount -t overlay overlay -o lowerdir=/,upperdir=/run/up,workdir=/run/work /run/image',
            'mount -o remount,bind,ro /run/image',
            'mount -t tmpfs -o mode=1777 tmpfs /run/image/run',
            'mount --rbind /proc /run/image/proc', 'mount --rbind /dev /run/image/dev'])

    def test_what_the_build_stage_installs_is_enough(self):
        """There is no Python in it, as there is none in Debian's image."""
        if not shutil.which('cmake') or not shutil.which('ninja'):
            self.skipTest('no cmake or no ninja')
        configure = [line for line in self.lines('RUN') if line.startswith('cmake ')][0].split(' && ')[0]
        script = ('for name in /usr/bin/python3* /usr/local/bin/python3*; do\n'
                  '  [ ! -e "$name" ] || mount --bind /dev/null "$name"\ndone\nexec "$@"')
        ran = subprocess.run(['unshare', '--mount', 'sh', '-c', script, 'sh', *configure.split(), '-S', ROOT,
                              '-B', self.path('build')], capture_output=True, text=True,
                             env={'PATH': '/usr/local/bin:/usr/bin:/bin'})
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        # CMake refuses to build with what it wrote for another folder.
        with open(os.path.join(ROOT, '.dockerignore')) as file:
            self.assertIn('build\n', file.readlines())

    def test_the_page(self):
        self.run_build('supcheck')
        self.run_build('supc')
        user, group = self.lines('USER')[0].split(':')
        command = json.loads(self.lines('ENTRYPOINT')[0])
        container = self.contain(
            setup=self.image(), command=command,
            entry=['chroot', '/run/image', 'setpriv', '--reuid', user, '--regid', group,
                   '--clear-groups'],
            environment=dict(pair.split('=') for pair in self.lines('ENV')))
        self.wait_for_output(container, 'web runs: --port 8080\n')
        self.wait_for_output(container, 'queue runs: \n')
        manifest = self.block('yaml')
        ready, alive_too, before_stop = [json.loads(probe) for probe in
                                         re.findall(r'command: (\[.*?\])}', manifest)]
        self.wait_until(lambda: self.run_inside(container, *ready).returncode == 0, 'readiness')
        self.assertEqual(self.run_inside(container, *alive_too).returncode, 0)
        self.assertEqual(self.run_inside(container, *ready[:3], 'stop', 'shop:web').returncode, 0)
        self.assertEqual(self.run_inside(container, *ready).returncode, 3)
        self.stop(container)
        facts = subprocess.run([program('supcheck'), '--facts', '--json',
                                self.path('supervisord.conf')], capture_output=True, check=True)
        seconds = json.loads(facts.stdout)['configurations'][0]['stop']['seconds']
        grace = int(re.search(r'terminationGracePeriodSeconds: (\d+)', manifest)[1])
        self.assertGreater(grace, seconds + int(before_stop[1]))


if __name__ == '__main__':
    import unittest
    unittest.main()
