"""A daemon in a folder of its own whose system calls fail, and what must be true of it all the same."""

import http.client
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'e2e'))
from harness import DaemonTest, PATIENCE, alive, become_subreaper, children_of  # noqa: E402, F401

from faults import Control  # noqa: E402

# A loop that retries a failing call at once comes to a multiple of this in a moment.
MOST_FAILURES = 5000

# How long a fault that does not end by itself lasts.
MOMENT = 0.15

ECHO = '''trap 'exit 0' TERM
exec 3<>@/in.$1
while read -r line <&3; do echo "$line"; done
'''

# Takes events and writes down what came, as one line each.
EAR = '''trap 'exit 0' TERM
echo READY
while read -r line; do
  length=${line##*len:}
  length=${length%% *}
  head -c "$length" | tr '\\n' ' ' >>@/ear.txt
  echo >>@/ear.txt
  printf 'RESULT 2\\nOKREADY\\n'
done
'''

HEAD = '''[unix_http_server]
file=@/c.sock
chown=%s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile=@/s.log
pidfile=@/s.pid
childlogdir=@
nodaemon=true
silent=true
loglevel=info
''' % pwd.getpwuid(os.getuid()).pw_name

PROGRAMS = '''[program:echo]
command=/bin/sh @/echo.sh echo
autorestart=true
startsecs=0
startretries=100
stdout_logfile=@/echo.log
stdout_logfile_maxbytes=400
stdout_logfile_backups=50
[program:told]
command=/bin/sh @/echo.sh told
autorestart=true
startsecs=0
startretries=100
stdout_logfile=@/told.log
stdout_events_enabled=true
[program:quiet]
command=/bin/sleep 1000
autorestart=true
startsecs=0
startretries=100
'''

LISTENER = '''[eventlistener:ear]
command=/bin/sh @/ear.sh
events=REMOTE_COMMUNICATION
autorestart=true
startsecs=0
startretries=100
stderr_logfile=NONE
events_spool=@/spool
events_spool_maxbytes=1MB
'''


# What the daemon says in these scenarios when nothing fails.
USUAL = re.compile(r' (?:INFO (?!spawnerr)|DEBG )| running as root|without any HTTP auth| WARN received SIG'
                   r'| WARN (?:stopped|exited): .*(?:SIGKILL|SIGTERM|unknown)|the daemon before this one|Unlinking stale')


SOCKET = '''[fcgi-program:web]
command=/bin/sleep 1000
socket=unix://@/web.sock
autorestart=true
startsecs=0
startretries=100
'''


# A control server that is reached over TCP.
INET = '''[inet_http_server]
port=127.0.0.1:%d
'''


class Violation(Exception):
    pass


class Refused(Exception):
    """The start was refused, as it may be."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__('localhost', timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class World:

    def __init__(self, bin_folder, library):
        self.bin_folder, self.library = bin_folder, library
        self.folder = tempfile.mkdtemp(prefix='faults-')
        self.starts = 0
        self.daemon = self.control = None
        self.keepers_control = None  # then it is the keeper whose calls fail
        self.port = None  # of INET
        self.may_stay = []  # names of files
        self.may_lose = False  # the fault was one of writing logs
        self.injected = 0  # calls that failed
        self.counts = {}  # of all calls, while the fault was there or would have been
        self.said_before = 0, 0  # how much of the log and of the errors is older than the fault
        self.sent = {'echo': 0, 'told': 0}
        self.said = {'echo': 0, 'told': 0}  # so many of the lines were taken away with their logs
        self.inputs = {}
        for name in self.sent:
            os.mkfifo(self.path('in.' + name))
            self.inputs[name] = os.open(self.path('in.' + name), os.O_RDWR)
        self.write('echo.sh', ECHO)
        self.write('ear.sh', EAR)

    def move_port(self):
        """Another one for INET, that nobody has and no client gets by chance."""
        lowest, many = 10000, 20000
        for number in range(many):
            self.port = lowest + (os.getpid() * 97 + (self.port or 0) + number + 1) % many
            try:
                with socket.create_server(('127.0.0.1', self.port)):
                    return self.port
            except OSError:
                continue
        raise Violation('there is no port')

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        for descriptor in self.inputs.values():
            os.close(descriptor)
        self.sweep_children()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def sweep_children():
        deadline = time.monotonic() + PATIENCE
        while children_of(os.getpid()) and time.monotonic() < deadline:
            for pid in children_of(os.getpid()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    pass
            time.sleep(0.002)

    # files

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text.replace('@', self.folder))

    def read(self, name):
        try:
            with open(self.path(name), errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def log(self):
        return self.read('s.log')

    # the daemon

    def start(self, fault=None):
        """Starts with a fault; what is counted are the calls of this daemon."""
        self.starts += 1
        self.control = Control(self.path('control.%d' % self.starts), self.library)
        environment = self.control.environment()
        if self.keepers_control:
            environment['FAULTS_KEEPER'] = self.keepers_control.path
        else:
            self.arm(fault)
        with open(self.path('s.err'), 'ab') as errors:
            self.daemon = subprocess.Popen(
                [os.path.join(self.bin_folder, 'suprun'), '-n', '-c', self.path('s.conf')],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                env=environment)

    def watch_keeper(self):
        """From the next start on the faults are the keeper's, of whichever there is."""
        self.keepers_control = Control(self.path('control.keeper'), self.library)

    @property
    def target(self):
        return self.keepers_control or self.control

    def arm(self, fault):
        if fault:
            self.said_before = len(self.log()), len(self.read('s.err'))
        self.target.arm(fault)
        self.may_lose = bool(fault) and fault.call in ('write', 'open', 'fstat')

    def disarm(self):
        """The fault is over; it must not have been provoked without end meanwhile."""
        self.target.disarm()
        self.counts, self.injected = self.target.counts(), self.target.failed()
        if self.injected > MOST_FAILURES:
            raise Violation('it ran into the fault %d times' % self.injected)

    def is_told(self):
        """Whether a trouble was told of since the fault was there."""
        log, errors = self.said_before
        lines = self.log()[log:].splitlines() + self.read('s.err')[errors:].splitlines()
        return any(not USUAL.search(line) for line in lines if line)

    def alive(self):
        return self.daemon.poll() is None

    def require_alive(self):
        if not self.alive():
            raise Violation('the daemon has ended with status %d' % self.daemon.returncode)

    def wait_for(self, condition, what, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while True:
            value = condition()
            if value:
                return value
            self.require_alive()
            if time.monotonic() > deadline:
                raise Violation('waited in vain for ' + what)
            time.sleep(0.003)

    # requests

    def connect(self, patience=PATIENCE, tcp=False):
        return (http.client.HTTPConnection('127.0.0.1', self.port, timeout=patience) if tcp
                else UnixConnection(self.path('c.sock'), patience))

    def call(self, method, *arguments, patience=PATIENCE, tcp=False):
        connection = self.connect(patience, tcp)
        try:
            connection.request('POST', '/RPC2', xmlrpc.client.dumps(arguments, method),
                               {'Content-Type': 'text/xml', 'Connection': 'close'})
            answer = connection.getresponse()
            return xmlrpc.client.loads(answer.read())[0][0]
        finally:
            connection.close()

    def attempt(self, method, *arguments, patience=0.5, tcp=False):
        """While faults are there, a request may fail; the client goes away then."""
        try:
            return self.call(method, *arguments, patience=patience, tcp=tcp)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error, ValueError):
            return None

    def attempt_several(self, *paths, patience=0.5):
        """The same for GETs on one connection over TCP, of whose answers the first bytes are read."""
        connection = self.connect(patience, tcp=True)
        try:
            for path in paths:
                connection.request('GET', path)
                answer = connection.getresponse()
                if answer.length is None:
                    answer.read(1)
                    return
                answer.read()
        except (OSError, http.client.HTTPException, ValueError):
            pass
        finally:
            connection.close()

    def processes(self):
        return {row['name']: row for row in self.call('supervisor.getAllProcessInfo')}

    def pids(self):
        """By name; nothing if it does not answer just now."""
        rows = self.attempt('supervisor.getAllProcessInfo')
        return {row['name']: row['pid'] for row in rows or []}

    # what children say

    def say(self, name, count):
        """Has a child write so many lines."""
        for _ in range(count):
            self.sent[name] += 1
            os.write(self.inputs[name], b'L%06d of a line that is long enough\n' % self.sent[name])

    def logged(self, name):
        pattern = re.compile(re.escape(name) + r'\.log(?:\.(\d+))?')
        files = [match for match in map(pattern.fullmatch, os.listdir(self.folder)) if match]
        files.sort(key=lambda match: -int(match.group(1) or 0))
        text = ''.join(self.read(match.group(0)) for match in files)
        return [int(number) for number in re.findall(r'^L(\d{6}) of a line that is long enough$',
                                                     text, re.M)]

    def check_logs(self):
        for name, count in self.sent.items():
            wanted = list(range(self.said[name] + 1, count + 1))
            # What could not be written is dropped, and told there or, if it is there that nothing can
            # be written, here. Such a line may be the last one.
            lost = self.may_lose or re.search(r"(?:open|write to) log '|were lost", self.log() + self.read('s.err'))
            if lost:
                self.say(name, 1)
                count += 1
                wanted.append(count)
            self.wait_for(lambda: max(self.logged(name)[-1:] + [self.said[name]]) == count, 'the last line of ' + name)
            found = [number for number in self.logged(name) if number > self.said[name]]
            if found != wanted and not (lost and found == sorted(set(found))):
                raise Violation('%s: lines %s are missing, %s came twice or in the wrong order'
                                % (name, sorted(set(wanted) - set(found)),
                                   [b for a, b in zip(found, found[1:]) if b <= a]))

    # what must be true

    def keepers(self):
        found = []
        for pid in children_of(os.getpid()):
            try:
                with open('/proc/%d/cmdline' % pid) as file:
                    words = file.read().split('\0')
            except (FileNotFoundError, ProcessLookupError):
                continue
            if alive(pid) and self.path('s.pid.keeper') in words:
                found.append(pid)
        return found

    def has_keeper(self):
        """Just one, which can be found and waits."""
        found = self.keepers()
        if len(found) != 1 or not os.path.exists(self.path('s.pid.keeper')):
            return False
        try:
            with open('/proc/%d/stat' % found[0]) as file:
                return file.read().rpartition(')')[2].split()[0] == 'S'
        except (FileNotFoundError, ProcessLookupError):
            return False

    def check_children(self):
        """Those that are shown are those that are there."""
        def difference():
            shown = {row['pid'] for row in self.processes().values() if row['pid']}
            others = {self.daemon.pid} | set(self.keepers())
            there = set(children_of(self.daemon.pid)) | (set(children_of(os.getpid())) - others)
            there = {pid for pid in there if alive(pid)}
            return {'shown and not there': shown - there, 'there and not shown': there - shown}

        deadline = time.monotonic() + PATIENCE
        while any(difference().values()):
            self.require_alive()
            if time.monotonic() > deadline:
                raise Violation('processes %s' % difference())
            time.sleep(0.01)

    def can_be_asked(self, patience=PATIENCE, tcp=False):
        try:
            return self.call('supervisor.getState', patience=patience, tcp=tcp)['statename'] == 'RUNNING'
        except OSError:
            return False

    def check_recovers(self, helped=False):
        """All works again, although nobody did anything about it; `helped`: what a client asked for
        and did not get is asked for again."""
        self.wait_for(self.can_be_asked, 'an answer to a request')
        for name in sorted(self.processes()):
            def runs():
                row = self.processes().get(name)
                if helped and row and row['statename'] == 'UNKNOWN':
                    self.attempt('supervisor.stopProcess', row['group'] + ':' + name)
                elif helped and row and row['statename'] in ('FATAL', 'EXITED', 'STOPPED'):
                    self.attempt('supervisor.startProcess', row['group'] + ':' + name)
                return row is None or row['statename'] == 'RUNNING'
            self.wait_for(runs, name + ' to run')
        self.check_children()
        self.wait_for(lambda: self.read('s.pid') == '%d\n' % self.daemon.pid, 'the pidfile')

    def check_works(self):
        """Stop, start, restart, and what a child says."""
        self.check_logs()
        before = self.processes()['echo']['pid']
        self.call('supervisor.stopProcess', 'echo')
        if alive(before):
            raise Violation('echo was stopped and is there')
        self.call('supervisor.startProcess', 'echo')
        for name in self.sent:
            if name in self.processes():
                self.say(name, 1)
        self.check_logs()
        self.wait_for(lambda: 'L%06d' % self.sent['echo']
                      in self.call('supervisor.readProcessStdoutLog', 'echo', -400, 0)
                      or self.say('echo', 1), 'what echo says in its log')
        self.check_children()

    def check_log(self):
        for bad in ('internal error',):
            if bad in self.log():
                raise Violation(next(line for line in self.log().splitlines() if bad in line))
        errors = self.read('s.err')
        if 'Sanitizer' in errors or 'runtime error:' in errors:
            raise Violation(errors)

    def check_nothing_is_left(self):
        deadline = time.monotonic() + PATIENCE
        while not DaemonTest.nothing_is_left():
            if time.monotonic() > deadline:
                left = []
                for pid in children_of(os.getpid()):
                    with open('/proc/%d/cmdline' % pid) as file:
                        left.append('%d %s' % (pid, file.read().replace('\0', ' ')))
                raise Violation('left behind: %s' % left)
            time.sleep(0.003)

    def check_files_are_gone(self):
        for name in ('s.pid', 'c.sock', 's.pid.keeper', 'web.sock'):
            if name not in self.may_stay and os.path.lexists(self.path(name)):
                raise Violation('%s was left' % name)

    def check_ends(self):
        """Cleanly, when it is told to."""
        self.daemon.send_signal(signal.SIGTERM)
        self.wait_for_end()
        self.check_nothing_is_left()
        self.check_files_are_gone()

    def wait_for_end(self):
        try:
            status = self.daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Violation('it does not end')
        if status != 0:
            raise Violation('it ended with status %d: %s' % (status, self.read('s.err')))

    def check_all(self, helped=False):
        self.check_recovers(helped)
        self.check_works()
        self.check_log()
        self.check_ends()

    def check_refused(self):
        """A start that was refused says so in a line, and leaves nothing."""
        status = self.daemon.wait(PATIENCE)
        words = self.read('s.err')
        if status != 2 or not words:
            raise Violation('refused with status %d and these words: %s' % (status, words))
        self.check_nothing_is_left()
        self.check_files_are_gone()
