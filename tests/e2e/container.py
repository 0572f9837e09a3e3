"""Runs suprun as PID 1 of pid and mount namespaces of its own, as in a container.

As root, or where the kernel gives everybody user namespaces; skipped with a word elsewhere. What the
container writes to standard output comes to a file beside the test's others, which are seen from
inside and cannot be written there.
"""

import functools
import os
import signal
import subprocess
import time

from harness import DaemonTest, PATIENCE, children_of, program

# What OpenShift gives: a user that has no name, in group 0.
ARBITRARY_USER = 1000680000

HEAD = '''[supervisord]
nodaemon=true
logfile=/dev/stdout
logfile_maxbytes=0
pidfile=/run/s.pid
%s

[unix_http_server]
file=/run/s.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix:///run/s.sock

'''

# Where the output of a program goes: to that of the container.
TO_STDOUT = ('stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n'
             'stderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0\n')

SILENT = 'stdout_logfile=NONE\nstderr_logfile=NONE\n'


def isolation():
    names = ['unshare', '--pid', '--mount', '--fork', '--kill-child']
    return names if os.getuid() == 0 else names + ['--user', '--map-root-user']


@functools.lru_cache(maxsize=None)
def why_impossible():
    try:
        ran = subprocess.run(isolation() + ['mount', '-t', 'proc', 'proc', '/proc'],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=PATIENCE)
    except FileNotFoundError:
        return 'no unshare'
    return '' if ran.returncode == 0 else 'no namespaces here: ' + ran.stderr.strip()


@functools.lru_cache(maxsize=None)
def is_sanitized():
    with open(program('suprun'), 'rb') as file:
        return b'__asan_init' in file.read()


class Container:
    """One that runs: its process as the host sees it, and what it wrote."""

    def __init__(self, test, process, output):
        self.test = test
        self.process = process
        self.output_name = output

    @property
    def pid(self):
        """Of PID 1, on the host."""
        return self.test.wait_until(lambda: children_of(self.process.pid), 'PID 1')[0]

    @property
    def output(self):
        return self.test.read(self.output_name)

    def send(self, number):
        os.kill(self.pid, number)

    def inside(self, path):
        """A path of the container as the host sees it."""
        return '/proc/%d/root%s' % (self.pid, path)

    def wait(self):
        return self.process.wait(PATIENCE)

    def status_lines(self):
        """PID 1 in /proc/PID/status."""
        with open('/proc/%d/status' % self.pid) as file:
            return dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)


class ContainerTest(DaemonTest):

    def setUp(self):
        super().setUp()
        if why_impossible():
            self.skipTest(why_impossible())
        self.containers = []

    def tearDown(self):
        # PID 1 takes all others along. unshare's own way does not reach one that changed its user.
        for container in self.containers:
            for pid in children_of(container.process.pid):
                os.kill(pid, signal.SIGKILL)
        super().tearDown()

    def configure_container(self, text, supervisord='', name='s.conf'):
        return self.write(name, HEAD % supervisord + text)

    def contain(self, text=None, supervisord='', arguments=None, user=None, proc='ro', run='1777',
                setup='', entry=(), command=None, environment=None, output='out', **keywords):
        """Starts a container. `run` is the mode of the folder /run, the only one that can be
        written; `proc` is 'ro' (with /proc/sys read-only) or None (not mounted); `setup` are
        commands of the shell that come before; `entry` is a command that executes suprun, or the
        `command` that there is instead of it and its arguments."""
        if user is not None and os.getuid() != 0:
            self.skipTest('another user in a container needs root here')
        if proc is None and is_sanitized():
            self.skipTest('sanitizers need /proc')
        if text is not None:
            self.configure_container(text, supervisord)
        script = ['set -e', 'mount -o remount,bind,ro /',
                  'mount --bind "$0" "$0"', 'mount -o remount,bind,ro "$0"',
                  'mount -t tmpfs -o mode=%s tmpfs /run' % run]
        if proc == 'ro':
            script += ['mount -t proc proc /proc', 'mount --bind /proc/sys /proc/sys',
                       'mount -o remount,bind,ro /proc/sys']
        else:
            script += ['mount -t tmpfs -o ro tmpfs /proc']
        script += [setup, 'cd /', 'exec "$@"']
        if user is not None:
            entry = ['setpriv', '--reuid', str(user), '--regid', '0', '--clear-groups'] + list(entry)
        if command is None:
            command = [program('suprun'), *(arguments or ['-c', self.path('s.conf')])]
        command = isolation() + ['sh', '-c', '\n'.join(script), self.folder, *entry, *command]
        if 'stdout' not in keywords:
            keywords['stdout'] = open(self.path(output), 'ab')
            self.addCleanup(keywords['stdout'].close)
        # Nothing of the one who tests, no HOME.
        clean = {'PATH': os.environ.get('PATH', '/usr/bin:/bin')}
        if is_sanitized():
            clean['ASAN_OPTIONS'] = os.environ.get('ASAN_OPTIONS', '')
        process = self.start_command(command, env={**clean, **(environment or {})}, **keywords)
        container = Container(self, process, output)
        self.containers.append(container)
        return container

    def start_command(self, command, **keywords):
        keywords.setdefault('stdin', subprocess.DEVNULL)
        keywords.setdefault('stderr', subprocess.STDOUT)
        process = subprocess.Popen(command, cwd=self.folder, **keywords)
        self.daemons.append(process)
        return process

    def run_inside(self, container, *command, **keywords):
        """What a command says that is executed in the container, as by docker exec."""
        enter = ['nsenter', '-t', str(container.pid), '-m', '-p', '-r']
        if os.getuid() != 0:
            enter += ['-U', '--preserve-credentials']
        return subprocess.run(enter + list(command), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL,
                              **keywords)

    def wait_for_output(self, container, text, count=1):
        self.wait_until(lambda: container.output.count(text) >= count or
                        container.process.poll() is not None, '%r in the output' % text)
        self.assertGreaterEqual(container.output.count(text), count, container.output)
        return container.output

    def read_pipe(self, reader, *texts):
        """What comes until all of these have come."""
        os.set_blocking(reader, False)
        output = b''

        def has_come():
            nonlocal output
            try:
                output += os.read(reader, 65536)
            except OSError:  # nothing is there, or nobody has the terminal open any more
                pass
            return all(text.encode() in output for text in texts)

        self.wait_until(has_come, 'all of %r' % (texts,))
        return output.decode()

    def stop(self, container, number=signal.SIGTERM, status=0):
        container.send(number)
        self.assertEqual(container.wait(), status, container.output)

    def switches(self, container):
        return int(container.status_lines()['voluntary_ctxt_switches'])

    def expect_idle(self, container):
        """It sleeps: it is woken some times in a second at most, and not all the time."""
        self.wait_until(lambda: self.is_quiet(container), 'a second without work')

    def is_quiet(self, container):
        before = self.switches(container)
        time.sleep(1)
        return self.switches(container) - before < 20
