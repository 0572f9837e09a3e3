"""Runs suprun in a folder of its own and waits for what should happen.

The programs are found in $SUP_BIN_DIR (default: build/release/bin), or the daemon is the command in
$SUP_DAEMON, so that the same tests can be put to supervisord. Every test ends the daemon that it
started and, as its subreaper, finds whatever that left behind.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get('SUP_BIN_DIR', os.path.join(ROOT, 'build', 'release', 'bin'))
PATIENCE = float(os.environ.get('SUP_TEST_PATIENCE', '20'))

PR_SET_CHILD_SUBREAPER = 36


def become_subreaper():
    """Whatever a daemon leaves behind becomes a child of this process; a fork has to say it again."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


become_subreaper()


def program(name):
    return os.path.join(BIN, name)


def alive(pid):
    """Whether the process exists and is no zombie."""
    try:
        with open('/proc/%d/stat' % pid) as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid):
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class FolderTest(unittest.TestCase):
    """A test of the program `needed` with a folder of its own."""

    maxDiff = None

    def setUp(self):
        if not os.path.exists(program(self.needed)):
            self.skipTest('no ' + self.needed)
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix=self.needed + '-'))
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w') as file:
            file.write(text)


class DaemonTest(unittest.TestCase):
    """A test with a folder and daemons that are ended with it."""

    def setUp(self):
        if not os.path.exists(program('suprun')):
            self.skipTest('no suprun in %s' % BIN)
        self.folder = tempfile.mkdtemp(prefix='suprun-')
        os.chmod(self.folder, 0o755)
        self.daemons = []

    def tearDown(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                if os.environ.get('SUP_COVERAGE'):  # which a process writes as it ends by itself
                    daemon.terminate()
                    try:
                        daemon.wait(PATIENCE)
                    except subprocess.TimeoutExpired:
                        pass
                daemon.kill()
                daemon.wait()
        # Ours by adoption now; none may be left after a clean end.
        deadline = time.monotonic() + PATIENCE
        while True:
            left = children_of(os.getpid())
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, os.WNOHANG)
                except (ChildProcessError, ProcessLookupError):
                    pass
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.005)
        shutil.rmtree(self.folder, ignore_errors=True)

    # files

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), 'w') as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        try:
            with open(self.path(name), errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def configure(self, text, supervisord='', name='s.conf'):
        """A configuration of which @ is the folder."""
        head = ('[supervisord]\nlogfile=@/s.log\npidfile=@/s.pid\nchildlogdir=@\nnodaemon=true\n'
                'silent=true\n')
        return self.write(name, (head + supervisord + '\n' + text).replace('@', self.folder))

    # daemons

    def start(self, *arguments, **keywords):
        command = os.environ.get('SUP_DAEMON', program('suprun')).split() + list(arguments)
        keywords.setdefault('stdin', subprocess.DEVNULL)
        keywords.setdefault('stdout', subprocess.DEVNULL)
        keywords.setdefault('stderr', subprocess.PIPE)
        daemon = subprocess.Popen(command, cwd=self.folder, **keywords)
        self.addCleanup(lambda: daemon.stderr and daemon.stderr.close())
        self.daemons.append(daemon)
        return daemon

    def run_with(self, text, supervisord='', **keywords):
        """Starts the daemon with this configuration and waits until it runs."""
        self.configure(text, supervisord)
        daemon = self.start('-c', self.path('s.conf'), **keywords)
        self.wait_for_log('supervisord started with pid')
        return daemon

    def refused(self, *arguments, **keywords):
        """What a daemon that must not start says; its status must be 2."""
        daemon = self.start(*arguments, **keywords)
        _, error = daemon.communicate(timeout=PATIENCE)
        self.assertEqual(daemon.returncode, 2, error)
        self.assertFalse(os.path.exists(self.path('s.log')), 'something was started')
        return error.decode()

    def end(self, daemon, number=signal.SIGTERM):
        """Ends it cleanly; nothing may be left of it."""
        daemon.send_signal(number)
        self.assertEqual(daemon.wait(PATIENCE), 0)
        self.wait_until(self.nothing_is_left, 'the end of all processes')
        self.assertFalse(os.path.exists(self.path('s.pid')), 'the pidfile was left')

    @staticmethod
    def nothing_is_left():
        """Reaps what became ours; grandchildren may take a moment to end by themselves."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return True
        return False

    # waiting

    def wait_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                self.fail('waited in vain for %s; log:\n%s' % (what, self.read('s.log')))
            time.sleep(0.005)

    def wait_for_text(self, name, text, count=1):
        self.wait_until(lambda: self.read(name).count(text) >= count,
                        '%r in %s' % (text, name))
        return self.read(name)

    def wait_for_log(self, text, count=1):
        return self.wait_for_text('s.log', text, count)

    def wait_for_pid(self, name, count=1):
        """The pid of the count-th start of a process."""
        mark = "spawned: '%s' with pid " % name
        self.wait_for_log(mark, count)
        return int(self.read('s.log').split(mark)[count].split()[0])

    def log_lines(self):
        """Lines of the activity log without their time."""
        return [line[24:] for line in self.read('s.log').splitlines()]
