"""One daemon at work in a folder of its own, and all that can be seen of it from outside."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = float(os.environ.get('SUP_TEST_PATIENCE', '150'))
PYTHON = '/usr/bin/python3'  # Debian's, which has the module supervisor

# A name that all processes of a scenario have in their environment.
MARK = 'SUP_DIFFERENTIAL'

# Written down by the recorder when all that came before was delivered.
FENCE = '<!--XSUPERVISOR:BEGIN-->fence<!--XSUPERVISOR:END-->'

HEAD = '''[supervisord]
logfile=@/s.log
pidfile=@/s.pid
childlogdir=@
loglevel=%(loglevel)s
%(supervisord)s
'''

RECORDER = '''[eventlistener:recorder]
command=%(python)s -I -S @/bin/listener @/recorder %(options)s
events=PROCESS_STATE,PROCESS_COMMUNICATION,PROCESS_LOG,SUPERVISOR_STATE_CHANGE,PROCESS_GROUP
buffer_size=100000
startsecs=0
priority=-2
stdout_logfile=NONE
stderr_logfile=@/recorder.err
[program:fence]
command=/bin/sh @/bin/fence @/fence
startsecs=0
priority=2000
stdout_logfile=NONE
stdout_capture_maxbytes=100
'''


class Gone(Exception):
    """What was waited for did not come."""


class Daemon:
    """supervisord or suprun in a folder, with the means to wait for what it does."""

    def __init__(self, scenario, command, name):
        self.scenario = scenario
        self.command = command
        self.name = name
        self.folder = tempfile.mkdtemp(prefix='differential-%s-' % name)
        os.chmod(self.folder, 0o777 if scenario.open_folder else 0o755)
        self.mark = os.path.basename(self.folder)
        self.alive_at_end = []
        self.left = []
        self.process = None
        self.status = None
        self.said = b''
        self.errors = b''
        self.readers = []

    # files

    def path(self, name):
        return os.path.join(self.folder, name)

    def compat(self):
        if self.name != 'suprun' or not self.scenario.compat:
            return []
        return ['--compat=' + self.scenario.compat]

    def fill(self, text):
        return text.replace('@', self.folder).replace('&at;', '@')

    def write(self, name, text, mode=0o755):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w') as file:
            file.write(self.fill(text))
        os.chmod(self.path(name), mode)

    def read(self, name):
        try:
            with open(self.path(name), errors='backslashreplace') as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return ''

    def configure(self, text=None):
        scenario = self.scenario
        head = HEAD % {'loglevel': scenario.loglevel, 'supervisord': scenario.supervisord}
        tail = ''
        if scenario.records:
            tail = RECORDER % {'python': PYTHON, 'options': scenario.recorder}
        self.write('s.conf', head + (scenario.config if text is None else text) + tail)

    def prepare(self):
        for name in ('listener', 'fence', 'times', 'say'):
            os.makedirs(self.path('bin'), exist_ok=True)
            shutil.copy(os.path.join(HERE, 'children', name), self.path('bin/' + name))
            os.chmod(self.path('bin/' + name), 0o755)
        if self.scenario.records:
            os.mkfifo(self.path('fence'))
            os.chmod(self.path('fence'), 0o666)
        for name, text in self.scenario.files.items():
            self.write(name, text)
        self.configure()
        self.scenario.before(self)

    # life

    def limit(self, descriptors):
        """The soft limit that the daemon starts with."""
        self.command = ['/usr/bin/prlimit', '--nofile=%d:' % descriptors] + self.command

    def start(self):
        arguments = [self.fill(word) for word in self.scenario.arguments]
        environment = {'PATH': '/usr/local/bin:/usr/bin:/bin', 'LANG': 'C.UTF-8', 'A_DAEMONS': 'own',
                       MARK: self.mark}
        environment.update({name: self.fill(value)
                            for name, value in self.scenario.environment.items()})
        self.process = subprocess.Popen(
            self.command + self.compat() + arguments, cwd=self.folder, env=environment, umask=0o022,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def collect(pipe, name):
            while True:
                data = pipe.read1(65536)
                if not data:
                    return
                setattr(self, name, getattr(self, name) + data)

        for pipe, name in ((self.process.stdout, 'said'), (self.process.stderr, 'errors')):
            reader = threading.Thread(target=collect, args=(pipe, name), daemon=True)
            reader.start()
            self.readers.append(reader)

    def send(self, number):
        os.kill(self.pid(), number)

    def pid(self):
        """Of the daemon, also when it went to the background."""
        if self.process.poll() is None:
            return self.process.pid
        return int(self.read('s.pid') or self.read('other.pid'))

    def marked(self):
        """Pids of all processes that belong to this daemon, itself included."""
        found = []
        for name in os.listdir('/proc'):
            if not name.isdigit():
                continue
            try:
                with open('/proc/%s/environ' % name, 'rb') as file:
                    if ('%s=%s' % (MARK, self.mark)).encode() in file.read().split(b'\0'):
                        with open('/proc/%s/stat' % name) as status:
                            if status.read().rpartition(')')[2].split()[0] != 'Z':
                                found.append(int(name))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                pass
        return found

    def names_of(self, pids):
        """Processes by their name and start, others only if they sleep long: scripts have short-lived helpers."""
        names = self.pid_names()
        found = []
        for pid in pids:
            try:
                with open('/proc/%d/cmdline' % pid) as file:
                    command = file.read().replace('\0', ' ').strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if pid in names or 'sleep 100' in command[:15]:
                found.append(names.get(pid, command))
        return sorted(found)

    def finish(self):
        """Ends what is left, whatever happened."""
        deadline = time.monotonic() + 10
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        while time.monotonic() < deadline:
            left = self.marked()
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)
        if self.process is not None:
            self.process.wait()
            for reader in self.readers:
                reader.join(5)
            self.process.stdout.close()
            self.process.stderr.close()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    # waiting

    def wait(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise Gone('%s: waited in vain for %s; log:\n%s\nstderr:\n%s' % (
                    self.name, what, self.read('s.log')[-1200:], self.errors.decode()[-1000:]))
            time.sleep(0.04)

    def wait_text(self, name, text, count=1):
        self.wait(lambda: self.read(name).count(text) >= count, '%d times %r in %s' % (
            count, text, name))

    def log(self, text, count=1):
        self.wait_text('s.log', text, count)

    def events(self, name='recorder'):
        """What a listener wrote down; an unfinished line is left out."""
        lines = self.read(name).split('\n')[:-1]
        return [json.loads(line) for line in lines]

    def wait_event(self, event, part='', count=1, listener='recorder'):
        def there():
            return sum(1 for each in self.events(listener)
                       if each['header'].get('eventname') == event and part in each['payload']) >= count
        self.wait(there, '%d times %s %s at %s' % (count, event, part, listener))

    def wait_pid(self, name, count=1):
        mark = "spawned: '%s' with pid " % name
        self.log(mark, count)
        self.wait(lambda: '\n' in self.read('s.log').split(mark)[count], 'the end of a line')
        return int(self.read('s.log').split(mark)[count].split()[0])

    def pass_fence(self):
        """Until the recorder has all events of before."""
        self.log("spawned: 'fence'")
        with open(self.path('fence'), 'r+b', buffering=0) as fence:
            count = sum('fence' == each['payload'].rpartition('\n')[2] for each in self.events())
            fence.write(b'x\n')
            self.wait(lambda: sum('fence' == each['payload'].rpartition('\n')[2]
                                  for each in self.events()) > count, 'the fence')

    def all_logs(self):
        """The activity log with what was rotated or renamed, oldest first."""
        names = [name for name in os.listdir(self.folder) if re.fullmatch(r'(s|other)\.log(\.\w+)?|SYSLOG', name)]
        names.sort(key=lambda name: -int(name.rpartition('.')[2]) if name[-1].isdigit() else name.endswith('log'))
        return ''.join(map(self.read, names))

    def pid_names(self):
        """Pid -> name and number of the start."""
        names = {}
        counts = {}
        for name, pid in re.findall(r"spawned: '(.+)' with pid (\d+)\n", self.all_logs()):
            counts[name] = counts.get(name, 0) + 1
            names[int(pid)] = '%s#%d' % (name, counts[name])
        return names

    def run(self):
        """The whole scenario; then everything may be looked at."""
        try:
            self.prepare()
            self.start()
            if self.scenario.refused:
                self.wait(lambda: self.process.poll() is not None, 'the refusal')
            else:
                self.scenario.drive(self)
                if self.process.poll() is None or self.scenario.background:
                    if self.scenario.records:
                        self.pass_fence()
                    self.scenario.at_end(self)
                    pid = self.pid()
                    own = {self.process.pid, pid}
                    self.alive_at_end = self.names_of(set(self.marked()) - own)
                    self.scenario.end(self)
                    self.wait(lambda: self.process.poll() is not None and
                              pid not in self.marked(), 'the end of the daemon')
            self.status = self.process.wait()
            # Who was sent a signal with the group may take a moment; nobody waits for such a process.
            until = time.monotonic() + 1
            while self.marked() and time.monotonic() < until:
                time.sleep(0.02)
            self.left = self.names_of(self.marked())
        finally:
            self.finish()

    def file_facts(self):
        """Mode and content of every file that is not ours."""
        ignored = set(self.scenario.files) | {'s.conf', 's.log', 'recorder'}
        facts = {}
        for root, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if os.path.join(root, name) != self.path('bin')]
            for name in files:
                full = os.path.join(root, name)
                short = os.path.relpath(full, self.folder)
                status = os.lstat(full)
                if short in ignored or short in self.scenario.listeners:
                    continue
                mode = stat.filemode(status.st_mode)
                if stat.S_ISREG(status.st_mode):
                    facts[short] = (mode, self.read(short))
                elif not stat.S_ISFIFO(status.st_mode):
                    facts[short] = (mode, '')
        return facts
