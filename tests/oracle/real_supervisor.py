"""Fixtures (tests/fixtures) laid out as files, and what the real Supervisor makes of them."""

import contextlib
import grp
import io
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings

SUPERVISORD = shutil.which('supervisord', path='/usr/bin:/usr/local/bin') or 'supervisord'
SUPERVISORCTL = shutil.which('supervisorctl', path='/usr/bin:/usr/local/bin') or 'supervisorctl'
PATIENCE = float(os.environ.get('SUP_TEST_PATIENCE', '40'))

MAIN = 'supervisord.conf'
FOLDER = '/etc/supervisor/'
# The machine of fixture.cpp.
USER_IDS = {0, 1}
USERS, FOLDERS = {'root', 'app', '0'}, {'/', '/tmp', '/run', '/srv', '/var/log', '/bin'}
WRAPPED = '[supervisord]\n[include]\nfiles=fragment.conf\n'


class Fixture:
    """Its files by path as bytes, and its directive."""

    def __init__(self, path=None, files=None, environment=None):
        self.directive = set()
        self.environment = environment or {}
        self.expected = []  # (severity, id) of the annotations
        self.files = files or {}
        if path:
            self.read(path)

    def read(self, path):
        with open(path, 'rb') as file:
            data = file.read()
        expect = path[:-5] + '.expect'
        if os.path.exists(expect):
            self.files[MAIN] = data
            with open(expect, encoding='utf-8') as file:
                for line in file:
                    self.read_note(line)
            return
        name, text = MAIN, []
        for line in data.decode('utf-8', 'surrogateescape').splitlines(True):
            if line.startswith(';--- '):
                self.files[name] = ''.join(text).encode('utf-8', 'surrogateescape')
                name, text = line[5:].strip(), []
            elif line.startswith(';~'):
                self.read_note(line)
                text.append(';' + line[len(line.rstrip('\r\n')):])
            else:
                text.append(line)
        self.files[name] = ''.join(text).encode('utf-8', 'surrogateescape')

    def read_note(self, line):
        if line.startswith(';~~'):
            words, _, variables = line[3:].partition(' env ')
            self.directive = set(words.split())
            self.environment = dict(word.partition('=')[::2] for word in variables.split())
            return
        match = re.match(r';~ (?:\S*?)@\S+ (\w+) (SUP\d+)', line)
        if match:
            self.expected.append(match.groups())

    def is_root(self):
        text = self.files[MAIN]
        return 'fragment' not in self.directive and (
            'root' in self.directive or re.search(rb'(?m)^\[supervisord\]', text) is not None
            or any(rule == 'SUP103' for _, rule in self.expected))

    def write(self, folder):
        """Below the folder; the path of the main file."""
        for name, data in self.files.items():
            if name.startswith('/'):
                continue  # the machine's own
            if name == MAIN and not self.is_root():
                name = 'fragment.conf'
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as file:
                file.write(data.replace(FOLDER.encode(), folder.encode() + b'/'))
        main = os.path.join(folder, MAIN)
        if not self.is_root():
            with open(main, 'w', encoding='utf-8') as file:
                file.write(WRAPPED)
        return main


class Seen:
    """What Supervisor made of a configuration: `error`, or its options."""

    def __init__(self, error, options):
        self.error = error
        self.options = options

    @property
    def groups(self):
        return {group.name: group for group in self.options.process_group_configs}

    @property
    def processes(self):
        return {process.name: process for group in self.options.process_group_configs
                for process in group.process_configs}

    def process(self, name=None):
        processes = self.processes
        return processes[name] if name else next(iter(processes.values()))


class Shim:
    """A module or an object with some attributes of our own."""

    def __init__(self, real, **own):
        self.__dict__.update(own, _real=real)

    def __getattr__(self, name):
        return getattr(self._real, name)


@contextlib.contextmanager
def machine(fixture):
    """The machine that the fixture is about: by default one where every user and folder exists."""
    import supervisor.datatypes as datatypes
    is_given = bool({'machine', 'host'} & fixture.directive)

    def entry(find, make, given=USERS):
        def found(name):
            if is_given and name not in given:
                raise KeyError(name)
            if not re.fullmatch(r'[\w.-]+', str(name)):
                raise KeyError(name)
            try:
                return find(name)
            except (KeyError, TypeError):
                return make(name)
        return found

    person = entry(pwd.getpwnam, lambda name: pwd.struct_passwd((name, 'x', 1, 1, '', '/', '')))
    number = entry(pwd.getpwuid, lambda uid: pwd.struct_passwd(('u', 'x', uid, 1, '', '/', '')),
                   USER_IDS)
    people = entry(grp.getgrnam, lambda name: grp.struct_group((name, 'x', 1, [])))
    kept = (pwd.getpwnam, pwd.getpwuid, grp.getgrnam, datatypes.os, dict(os.environ))
    path = Shim(os.path, isdir=lambda folder: not is_given or folder in FOLDERS)
    pwd.getpwnam, pwd.getpwuid, grp.getgrnam = person, number, people
    datatypes.os = Shim(os, path=path)
    os.environ.clear()
    os.environ.update({'PATH': '/usr/bin:/bin', 'HOME': '/root'})
    if 'complete' not in fixture.directive:
        # Variables that the fixture leaves open have a value that fits most options.
        text = b''.join(fixture.files.values()).decode('utf-8', 'replace')
        os.environ.update((name, '1') for name in re.findall(r'%\(ENV_(\w+)\)', text))
    os.environ.update(fixture.environment)
    try:
        yield
    finally:
        pwd.getpwnam, pwd.getpwuid, grp.getgrnam, datatypes.os, environment = kept
        os.environ.clear()
        os.environ.update(environment)


def ask_parser(fixture, folder):
    """Gives the fixture to Supervisor's parser; nothing is started."""
    from supervisor.options import ServerOptions
    warnings.simplefilter('ignore')
    main = fixture.write(folder)
    said = io.StringIO()
    with machine(fixture), contextlib.redirect_stderr(said):
        options = ServerOptions()
        options.stderr = said
        try:
            options.realize(['-c', main], doc='')
        except SystemExit:
            return Seen(re.sub(r'^Error: |\nFor help, use .*$', '', said.getvalue().strip()), None)
    return Seen(None, options)


class Run:
    """A supervisord that is started with a configuration, and what is seen of it.

    `log` is a pattern that comes to be in its log `count` times; `wait_file` a text that comes to
    be in a file; `printed` a pattern and how often it comes to be printed; `dies` a pattern of
    what it says when it ends by itself; `until` comes to be true. Then `in_log_once` and
    `in_log_twice` have to be in the log that often, `check` has to be true, and supervisorctl,
    given the words of `ctl[0]`, has to say `ctl[1]`. `after_stop` is in the log when it was
    stopped, and `after` is true then. `piped`: it prints to a pipe.
    """

    def __init__(self, rule, text, log=None, count=1, supervisord='', files=None, wait_file=None,
                 printed=None, dies=None, in_log_once=None, in_log_twice=None, after_stop=None,
                 check=None, as_root=False, until=None, ctl=None, after=None, piped=False):
        self.__dict__.update(locals())
        self.folder = ''
        self.copier = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def read_text(self, name):
        try:
            with open(self.path(name), errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def start(self):
        port = socket.socket()
        port.bind(('127.0.0.1', 0))
        number = port.getsockname()[1]
        port.close()
        head = '[supervisord]\npidfile=@/s.pid\nchildlogdir=@\nnodaemon=true\n'
        if 'logfile=' not in self.supervisord:
            head += 'logfile=@/s.log\n'
        text = head + self.supervisord + self.text.replace('%(port)s', str(number))
        for name, content in dict(self.files or {}, **{'s.conf': text}).items():
            with open(self.path(name), 'w', encoding='utf-8') as file:
                file.write(content.replace('@', self.folder))
            os.chmod(self.path(name), 0o755)
        out = open(self.path('printed'), 'w', encoding='utf-8')
        with out, contextlib.ExitStack() as opened:
            printed = out
            if self.piped:
                reader, writer = (opened.enter_context(os.fdopen(end, mode))
                                  for end, mode in zip(os.pipe(), ('rb', 'wb')))
                self.copier = subprocess.Popen(['/bin/cat'], stdin=reader, stdout=out)
                printed = writer
            return subprocess.Popen([SUPERVISORD, '-c', self.path('s.conf')], cwd=self.folder,
                                    stdin=subprocess.DEVNULL, stdout=printed, stderr=printed,
                                    umask=0o022, start_new_session=True)

    def is_there(self):
        log = self.read_text('s.log')
        if self.log and len(re.findall(self.log, log)) < self.count:
            return False
        if self.printed and len(re.findall(self.printed[0], self.read_text('printed'))) < \
                self.printed[1]:
            return False
        if self.wait_file:
            name, text = self.wait_file
            return text.replace('@', self.folder) in self.read_text(name)
        return self.until is None or self.until(self)

    def ask_ctl(self):
        """What supervisorctl says."""
        made = subprocess.run([SUPERVISORCTL, '-c', self.path('s.conf'), *self.ctl[0].split()],
                              cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        return made.stdout.decode(errors='replace')

    def look(self, daemon):
        """What is not as it should be."""
        deadline = time.monotonic() + PATIENCE
        if self.dies:
            try:
                daemon.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                return ['it does not end']
            if self.piped:
                self.copier.wait(PATIENCE)
            said = self.read_text('printed') + self.read_text('s.log')
            return [] if re.search(self.dies, said) else ['it does not say /%s/: %s'
                                                          % (self.dies, said[-500:])]
        while not self.is_there():
            if time.monotonic() > deadline or daemon.poll() is not None:
                return ['it does not come to that: %s %s' % (self.read_text('s.log')[-700:],
                                                             self.read_text('printed')[-300:])]
            time.sleep(0.02)
        wrong = []
        for times, pattern in ((1, self.in_log_once), (2, self.in_log_twice)):
            if pattern and len(re.findall(pattern, self.read_text('s.log'))) != times:
                wrong.append('/%s/ is not there %d times' % (pattern, times))
        if self.check and not self.check(self):
            wrong.append('the check is false')
        if self.ctl:
            said = self.ask_ctl()
            if not re.search(self.ctl[1], said):
                wrong.append('supervisorctl does not say /%s/: %s' % (self.ctl[1], said[-500:]))
        return wrong


def end(daemon):
    """Stops it, and kills what is left of its session."""
    if daemon.poll() is None:
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def run_daemon(run):
    """Complaints about one run."""
    if run.as_root and os.geteuid() != 0:
        return []
    with tempfile.TemporaryDirectory(prefix='observed-') as run.folder:
        os.chmod(run.folder, 0o777)
        daemon = run.start()
        try:
            wrong = run.look(daemon)
        finally:
            end(daemon)
            if run.copier:
                run.copier.wait(PATIENCE)
        if run.after_stop and not wrong and not re.search(run.after_stop, run.read_text('s.log')):
            wrong.append('at its end it does not say /%s/' % run.after_stop)
        if run.after and not run.after(run):
            wrong.append('what is left is not as it should be')
    return ['%s: %s' % (run.rule, each) for each in wrong]
