"""supctl and the real supervisorctl with the same arguments.

Two daemons run with the same configuration in folders of their own; supervisorctl talks to the first,
supctl to the second, line by line, and what they print (output, errors, exit status) is compared
byte for byte once folders, process ids and times are masked. $SUP_CTL_DAEMON is the daemon's command,
by default the real supervisord.
"""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
import threading
import time
import unittest
import xmlrpc.client
import xmlrpc.server

from harness import BIN, PATIENCE, program

SUPERVISORCTL = shutil.which('supervisorctl')
DAEMON = os.environ.get('SUP_CTL_DAEMON', 'supervisord -n')

HEAD = """[unix_http_server]
file=@/s.sock
[supervisord]
logfile=@/s.log
pidfile=@/s.pid
childlogdir=@
nodaemon=true
silent=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://@/s.sock
"""

PROGRAMS = """[program:cat]
command=/bin/cat
startsecs=0
stdout_logfile=@/cat.log
stderr_logfile=@/cat.err
[program:off]
command=/bin/sleep 1000
startsecs=0
autostart=false
[program:bad]
command=/bin/sh -c "sleep 0.5; exit 3"
startsecs=0
autorestart=false
[program:fatal]
command=/bin/false
startretries=0
[program:nofile]
command=/nonexistent/program
startretries=0
[program:notexec]
command=/etc/passwd
startretries=0
[program:logger]
command=/bin/sh -c "echo line one; echo err one >&2; echo line two; echo '<&>'; exec sleep 1000"
startsecs=0
stdout_logfile=@/logger.log
stderr_logfile=@/logger.err
[program:nolog]
command=/bin/sleep 1000
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
[program:grp]
command=/bin/sleep 1000
startsecs=0
numprocs=3
process_name=%(program_name)s_%(process_num)02d
[group:mixed]
programs=one,two
priority=5
[program:one]
command=/bin/sleep 1000
startsecs=0
priority=7
[program:two]
command=/bin/sleep 1000
startsecs=0
autostart=false
[program:averyveryverylongprogramnamethatexceedsthirtychars]
command=/bin/sleep 1000
startsecs=0
"""

# Besides its folder: process ids, times, and what only one of two runs can know.
MASKS = [(re.compile(pattern, re.M), text) for pattern, text in [
    (r'\bpid \d+', 'pid N'),
    (r'^\d+$', 'N'),
    (r"with pid \d+|pid: \d+", 'with pid N'),
    (r'uptime (\d+ days?, )?\d+:\d\d:\d\d', 'uptime T'),
    (r'\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M\b', 'DATE'),
    (r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}', 'TIME'),
]]


class Side:
    """A daemon in a folder of its own, and a client that talks to it."""

    def __init__(self, clean_up, client, configuration, daemon):
        self.client = client
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='supctl-'))
        clean_up(shutil.rmtree, self.folder, ignore_errors=True)
        self.write('s.conf', configuration)
        self.daemon = None
        if daemon:
            self.daemon = subprocess.Popen(
                daemon.split() + ['-c', self.path('s.conf')], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            clean_up(self.end)

    def end(self):
        if self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w') as file:
            file.write(text.replace('@', self.folder))

    def arguments(self, arguments):
        """@ is the folder."""
        return [a.replace('@', self.folder) for a in arguments]

    @staticmethod
    def environment(more):
        return {**os.environ, 'LC_ALL': 'C.UTF-8', **(more or {})}

    def begin(self, arguments, environment=None, **keywords):
        """Starts the client."""
        keywords.setdefault('stdin', subprocess.PIPE)
        return subprocess.Popen(
            [self.client] + self.arguments(arguments), cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment(environment), **keywords)

    def masked(self, text):
        # A script may have started what tells its name.
        real = os.path.join(os.environ.get('SUP_REAL_BIN_DIR', BIN), os.path.basename(self.client))
        text = text.replace(self.client, 'CLIENT').replace(real, 'CLIENT').replace(self.folder, '@')
        for pattern, mask in MASKS:
            text = pattern.sub(mask, text)
        return text

    def call(self, method, *arguments):
        """XML-RPC over the socket, by hand: no client under test."""
        body = xmlrpc.client.dumps(arguments, method).encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE / 4)  # asked again
            connection.connect(self.path('s.sock'))
            connection.sendall(b'POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\n'
                               b'Content-Length: %d\r\n\r\n' % len(body) + body)
            answer = b''
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        return xmlrpc.client.loads(answer.split(b'\r\n\r\n', 1)[1])[0][0]

    def is_settled(self):
        try:
            return all(info['statename'] not in ('STARTING', 'STOPPING', 'BACKOFF')
                       and not (info['statename'] == 'RUNNING' and info['name'] == 'bad')
                       and not (info['statename'] == 'STOPPED' and info['start'] == 0
                                and info['name'] in self.started)
                       for info in self.call('supervisor.getAllProcessInfo'))
        except (OSError, IndexError, xmlrpc.client.Fault):
            return False

    started = ()


class Loaded:
    """The real supervisorctl, loaded once (loaded_supervisorctl.py)."""

    process = None

    @classmethod
    def begin(cls):
        with open(SUPERVISORCTL, encoding='utf-8') as file:
            interpreter = file.readline().removeprefix('#!').split()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'loaded_supervisorctl.py')
        cls.process = subprocess.Popen(interpreter + ['-B', script, SUPERVISORCTL], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, env={**os.environ, 'LC_ALL': 'C.UTF-8'})
        unittest.addModuleCleanup(cls.end)

    @classmethod
    def end(cls):
        cls.process.stdin.close()
        cls.process.wait(PATIENCE)
        cls.process.stdout.close()
        cls.process = None

    @classmethod
    def run(cls, side, arguments, stdin, environment):
        """Status, output and errors of a run."""
        if cls.process is None:
            cls.begin()
        with tempfile.TemporaryDirectory(prefix='supervisorctl-') as folder:
            files = {name: os.path.join(folder, name) for name in ('input', 'output', 'error')}
            for name, path in files.items():
                with open(path, 'wb') as file:
                    file.write(stdin if name == 'input' else b'')
            request = {'arguments': side.arguments(arguments), 'folder': side.folder,
                       'environment': side.environment(environment), **files}
            cls.process.stdin.write(json.dumps(request).encode() + b'\n')
            cls.process.stdin.flush()
            ready, _, _ = select.select([cls.process.stdout], [], [], 4 * PATIENCE)
            if not ready:
                raise TimeoutError('supervisorctl does not end: %s' % request['arguments'])
            status = int(cls.process.stdout.readline())
            results = [status]
            for name in ('output', 'error'):
                with open(files[name], 'rb') as file:
                    results.append(file.read())
        return results


@unittest.skipUnless(SUPERVISORCTL, 'no supervisorctl')
class Compared(unittest.TestCase):
    maxDiff = None
    programs = PROGRAMS
    daemon = DAEMON

    shared_sides = None  # of all tests of a class that change nothing

    @classmethod
    def make_sides(cls, clean_up):
        text = HEAD + cls.programs
        sides = [Side(clean_up, client, text, cls.daemon)
                 for client in (SUPERVISORCTL, program('supctl'))]
        for side in sides:
            side.started = set(re.findall(r'program:(\w+)', cls.programs)) - {'off', 'two'}
        return sides

    def setUp(self):
        if not os.path.exists(program('supctl')):
            self.skipTest('no supctl')
        self.sides = self.shared_sides or self.make_sides(self.addCleanup)
        if self.daemon:
            self.settle()

    def settle(self):
        deadline = time.monotonic() + 3 * PATIENCE
        while not all(side.is_settled() for side in self.sides):
            self.assertLess(time.monotonic(), deadline, 'the daemons do not settle')
            time.sleep(0.05)

    def both(self, *arguments, stdin='', environment=None):
        """Runs both clients and returns what each did, masked: status, output, errors."""
        theirs, ours = self.sides
        client = ours.begin(arguments, environment)
        results = [Loaded.run(theirs, arguments, stdin.encode(), environment)]
        output, errors = client.communicate(stdin.encode(), timeout=4 * PATIENCE)
        results.append((client.returncode, output, errors))
        return [(status, side.masked(output.decode()), side.masked(errors.decode()))
                for side, (status, output, errors) in zip(self.sides, results)]

    def compare(self, *arguments, errors=True, configuration=True, ordered=True, **keywords):
        if configuration:
            arguments = ('-c', '@/s.conf') + arguments
        (status, output, error), ours = self.both(*arguments, **keywords)
        if not ordered:
            output, ours = sorted(output.split('\n')), (ours[0], sorted(ours[1].split('\n')), ours[2])
        with self.subTest(arguments=arguments):
            self.assertEqual((ours[1], ours[0]), (output, status))
            if errors:
                self.assertEqual(ours[2], error)
        return output

    def compare_lines(self, lines, settle=False):
        for line in lines.strip().split('\n'):
            # Supervisor names those that stop together as it comes upon them.
            together = line.startswith(('stop ', 'restart ')) and (':' in line or 'all' in line)
            self.compare(*line.split(), ordered=not together)
            if settle:
                self.settle()


class Asking(Compared):
    """Commands that change nothing."""

    @classmethod
    def setUpClass(cls):
        if os.path.exists(program('supctl')):
            cls.shared_sides = cls.make_sides(cls.addClassCleanup)

    def test_status(self):
        output = self.compare('status')
        self.assertIn('FATAL', output)
        self.assertIn('grp:grp_02', output)
        self.compare_lines("""status cat
status off
status fatal bad
status nosuch
status nosuch cat
status nosuch off
status grp:*
status grp:
status grp:grp_01 mixed:*
status nosuch:*
status nosuch:x
status grp
status all
status cat all
status mixed:one mixed:one
status averyveryverylongprogramnamethatexceedsthirtychars
status -x""")

    def test_pid(self):
        self.compare_lines("""pid
pid cat
pid off
pid cat off
pid nosuch
pid grp:*
pid all
pid nosuch cat""")

    def test_avail_version_help(self):
        self.compare_lines("""avail
avail x
version
version x
reread x
reload x
shutdown x
add
remove
foo
foo bar
!ls
status-x
-x
help nosuch
help help
help EOF""")
        for command in ('add avail clear exit fg maintail open pid quit reload remove reread '
                        'restart shutdown signal start status stop tail update version').split():
            self.compare('help', command)

    def test_the_list_of_commands(self):
        """Ours stand in a list of their own behind supervisorctl's."""
        theirs, ours = self.both('-c', '@/s.conf', 'help')
        self.assertEqual(ours[0], theirs[0])
        self.assertTrue(ours[1].startswith(theirs[1]), ours[1])
        for added in ('<command> --json', 'reload <name>', 'restart --rolling <name>', 'status -v'):
            self.assertIn('\n' + added, ours[1])

    def test_words(self):
        """Lines are taken apart as Python's cmd module does."""
        self.compare('status cat')
        self.compare('  status', ' cat ')
        self.compare('?status')
        self.compare('? status')
        self.compare('')
        self.compare('quit')
        self.compare('exit', 'x')
        self.compare('EOF')

    def test_no_arguments(self):
        self.compare_lines("""start
stop
restart
signal
signal TERM
clear
tail
fg
fg cat bad
fg off
fg nosuch
tail -f
tail a b c d
tail -x cat
tail cat nochannel
tail cat STDERR
tail -5 cat stdout x
maintail x
maintail -x
maintail -5 x""")

    def test_logs(self):
        output = self.compare('tail', 'logger')
        self.assertIn('<&>', output)
        self.compare_lines("""tail logger stdout
tail logger stderr
tail -5 logger
tail -0 logger
tail --5 logger
tail -99999 logger
tail -99999999999 logger
tail -5 logger stderr
tail nolog
tail nosuch
tail grp:*
tail off
maintail -0x
maintail -99999999999""")
        theirs, ours = self.both('-c', '@/s.conf', 'maintail', '-100')
        self.assertEqual(theirs[0], ours[0])
        self.assertTrue(ours[1].endswith('\n\n') and theirs[1].endswith('\n\n'))


class Acting(Compared):
    """Commands that change states, and what the next ones then say."""

    def test_one_process(self):
        self.compare_lines("""start cat
start off
start off
stop off
stop off
start nosuch
stop nosuch
restart off
restart off
restart nosuch
start fatal
start nofile
start notexec
stop fatal
signal HUP nosuch
signal HUP off
signal USR9 cat
signal CONT cat
signal 18 cat
clear cat
clear off
clear nosuch
clear grp:*
clear cat nosuch logger
stop cat off
status""", settle=True)

    def test_groups(self):
        self.compare_lines("""start grp:*
stop grp:*
status grp:*
start grp:*
stop grp:grp_00 grp:grp_01
start grp:
restart grp:*
start nosuch:*
stop nosuch:*
restart nosuch:*
signal HUP nosuch:*
signal CONT grp:*
signal USR9 grp:*
signal CONT mixed:*
start mixed:*
start mixed:one
stop mixed:two cat nosuch
start mixed:two
stop mixed:nosuch
clear grp:grp_00
status""", settle=True)


class ActingOnAll(Compared):
    """Of programs that can be started, as the last that cannot decides the exit status."""

    programs = PROGRAMS[:PROGRAMS.index('[program:bad]')] + PROGRAMS[PROGRAMS.index('[program:logger]'):]

    def test_all(self):
        """The order in which processes end is their own."""
        for line in ('clear all', 'signal CONT all', 'stop all', 'status', 'stop all',
                     'signal CONT all', 'start cat all', 'status', 'restart all', 'status'):
            self.compare(*line.split(), ordered=False)
            self.settle()


class Configurations(Compared):
    """reread, update, add and remove."""

    programs = """[program:a]
command=/bin/sleep 1000
startsecs=0
[program:b]
command=/bin/sleep 1000
startsecs=0
[program:c]
command=/bin/sleep 1000
startsecs=0
"""

    def rewrite(self, text):
        for side in self.sides:
            side.write('s.conf', HEAD + text)

    def test_changes(self):
        self.compare_lines("""reread
update
update nosuch
update a nosuch all
add nosuch
add a
remove nosuch
remove a
stop a
remove a
remove a
status
add a
add b a nosuch c""", settle=True)
        self.rewrite(self.programs.replace('[program:b]\ncommand=/bin/sleep 1000',
                                           '[program:b]\ncommand=/bin/sleep 2000')
                     .replace('[program:c]', '[program:d]'))
        self.compare_lines("""reread
avail
status
update nosuch
update d
reread
status
update
avail
update
status""", settle=True)
        self.rewrite('[program:x]\ncommand=/bin/cat\nstartsecs=nonsense\n')
        self.compare_lines("""reread
update
status""")
        self.rewrite('')
        self.compare_lines("""update d b
status
update all
status""", settle=True)

    def test_the_end(self):
        self.compare('reload')
        self.settle()
        self.compare_lines("""status
shutdown""")
        for side in self.sides:
            side.daemon.wait(PATIENCE)
        for line in ('status', 'start a', 'shutdown', 'pid', 'reread', 'version', 'fg a', 'avail',
                     'update', 'add a', 'remove a', 'reload', 'tail a', 'clear a', 'maintail'):
            self.compare(*line.split(), errors=False)


class Connections(Compared):
    """Without a daemon: options, configurations, addresses."""

    daemon = None

    def alone(self, *arguments, errors=True, **keywords):
        return self.compare(*arguments, configuration=False, errors=errors, **keywords)

    def test_options(self):
        for arguments in (['-x'], ['-c'], ['-v'], ['-c', '/nonexistent', 'status'], ['-c', 'a', '-c', 'b', 'status'],
                          ['-s', 'foo', 'status'], ['-s', '/x/y', 'status'],
                          ['-s', 'http://', 'status'], ['-s', 'http://[::1', 'status'],
                          ['-s', 'unix://', 'status'], ['-s', ':x', 'status'], ['-s', '', 'status'],
                          ['-u', 'a', '-u', 'b', 'status'], ['-p', 'a', '--password=b', 'status'],
                          ['--serverurl'], ['--interactive=1', 'status'], ['--nosuch', 'status']):
            self.alone(*arguments)

        self.alone('--hist', 'x', 'status', errors=False)
        # An unset $HOSTS is not the server that there is without it.
        for hosts in '', ',,', ' , ':
            for words in ['--hosts', hosts], ['--hosts=' + hosts], ['-s', 'unix:///nosuch', '--hosts', hosts]:
                client = self.sides[1].begin(words + ['stop', 'all'])
                output, errors = client.communicate(timeout=PATIENCE)
                self.assertEqual((client.returncode, output), (2, b''), words)
                self.assertIn('invalid value for --hosts %r: it names no server' % hosts, errors.decode())

    def test_help(self):
        for arguments in (['-h'], ['--help'], ['-?'], ['-s', 'http://x', '-h', 'x']):
            (status, _, error), ours = self.both(*arguments)
            self.assertEqual((ours[0], ours[2]), (status, error))
            self.assertIn('Usage: supctl', ours[1])

    def test_version(self):
        for arguments in (['--version'], ['--vers'], ['-s', 'http://x', '--version', 'status']):
            client = self.sides[1].begin(arguments)
            output, errors = client.communicate(timeout=PATIENCE)
            self.assertEqual((client.returncode, errors), (0, b''))
            self.assertRegex(output, rb'^supctl \d+\.\d+\.\d+\n$')

    def test_addresses(self):
        closed = socket.socket()
        closed.bind(('127.0.0.1', 0))  # not listening
        self.addCleanup(closed.close)
        refused = 'http://127.0.0.1:%d' % closed.getsockname()[1]
        for url in (refused, 'unix://@/nosuch', 'unix:///etc/passwd', 'unix://@', 'foo://bar',
                    'https://127.0.0.1:9001', 'localhost:9001', 'http://127.0.0.1:x',
                    'http://127.0.0.1:99999', 'unix://' + 'x' * 120, 'http://no such host/'):
            for command in ('status', 'start x', 'stop x', 'restart x', 'pid', 'tail x',
                            'tail -f x', 'maintail', 'fg x', 'clear x', 'signal HUP x', 'version',
                            'avail', 'reread', 'update', 'add x', 'remove x', 'reload', 'shutdown'):
                self.alone('-s', url, *command.split(), errors=False)
        self.alone('open')
        self.alone('open', 'foo://x')
        self.alone('open', refused, errors=False)

    def test_configurations(self):
        section = '[supervisorctl]\n'
        for number, text in enumerate([
                '', '[supervisord]\n', section, section + 'serverurl=/x\n',
                section + 'serverurl=unix://nosuch.sock\n',
                section + 'serverurl=unix://~/nosuch.sock\n',
                section + 'serverurl=unix://%(here)s/nosuch.sock\n',
                section + 'serverurl=unix://%(ENV_X)s/nosuch.sock\n',
                section + 'SERVERURL : unix:///nosuch.sock ; comment\n',
                section + 'serverurl=unix:///a\n[x]\n' + section + 'serverurl=unix:///b\n',
                section + 'username=%(host_node_name)s\n',
                section + 'serverurl=%(nosuch)s\n',
                section + 'serverurl=foo\n',
                '[ctlplugin:x]\n' + section]):
            for side in self.sides:
                side.write('c%d.conf' % number, text)
            environment = {'X': '/tmp'}
            if 'contains' not in text:  # names of the environment are told, so let it be small
                environment['HOME'] = '/nonexistent'
            self.alone('-c', '@/c%d.conf' % number, 'status', environment=environment,
                       errors='Error:' in text or not text.startswith(section))

    def test_searched(self):
        for name in ('etc/supervisord.conf', 'supervisord.conf'):
            for side in self.sides:
                side.write(name, '[supervisorctl]\nserverurl=unix:///from/%s\n' % name)
            self.assertIn(name, self.alone('status', errors=False))

    def test_included_section(self):
        """supervisorctl does not see it."""
        ours = self.sides[1]
        ours.write('main.conf', '[supervisord]\n[include]\nfiles=parts/*.conf\n')
        ours.write('parts/x.conf', '[supervisorctl]\nserverurl=unix://%(here)s/y.sock\n')
        client = ours.begin(['-c', '@/main.conf', 'status'])
        output, errors = client.communicate(timeout=PATIENCE)
        self.assertEqual(output.decode(), 'unix://%s/parts/y.sock no such file\n' % ours.folder)
        self.assertIn('serverurl= in ' + ours.path('parts/x.conf:2'), errors.decode().replace(
            ' parts/', ' %s/parts/' % ours.folder))

    def test_explained(self):
        ours = self.sides[1]
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(ours.path('stale.sock'))
        stale.close()
        for url, words in [('unix://@/nosuch', ['there is no', 'command line']),
                           ('unix:///' + 'x' * 120, ['at most 107 bytes', 'has 121']),
                           ('unix://@/no/such', ['there is no folder']),
                           ('unix:///etc/passwd', ['is no socket']),
                           ('unix://@/stale.sock', ['nobody listens', 'rwx'])]:
            _, errors = ours.begin(['-s', url, 'status']).communicate(timeout=PATIENCE)
            for word in words:
                self.assertIn(word, errors.decode())

    def answered(self, answer):
        """What supctl says on standard error about a server at a port that answers so."""
        with socket.socket() as server:
            server.bind(('127.0.0.1', 0))
            server.listen()
            client = self.sides[1].begin(['-s', 'http://127.0.0.1:%d' % server.getsockname()[1],
                                          'status'])
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(answer)
            connection.close()
            _, errors = client.communicate(timeout=PATIENCE)
        self.assertEqual(client.returncode, 1)
        return errors.decode()

    def test_what_answers_is_named(self):
        page = b'<!DOCTYPE html><html><body>hello</body></html>'
        head = b'HTTP/1.1 200 OK\r\nServer: nginx/1.2\r\nContent-Length: '
        for answer, word in (
                (b'', 'TLS'), (b'\x15\x03\x03\x00\x02\x02\x46', 'speaks TLS (https)'),
                (b'SSH-2.0-OpenSSH_9.2\r\n', "begins with 'SSH-2.0-OpenSSH_9.2'"),
                (head + b'%d\r\n\r\n%s' % (len(page), page), "calls itself 'nginx/1.2', which is neither"),
                (b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'neither suprun nor'),
                (head + b'999\r\n\r\nx', 'before the whole answer'),
                (head + b'9223372036854775807\r\n\r\nx', 'larger than a gigabyte')):
            with self.subTest(answer=answer):
                errors = self.answered(answer)
                self.assertIn(word, errors)
                self.assertIn('listens pid %d' % os.getpid(), errors)

    def test_silence_is_told(self):
        with socket.socket() as server:
            server.bind(('127.0.0.1', 0))
            server.listen()
            url = 'http://127.0.0.1:%d' % server.getsockname()[1]
            client = self.sides[1].begin(['-s', url, 'status'])
            connection, _ = server.accept()
            self.assertEqual(client.stderr.readline().decode(),
                             'supctl: no answer from %s yet; it is waited for, Ctrl-C ends that\n' % url)
            connection.close()
            output, _ = client.communicate(timeout=PATIENCE)
        self.assertTrue(output.startswith(b'error: <class '), output)

    def test_waiting_is_left_for_the_shell(self):
        """Ctrl-C ends the command, and the next is read."""
        asked = threading.Event()
        server = xmlrpc.server.SimpleXMLRPCServer(('127.0.0.1', 0), logRequests=False)
        looks = []

        def look():
            looks.append(1)
            if len(looks) == 4:  # of the shell itself, then of wait
                asked.set()
            return [{'group': 'off', 'name': 'off', 'state': 0, 'statename': 'STOPPED', 'description': ''}]
        server.register_function(lambda: '3.0', 'supervisor.getVersion')
        server.register_function(lambda: 'of the server', 'supervisor.getSupervisorVersion')
        server.register_function(look, 'supervisor.getAllProcessInfo')
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            client = self.sides[1].begin(['-s', 'http://127.0.0.1:%d' % server.server_address[1]])
            client.stdin.write(b'wait off\nversion\n')
            client.stdin.flush()
            self.assertTrue(asked.wait(PATIENCE))
            client.send_signal(signal.SIGINT)
            output, errors = client.communicate(timeout=PATIENCE)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertIn('supervisor> of the server\n', output.decode(), errors.decode())
        self.assertEqual(client.returncode, 0)

    def test_completion_does_not_wait(self):
        """Of servers that take a connection or not, and never answer."""
        ours = self.sides[1]
        for number, address in enumerate((('127.0.0.1', 0), ours.path('hung.sock'), ours.path('full.sock'))):
            with socket.socket(socket.AF_UNIX if number else socket.AF_INET) as server:
                server.bind(address)
                server.listen(0)
                url = 'http://127.0.0.1:%d' % server.getsockname()[1] if number == 0 else 'unix://' + address
                with contextlib.ExitStack() as others:
                    if number == 2:  # nobody else is let in
                        others.enter_context(socket.socket(socket.AF_UNIX)).connect(address)
                    client = ours.begin(['--complete', '-s', url, 'start', ''])
                    output, errors = client.communicate(timeout=PATIENCE)
                self.assertEqual((client.returncode, output, errors), (0, b'', b''), url)

    def test_advice_on_configurations(self):
        """Below supervisorctl's words, what may help."""
        ours = self.sides[1]
        for text, url in (('[unix_http_server]\nfile=%(here)s/x.sock\n', 'unix://@/x.sock'),
                          ('[inet_http_server]\nport=*:9009\n', 'http://localhost:9009'),
                          ('[inet_http_server]\nport=127.0.0.1:9\n', 'http://127.0.0.1:9')):
            ours.write('bare.conf', text)
            client = ours.begin(['-c', '@/bare.conf', 'status'])
            _, errors = client.communicate(timeout=PATIENCE)
            self.assertEqual(client.returncode, 2)
            self.assertIn('does not include supervisorctl section\n', errors.decode())
            self.assertIn('serverurl=%s\n' % url.replace('@', ours.folder), errors.decode())
        ours.write('open.conf', '[supervisord]\n[include]\nfiles=inc/*.conf\n')
        ours.write('inc/x.conf', '[unix_http_server]\nfile=%(ENV_SDIR)s/s.sock\n')
        for environment, advice in (({}, "[unix_http_server] is, '%(ENV_SDIR)s/s.sock' ("),
                                    ({'SDIR': ours.folder}, 'serverurl=unix://%s/s.sock\n' % ours.folder)):
            client = ours.begin(['-c', '@/open.conf', 'status'], environment)
            _, errors = client.communicate(timeout=PATIENCE)
            self.assertEqual(client.returncode, 2)
            self.assertIn(advice, errors.decode())
        _, errors = ours.begin(['-c', ours.folder, 'status']).communicate(timeout=PATIENCE)
        self.assertIn('%s cannot be read: Is a directory\n' % ours.folder, errors.decode())
        os.symlink('loop.conf', ours.path('loop.conf'))
        for name, advice in ('loop.conf', 'cannot be looked at: Too many'), ('absent.conf', ''):
            _, errors = ours.begin(['-c', '@/' + name, 'status']).communicate(timeout=PATIENCE)
            self.assertIn('could not find config file', errors.decode())
            self.assertIn(advice, errors.decode())
            self.assertEqual('cannot be looked at' in errors.decode(), bool(advice))

    def test_a_server_that_the_file_puts_elsewhere(self):
        """serverurl= and the section of the server in one file do not go together."""
        ours = self.sides[1]
        for server, url, listens in (
                ('[unix_http_server]\nfile=%(here)s/a.sock\n', 'unix://@/b.sock', 'unix://@/a.sock'),
                ('[unix_http_server]\nfile=%(here)s/a.sock\n', 'unix://%(here)s/./a.sock', ''),
                ('[inet_http_server]\nport=*:2\n', 'http://127.0.0.1:1', 'http://localhost:2'),
                ('[inet_http_server]\nport=*:1\n', 'http://127.0.0.1:1', ''),
                ('[inet_http_server]\nport=1\n[unix_http_server]\nfile=%(here)s/a.sock\n', 'unix://@/b.sock',
                 'unix://@/a.sock, http://localhost:1'),
                ('', 'unix://@/b.sock', '')):
            ours.write('differ.conf', '%s[supervisorctl]\nserverurl=%s\n' % (server, url.replace('@', ours.folder)))
            client = ours.begin(['-c', '@/differ.conf', 'status'])
            _, errors = client.communicate(timeout=PATIENCE)
            self.assertIn(client.returncode, (4, 7))
            hint = 'but the daemon of this configuration listens on '
            self.assertEqual(re.findall(hint + '(.*)', errors.decode()),
                             [listens.replace('@', ours.folder)] if listens else [])

    @unittest.skipUnless(os.getuid() == 0, 'only root can be others')
    def test_a_file_that_may_not_be_read(self):
        ours = self.sides[1]
        ours.write('secret.conf', HEAD)
        os.chmod(ours.folder, 0o755)
        os.chmod(ours.path('secret.conf'), 0o600)
        shown = subprocess.run(
            ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', ours.client, '-c',
             ours.path('secret.conf'), 'status'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=PATIENCE, cwd='/')
        self.assertEqual((shown.returncode, shown.stdout), (2, b''))
        self.assertIn('could not read config file %s\n' % ours.path('secret.conf'), shown.stderr.decode())
        self.assertIn('secret.conf cannot be read: Permission denied; try sudo', shown.stderr.decode())

    def test_strange_servers(self):
        """Answers that are none end the command, not the client."""
        for answer in (b'', b'garbage\r\n\r\n', b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
                       b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n',
                       b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<?xml'):
            path = self.sides[1].path('strange.sock')
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(path)
                server.listen()
                client = self.sides[1].begin(['-s', 'unix://' + path, 'status'])
                connection, _ = server.accept()
                connection.recv(65536)
                connection.sendall(answer)
                connection.close()
                output, _ = client.communicate(timeout=PATIENCE)
            os.unlink(path)
            self.assertEqual(client.returncode, 1)
            self.assertTrue(output.startswith(b'error: <class '), output)


class Passwords(Compared):
    """A server that wants a name and a password."""

    programs = """[inet_http_server]
port=127.0.0.1:$PORT
username=u
password=pw:x
[program:cat]
command=/bin/cat
startsecs=0
"""

    def setUp(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        # One daemon is enough: nothing is changed.
        self.programs = self.programs.replace('$PORT', str(self.port))
        super().setUp()

    daemon = None

    def test_credentials(self):
        server = Side(self.addCleanup, None, HEAD + self.programs, DAEMON)
        server.started = {'cat'}
        deadline = time.monotonic() + PATIENCE
        while not server.is_settled():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        url = 'http://127.0.0.1:%d' % self.port
        for extra in ([], ['-u', 'u', '-p', 'pw:x'], ['-u', 'u', '-p', 'bad'], ['-u', 'u'],
                      ['-p', 'pw:x'], ['-u', '', '-p', '']):
            for command in ('status', 'start cat', 'reread', 'tail cat', 'shutdown x', 'pid'):
                self.compare('-s', url, *extra, *command.split(), configuration=False,
                             errors=False)
        for place, status in (('u:pw%3Ax@', 0), ('u:pw:x@', 0), ('u:bad@', 1), ('u@', 1), ('', 1)):
            for arguments in (['-s', url.replace('//', '//' + place)],
                              ['--hosts', '%s127.0.0.1:%d,unix:///nosuch' % (place, self.port)]):
                client = subprocess.run(
                    [self.sides[1].client] + arguments + ['-u', 'x', '-p', 'y', 'pid'], text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
                first = client.stdout.split('\n')[0]
                self.assertEqual(first.split()[-1].isdigit(), status == 0, (arguments, first))
                self.assertNotIn('pw', client.stdout + client.stderr)
                if '--hosts' in arguments:
                    self.assertTrue(first.startswith(url + '  '), first)
                else:
                    self.assertEqual(client.returncode, status)
        if DAEMON.startswith('supervisord'):
            for name in ('localhost', '127.0.0.1'):
                self.compare('-s', 'http://%s:%d/x' % (name, self.port), '-u', 'u', '-p', 'pw:x',
                             'status', configuration=False)


class Shells(Compared):
    """The shell, from a pipe and on a terminal."""

    programs = PROGRAMS[:PROGRAMS.index('[program:bad]')]

    def test_from_a_pipe(self):
        for text in ('status\nquit\n', 'status cat\n', '', '\nfoo\nstart cat; stop cat\nhelp version\nexit\n',
                     'shutdown\nn\nreload\nN\nquit\n', 'shutdown\n', 'pid nosuch\nEOF\nstatus\n',
                     'tail\nopen foo\n  status   cat\nquit x\n', 'open unix:///nosuch\nstatus\nquit'):
            self.compare(stdin=text, errors='nosuch' not in text)
        self.compare('-i', stdin='quit\n')
        self.compare('-i', 'status', 'cat', stdin='')
        self.compare('-i', 'shutdown', stdin='n\n')
        self.compare('-i', 'reload', stdin='\n')
        self.compare('-i', 'reload', stdin='')
        for side in self.sides:
            side.write('p.conf', HEAD + 'prompt=%(ENV_USER_OF_TEST)s%%\n')
        self.compare('-c', '@/p.conf', stdin='quit\n', configuration=False,
                     environment={'USER_OF_TEST': 'me'})

    def test_documents_from_a_pipe(self):
        """Nothing but a document for each command, with its own exit status."""
        client = self.sides[1].begin(['-c', '@/s.conf', '--json'])
        output, errors = client.communicate(b'status cat\nversion\nwait off --timeout=0\nwait cat\nshutdown\nn\n'
                                            b'pid nosuch\nversion', timeout=PATIENCE)
        answers = [json.loads(line) for line in output.splitlines()]
        self.assertEqual([(each['command'], each['exit']) for each in answers],
                         [('status', 3), ('status cat', 0), ('version', 0), ('wait off --timeout=0', 1),
                          ('wait cat', 0), ('shutdown', 0), ('pid nosuch', 1), ('version', 0)])
        self.assertEqual(answers[4]['results'][0]['state'], 'RUNNING')
        self.assertEqual(client.returncode, 0)
        # The question is for whoever watches.
        self.assertEqual(errors.decode(), 'Really shut the remote supervisord process down y/N? ')

    def on_a_terminal(self, side, keys, environment=None):
        """What is shown; each of the keys is typed when a prompt has come."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(side.folder)
            os.environ.update({'TERM': 'dumb', 'LC_ALL': 'C.UTF-8', **(environment or {})})
            os.execv(side.client, [side.client, '-c', side.path('s.conf')])
        shown = b''
        prompts = 0
        deadline = time.monotonic() + 2 * PATIENCE
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if shown.count(b'supervisor> ') > prompts and shown.endswith(b'supervisor> ') and keys:
                prompts = shown.count(b'supervisor> ')
                while termios.tcgetattr(terminal)[3] & termios.ECHO:
                    time.sleep(0.01)  # the prompt comes first, then the keys are taken over
                os.write(terminal, keys.pop(0))
        else:
            os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def test_on_a_terminal(self):
        results = []
        for side in self.sides:
            status, shown = self.on_a_terminal(
                side, [b'status cat\n', b'foo\n', b'\n', b'help version\n', b'exit\n'])
            shown = re.sub(r'\x1b\[[?0-9;]*[a-zA-Z]', '', shown).replace('\r', '')
            results.append((status, side.masked(shown)))
        self.assertEqual(results[1], results[0])

    def test_keys_of_the_terminal(self):
        ours = self.sides[1]
        status, shown = self.on_a_terminal(ours, [b'stat\tca\t\n', b'\x10\n', b'\x04'])
        self.assertEqual(status, 0, shown)
        self.assertEqual(shown.count('RUNNING'), 3, shown)  # at first, completed, from the history
        status, shown = self.on_a_terminal(ours, [b'\x03'])
        self.assertEqual(status, 0, shown)

    def test_completion_in_the_shell(self):
        ours = self.sides[1]
        ours.write('some.conf', '')
        os.mkdir(ours.path('some'))
        ours.write('some/where.conf', '')
        for typed, wanted in ((b'wait cat --fo\tru\t', 'wait cat --for=running'),
                              (b'events --filter=tick_6\t', 'events --filter=tick_60'),
                              (b'--json statu\tca\t', '--json status cat'),
                              (b'apply some.\t', 'apply some.conf'),
                              (b'open un\t', 'open unix://'),
                              (b'open some.\tz', 'open some.z'),
                              (b'plan some/wh\t', 'plan some/where.conf')):
            _, shown = self.on_a_terminal(ours, [typed + b'\n', b'exit\n'])
            self.assertIn(wanted, shown)

    def test_history(self):
        ours = self.sides[1]
        ours.write('s.conf', HEAD + 'history_file=%(here)s/history\n')
        ours.write('history', 'pid off\n')
        status, shown = self.on_a_terminal(ours, [b'\x10\n', b'version\n', b'exit\n'])
        self.assertEqual(status, 0, shown)
        with open(ours.path('history')) as file:
            self.assertEqual(file.read().split('\n'), ['pid off', 'pid off', 'version', 'exit', ''])
        self.assertEqual(os.stat(ours.path('history')).st_mode & 0o777, 0o600)


class Following(Compared):
    """tail -f, maintail -f and fg."""

    programs = PROGRAMS[:PROGRAMS.index('[program:off]')]

    def until(self, client, words):
        """Reads the output until it has the words."""
        text = b''
        deadline = time.monotonic() + PATIENCE
        while words not in text:
            self.assertLess(time.monotonic(), deadline, text)
            if select.select([client.stdout], [], [], 0.1)[0]:
                piece = os.read(client.stdout.fileno(), 65536)
                self.assertTrue(piece, text)
                text += piece
        return text

    def test_tail(self):
        results = []
        for side in self.sides:
            client = side.begin(['-c', '@/s.conf', 'tail', '-f', 'cat'])
            text = self.until(client, b'<==\n')
            side.call('supervisor.sendProcessStdin', 'cat', 'hello\n')
            text += self.until(client, b'hello\n')
            time.sleep(0.3)  # Python's client shows another text if it is not waiting yet
            client.send_signal(signal.SIGINT)
            output, errors = client.communicate(timeout=PATIENCE)
            results.append((text + output, errors, client.returncode))
        self.assertEqual(results[1], results[0])

    def test_several_servers(self):
        """Lines are shown as they come, also beside a server that says nothing."""
        urls = ['unix://' + side.path('s.sock') for side in self.sides]
        with socket.socket() as silent:
            silent.bind(('127.0.0.1', 0))
            silent.listen()
            silent_url = 'http://127.0.0.1:%d' % silent.getsockname()[1]
            every = ['-s', silent_url, '-s', urls[0], '-s', urls[1]]
            client = self.sides[1].begin(every + ['tail', '-f', 'cat'])
            shown = b''
            while shown.count(b'  ==> Press Ctrl-C to exit <==\n') < 2:
                shown += self.until(client, b'<==\n')
            self.assertEqual(sorted(shown.decode().splitlines()),
                             sorted(url + '  ==> Press Ctrl-C to exit <==' for url in urls))
            for side, url in zip(self.sides, urls):
                side.call('supervisor.sendProcessStdin', 'cat', '{half')
                side.call('supervisor.sendProcessStdin', 'cat', ' a line}\nand')
                shown = self.until(client, b' a line}\n')
                self.assertEqual(shown.decode(), url + '  {half a line}\n')
            client.send_signal(signal.SIGINT)
            output, _ = client.communicate(timeout=PATIENCE)
            # What was begun is shown at the end; the silent one never answered.
            self.assertEqual(sorted(output.decode().splitlines()), sorted(url + '  and' for url in urls))
            self.assertEqual(client.returncode, 130)
            # A command that ends: whoever answers is shown.
            client = self.sides[1].begin(every + ['stop', 'cat'])
            shown = b''
            while shown.count(b'cat: stopped\n') < 2:
                shown += self.until(client, b'cat: stopped\n')
            self.assertEqual(sorted(shown.decode().splitlines()),
                             sorted(url + '  cat: stopped' for url in urls))
            client.send_signal(signal.SIGINT)
            client.communicate(timeout=PATIENCE)
        client = self.sides[1].begin(['-s', urls[0], '-s', urls[1], '--json', 'tail', '-f', 'cat'])
        self.sides[0].call('supervisor.startProcess', 'cat')
        self.sides[0].call('supervisor.sendProcessStdin', 'cat', 'hello\n')
        piece = json.loads(self.until(client, b'hello').splitlines()[-1])
        self.assertEqual((piece['channel'], piece['server'] in urls), ('stdout', True))
        client.send_signal(signal.SIGINT)
        output, _ = client.communicate(timeout=PATIENCE)
        documents = [json.loads(line) for line in output.splitlines()]  # there may be pieces yet
        self.assertEqual(sorted(each['server'] for each in documents if 'exit' in each), sorted(urls))
        self.assertEqual(client.returncode, 0)
        for command in ('top', 'fg'):
            client = self.sides[1].begin(['-s', urls[0], '-s', urls[1], command, 'cat'])
            _, errors = client.communicate(timeout=PATIENCE)
            self.assertEqual(client.returncode, 2)
            self.assertIn(b'%s talks to one server, not to several' % command.encode(), errors)

    def test_what_cannot_be_followed(self):
        self.compare('tail', '-f', 'nosuch')
        self.compare('tail', '-f', 'nosuch', 'stderr')

    def test_foreground(self):
        results = []
        for side in self.sides:
            client = side.begin(['-c', '@/s.conf', 'fg', 'cat'])
            text = self.until(client, b'<==\n')
            client.stdin.write(b'hello\n')
            client.stdin.flush()
            text += self.until(client, b'hello\n')
            client.stdin.close()
            text += self.until(client, b'Exiting foreground\n')
            results.append(text)
            if side is self.sides[0]:
                client.kill()  # supervisorctl lingers
            ended = client.wait(PATIENCE)
            if side is self.sides[1]:
                self.assertEqual(ended, 0)
            for pipe in (client.stdout, client.stderr):
                pipe.close()
        self.assertEqual(results[1], results[0])

    def test_foreground_is_left(self):
        side = self.sides[1]
        client = side.begin(['-c', '@/s.conf', 'fg', 'cat'])
        self.until(client, b'<==\n')
        client.send_signal(signal.SIGINT)
        output, errors = client.communicate(timeout=PATIENCE)
        self.assertTrue(output.endswith(b'Exiting foreground\n'), output)
        self.assertEqual((errors, client.returncode), (b'', 0))
        # With a process that is no more.
        client = side.begin(['-c', '@/s.conf', 'fg', 'cat'])
        self.until(client, b'<==\n')
        side.call('supervisor.stopProcess', 'cat')
        output, errors = client.communicate(b'hello\n', timeout=PATIENCE)
        self.assertTrue(output.endswith(b'Process got killed\nExiting foreground\n'), output)
        self.assertEqual((errors, client.returncode), (b'', 0))


class Json(Compared):
    """--json, with every command."""

    programs = PROGRAMS[:PROGRAMS.index('[program:logger]')]

    def ask(self, *arguments):
        client = self.sides[1].begin(['-c', '@/s.conf'] + list(arguments))
        output, _ = client.communicate(timeout=PATIENCE)
        answer = json.loads(output)
        self.assertEqual(answer['exit'], client.returncode)
        self.assertEqual(output.count(b'\n'), 1)
        return answer

    def test_commands(self):
        answer = self.ask('--json', 'status', 'cat', 'nosuch')
        self.assertEqual([(each['name'], each.get('state'), each.get('error'))
                          for each in answer['results']],
                         [('nosuch', None, 'no such process'), ('cat', 'RUNNING', None)])
        answer = self.ask('stop', 'cat', 'off', '--json')
        self.assertEqual(answer['results'],
                         [{'name': 'cat', 'ok': True, 'result': 'stopped'},
                          {'name': 'off', 'ok': False, 'error': 'not running'}])
        for line in ('start cat', 'restart cat', 'signal CONT cat', 'pid', 'pid all', 'avail',
                     'reread', 'update', 'add nosuch', 'remove cat', 'clear cat', 'version', 'help',
                     'help start', 'tail cat', 'maintail', 'foo', 'start', 'tail nosuch', 'fg off'):
            answer = self.ask('--json', *line.split())
            self.assertEqual(answer['command'], line)
            if line not in ('update', 'reread'):  # nothing happened
                self.assertTrue(answer['results'], line)


    def test_what_goes_wrong_at_once(self):
        """The exit status is supervisorctl's, and the document says what is on standard error."""
        answer = self.ask('--json', 'tail', '-f', 'nosuch')
        self.assertEqual((answer['exit'], answer['results']), (0, [
            {'name': 'nosuch', 'ok': False, 'error': 'Cannot read, status code 404', 'kind': 'http', 'code': 404}]))
        self.sides[1].write('bare.conf', '[supervisord]\n')
        for words, command, error in (
                (['--json', '--nosuch', 'status'], '', 'option --nosuch not recognized'),
                (['--json', '-c', '@/bare.conf', 'status', 'cat'], 'status cat', 'include supervisorctl section'),
                (['-c', '@/bare.conf', 'pid', '--json'], 'pid', 'include supervisorctl section'),
                (['-s', 'unix:///a', '-s', 'unix:///b', '--json', 'fg', 'cat'], 'fg cat', 'one server')):
            client = self.sides[1].begin(words)
            output, errors = client.communicate(timeout=PATIENCE)
            answer = json.loads(output)
            self.assertEqual((client.returncode, answer['exit'], answer['command']), (2, 2, command))
            self.assertIs(answer['results'][0]['ok'], False)
            self.assertIn(error, answer['results'][0]['error'])
            self.assertIn(error, errors.decode())


class More(Compared):
    """What supervisorctl does not have."""

    programs = """[program:web]
command=/bin/sleep 1000
startsecs=0
numprocs=2
process_name=%(process_num)d
[program:broken]
command=nosuchprogram
startretries=0
[program:talky]
command=/bin/sh -c "echo cannot open database >&2; exit 3"
startretries=0
stderr_logfile=@/talky.err
[program:off]
command=/bin/sleep 1000
startsecs=0
autostart=false
"""

    def ask(self, *arguments, **keywords):
        client = self.sides[1].begin(['-c', '@/s.conf'] + list(arguments), **keywords)
        output, _ = client.communicate(timeout=PATIENCE)
        return client.returncode, output.decode()

    def test_wait(self):
        self.assertEqual(self.ask('wait', 'web:*'), (0, 'web:0: RUNNING\nweb:1: RUNNING\n'))
        status, text = self.ask('wait', 'off', '--timeout=0.3')
        self.assertEqual((status, text), (1, 'off: ERROR (still STOPPED: Not started)\n'))
        status, text = self.ask('wait', 'broken', 'web:*')
        self.assertEqual(status, 7)
        self.assertIn('broken: ERROR (FATAL: ', text)
        self.assertEqual(self.ask('wait', 'off', 'broken', '--for=stopped')[0], 0)
        self.assertEqual(self.ask('wait', 'nosuch'), (1, 'nosuch: ERROR (no such process)\n'))
        for wrong in (['wait'], ['wait', 'web:*', '--for=nonsense'],
                      ['wait', 'web:*', '--timeout=soon']):
            self.assertEqual(self.ask(*wrong)[0], 2)

    def test_help_of_a_command(self):
        for command in ('top', 'why', 'events', 'plan'):
            status, text = self.ask(command, '--help')
            self.assertEqual((status, text), self.ask('help', command))
            self.assertEqual(self.ask(command, '-h')[1], text)
            self.assertIn(command, text)
        # Supervisor's take it for a name.
        self.assertIn('--help: ERROR (no such process)', self.ask('status', '--help')[1])

    def test_output_that_cannot_be_written_is_no_success(self):
        with open('/dev/full', 'w') as full:
            said = subprocess.run([program('supctl'), '-c', self.sides[1].path('s.conf'), 'version'],
                                  stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual((said.returncode, said.stderr),
                         (1, b'supctl: cannot write to standard output\n'))

    def test_wait_for_what_comes(self):
        waiting = self.sides[1].begin(['-c', '@/s.conf', 'wait', 'off', '--timeout=%d' % PATIENCE])
        self.assertEqual(self.ask('start', 'off')[0], 0)
        output, _ = waiting.communicate(timeout=PATIENCE)
        self.assertEqual((waiting.returncode, output), (0, b'off: RUNNING\n'))

    def test_why(self):
        status, text = self.ask('why', 'broken')
        self.assertEqual(status, 0)
        for words in ('broken is FATAL', 'nosuchprogram is in no folder of PATH', 'PATH', 'gave up',
                      's.conf:'):
            self.assertIn(words, text)
        place = re.search(r'command +nosuchprogram  \(.*s.conf:(\d+)\)', text)
        with open(self.sides[1].path('s.conf')) as file:
            self.assertEqual(file.read().split('\n')[int(place.group(1)) - 1],
                             'command=nosuchprogram')
        text = self.ask('why', 'talky')[1]
        self.assertIn('cannot open database', text)
        self.assertIn('exit status 3', text)
        # Where startretries= is written, not where the section begins.
        place = re.search(r'startretries=0, .*s.conf:(\d+)\)', text)
        with open(self.sides[1].path('s.conf')) as file:
            self.assertEqual(file.read().split('\n')[int(place.group(1)) - 1], 'startretries=0')
        self.assertRegex(text, r'restarts +autorestart=')
        self.assertIn('nobody started it', self.ask('why', 'off')[1])
        self.assertEqual(self.ask('why', 'nosuch')[0], 1)
        self.assertEqual(self.ask('why')[0], 2)

    def test_resources(self):
        status, text = self.ask('status', '-v', 'web:*', 'off')
        self.assertEqual(status, 3)
        self.assertEqual(len(re.findall(r'RUNNING +cpu +\d+\.\d% +mem +\d+\.\d [KM]B ', text)), 2)
        self.assertRegex(text, r'off +STOPPED +cpu +- +mem +- ')
        status, text = self.ask('--json', 'status', '-v', 'web:0')
        self.assertGreater(json.loads(text)['results'][0]['memory_bytes'], 0)

    def test_top(self):
        status, text = self.ask('top', '-n', '2', '-d', '0.1')
        self.assertEqual(status, 0)
        self.assertEqual(text.count('5 processes, 2 with a pid'), 2)
        status, text = self.ask('--json', 'top', '-n', '1', '-d', '0.1', 'web:0')
        self.assertEqual(len(json.loads(text.split('\n')[0])['processes']), 1)

    def test_rolling_restart(self):
        status, text = self.ask('restart', '--rolling', 'web:*')
        self.assertEqual((status, text), (0, 'web:0: stopped\nweb:0: started\n'
                                             'web:1: stopped\nweb:1: started\n'))
        status, text = self.ask('restart', '--rolling', 'broken', 'web:*')
        self.assertEqual(status, 1)
        self.assertIn('left as they are', text)
        self.assertNotIn('web', text)

    def test_several_servers(self):
        urls = ['unix://' + side.path('s.sock') for side in self.sides]
        client = self.sides[1].begin(['-s', urls[0], '-s', urls[1], 'start', 'off'])
        output, _ = client.communicate(timeout=PATIENCE)
        self.assertEqual(output.decode().split('\n'),
                         [url + '  off: started' for url in urls] + [''])
        client = self.sides[1].begin(['-s', urls[0], '--hosts', 'unix:///nosuch', '--json', 'pid'])
        output, _ = client.communicate(timeout=PATIENCE)
        answers = [json.loads(line) for line in output.splitlines()]
        self.assertEqual([(each['server'], each['exit']) for each in answers],
                         [(urls[0], 0), ('unix:///nosuch', 7)])
        self.assertEqual(answers[1]['results'],
                         [{'ok': False, 'error': 'no such file', 'kind': 'connection', 'code': 2}])
        self.assertEqual(client.returncode, 7)

    def test_completion(self):
        self.assertEqual(self.ask('--complete', 'start', 'w')[1], 'web:0\nweb:*\nweb:1\n')
        self.assertEqual(self.ask('--complete', 'relo')[1], 'reload\n')
        for words, found in ((['reload', 'o'], 'off'), (['tail', 'o'], 'off'), (['tail', 'off', ''], 'stdout stderr'),
                             (['tail', '-f', 'off', 'stde'], 'stderr'), (['tail', '-f', 'of'], 'off'),
                             (['tail', 'off', 'stderr', ''], ''), (['open', ''], 'http:// unix://'),
                             (['E'], ''), (['help', 'E'], ''), (['help', 'ev'], 'events')):
            self.assertEqual(self.ask('--complete', *words)[1].split(), found.split(), words)
        self.assertEqual(self.ask('--complete', 'wait', 'off', '--')[1],
                         '--for=\n--timeout=\n--json\n')
        self.assertEqual(self.ask('--complete', 'restart', '--r')[1], '--rolling\n')
        self.assertEqual(self.ask('--complete', 'scale', '')[1], 'web=\n')
        self.assertEqual(self.ask('--complete', '--json', 'relo')[1], 'reload\n')
        # Whether names of files may stand there, too.
        conf = ['-c', 's.conf']
        for words, status in ((conf + ['apply', ''], 3), (conf + ['plan', 'x'], 3),
                              (conf + ['restart', 'nosuch'], 0), (['-c', ''], 3), (['-r', '/'], 3), (['-s', ''], 0)):
            client = self.sides[1].begin(['--complete', *words])
            self.assertEqual((client.communicate(timeout=PATIENCE)[0], client.returncode), (b'', status), words)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'packaging',
                              'completions', 'supctl.bash')
        for typed, found in [('stat', ['status']), ('start web:', ['0', '*', '1']),
                             ('start o', ['off']), ('help whe', ['']), ('update b', ['broken']),
                             ('restart --r', ['--rolling']), ('--server', ['--serverurl']),
                             ('wait off --fo', ['--for=']), ('wait off --for=f', ['fatal']),
                             ('wait off --for fa', ['fatal']),
                             ('events --filter=PROCESS_GROUP_', ['PROCESS_GROUP_ADDED', 'PROCESS_GROUP_REMOVED'])]:
            line = '%s -c ~/s.conf %s' % (self.sides[1].client, typed)
            output = subprocess.run(
                ['bash', '-c', 'source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _supctl; '
                 'printf "%s\\n" "${COMPREPLY[@]}"', 'bash', script, line],
                env={**os.environ, 'HOME': self.sides[1].folder}, stdout=subprocess.PIPE, timeout=PATIENCE, check=True).stdout.decode()
            self.assertEqual(output.split('\n')[:-1], found, typed)


    def typed_into_zsh(self, keys, wanted):
        """Waits until a zsh that has our completion shows these words after the keys."""
        side = self.sides[1]
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'packaging', 'completions')
        side.write('.zshrc', 'fpath=(%s $fpath)\nautoload -Uz compinit\ncompinit -u -D\nPS1="ready> "\n' % folder)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(side.folder)
            os.environ.update({'TERM': 'dumb', 'LC_ALL': 'C.UTF-8', 'HOME': side.folder, 'ZDOTDIR': side.folder,
                               'PATH': os.path.dirname(side.client) + ':' + os.environ['PATH']})
            os.execvp('zsh', ['zsh', '-d', '-i'])
        shown = b''
        deadline = time.monotonic() + PATIENCE
        try:
            while wanted not in shown:
                self.assertLess(time.monotonic(), deadline, shown)
                if select.select([terminal], [], [], 0.1)[0]:
                    shown += os.read(terminal, 65536)
                if keys and b'ready> ' in shown:
                    os.write(terminal, keys)
                    keys = b''
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)

    @unittest.skipUnless(shutil.which('zsh'), 'no zsh')
    def test_completion_in_zsh(self):
        for typed, wanted in (('resta', 'restart '), ('start of', 'start off '),
                              ('restart --r', 'restart --rolling '), ('wait off --fo', 'wait off --for='),
                              ('wait off --for=f', 'wait off --for=fatal ')):
            self.typed_into_zsh(b'supctl -c s.conf %s\t' % typed.encode(), b'c s.conf ' + wanted.encode())
        self.typed_into_zsh(b'supctl -c ~/s.conf resta\t', b'conf restart ')
        self.typed_into_zsh(b'supctl -c s.con\t', b'-c s.conf ')
        self.typed_into_zsh(b'supctl apply ~/s.con\t', b's.conf ')

    @unittest.skipUnless(shutil.which('fish'), 'no fish')
    def test_completion_in_fish(self):
        side = self.sides[1]
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'packaging',
                              'completions', 'supctl.fish')
        path = os.path.dirname(side.client) + ':' + os.environ['PATH']
        for typed, found in (('resta', ['restart']), ('start web:', ['web:*', 'web:0', 'web:1']),
                             ('restart --r', ['--rolling']), ('wait off --for=f', ['--for=fatal']),
                             ('restart s', []),
                             ('apply %s/s.c' % side.folder, [side.path('s.conf')])):
            output = subprocess.run(
                ['fish', '--no-config', '-c', 'source $argv[1]; complete --do-complete=$argv[2]', script,
                 'supctl -c ~/s.conf %s' % typed],
                env={**os.environ, 'HOME': side.folder, 'PATH': path, 'LC_ALL': 'C.UTF-8'},
                stdout=subprocess.PIPE, timeout=PATIENCE, check=True).stdout.decode()
            self.assertEqual(sorted(output.split()), sorted(found), typed)


class OnSuprun(Compared):
    """What needs suprun."""

    daemon = program('suprun')
    programs = """[program:a]
command=/bin/sleep 1000
startsecs=0
[program:b]
command=/bin/sleep 1000
startsecs=0
numprocs=2
process_name=%(process_num)d
[program:c]
command=/bin/sleep 1000
startsecs=0
[eventlistener:l]
command=/bin/sh -c "while :; do printf 'READY\\n'; read x || exit; printf 'RESULT 2\\nOK'; done"
events=TICK_60
buffer_size=5
"""

    ask = More.ask

    def test_update_by_process(self):
        """Only what changed is touched; supervisorctl stops and starts the whole group."""
        ours = self.sides[1]
        self.assertEqual(self.ask('plan'), (0, 'No config updates to processes\n'))
        self.assertEqual(self.ask('update'), (0, ''))
        before = {info['name']: info['pid'] for info in ours.call('supervisor.getAllProcessInfo')}
        ours.write('s.conf', HEAD + self.programs.replace('numprocs=2', 'numprocs=3')
                   .replace('program:c', 'program:d').replace('sleep 1000', 'sleep 2000', 1))
        self.assertEqual(self.ask('plan'), (0, 'restart  a  (command)\nadd      b:2\n'
                                               'add      d\nremove   c\n'))
        self.assertEqual(self.ask('update'), (
            0, 'c: stopped\nc: removed process group\na: stopped\na: updated process group\n'
               'b: updated process group\nd: added process group\n'))
        after = {info['name']: info['pid'] for info in ours.call('supervisor.getAllProcessInfo')}
        self.assertEqual(set(after), {'a', '0', '1', '2', 'd', 'l'})
        self.assertNotEqual(after['a'], before['a'])
        self.assertEqual((after['0'], after['1']), (before['0'], before['1']))
        ours.write('s.conf', HEAD + '[program:x]\ncommand=/bin/cat\nstartsecs=nonsense\n')
        for command in ('plan', 'update'):
            status, text = self.ask(command)
            self.assertEqual(status, 1)
            self.assertIn('CANT_REREAD', text)
        self.assertEqual(self.ask('status')[0], 0)

    def test_the_daemon_of_the_configuration_is_found(self):
        """Also when others run, and its socket is another one."""
        for side in self.sides:
            shutil.copy(side.path('s.conf'), side.path('same.conf'))  # known by its pidfile
            for name in 's.conf', 'same.conf':
                client = self.sides[1].begin(['-c', side.path(name), '-s', 'unix:///nosuch', 'status'])
                _, errors = client.communicate(timeout=PATIENCE)
                first = [line for line in errors.decode().split('\n') if 'runs here' in line][0]
                self.assertRegex(first, r'^  runs here with this configuration: pid %d of \w+ in %s: \S*suprun .*s\.conf; '
                                 r'listens on unix://%s/s\.sock$' % (side.daemon.pid, side.folder, side.folder))

    def test_listeners(self):
        status, text = self.ask('listeners')
        self.assertEqual(status, 0)
        self.assertRegex(text, r'^l: 0 of 5 waiting; \d+ accepted, \d+ delivered, 0 rejected, 0 dropped\n'
                               r'  l +READY +holds no event, \d+ delivered')
        status, text = self.ask('--json', 'listeners')
        self.assertEqual(json.loads(text)['results'][0]['listeners'][0]['state'], 'READY')

    def test_listeners_by_name(self):
        everything = self.ask('listeners')
        for name in 'l', 'l:*', 'l:l', 'all':
            self.assertEqual(self.ask('listeners', name), everything)
        for name in 'foo', 'a', 'l:m':
            wrong = name + ': ERROR (no such event listener)\n'
            self.assertEqual(self.ask('listeners', name), (1, wrong))
            self.assertEqual(self.ask('listeners', name, 'l'), (1, wrong + everything[1]))
        status, text = self.ask('--json', 'listeners', 'foo', 'l')
        self.assertEqual(status, 1)
        self.assertEqual([one['name'] for one in json.loads(text)['results']], ['foo', 'l'])
        self.assertIn('l', self.ask('--complete', 'listeners', '')[1].split())

    def test_why_shows_the_last_exits(self):
        self.assertNotIn('last exits', self.ask('why', 'a')[1])
        for _ in range(2):
            self.assertEqual(self.ask('restart', 'a')[0], 0)
        self.assertRegex(self.ask('why', 'a')[1],
                         r'its last exits\n    [-0-9]+ [:0-9]+ by SIGTERM, after [0-9.]+ seconds\n'
                         r'    [-0-9]+ [:0-9]+ by SIGTERM, after [0-9.]+ seconds\n')

    def test_reload_of_what_is_not_there(self):
        """Told once."""
        self.assertEqual(self.ask('reload', 'nosuch'), (1, 'nosuch: ERROR (no such process)\n'))
        self.assertEqual(self.ask('reload', 'nosuch', 'c'),
                         (1, 'nosuch: ERROR (no such process)\nc: stopped\nc: started\n'))

    def test_the_status_is_the_same(self):
        self.compare('status')
        self.compare('status', 'b:*')


class NotOnSupervisord(More):
    """Commands that need suprun say so."""

    test_wait = test_wait_for_what_comes = test_why = test_resources = test_top = None
    test_rolling_restart = test_several_servers = test_completion = None

    def test_refused(self):
        for command in ('plan', 'listeners', 'upgrade', 'events'):
            status, text = self.ask(command)
            self.assertEqual((status, text), (3, 'ERROR: this needs suprun; the server is another one\n'))


if __name__ == '__main__':
    unittest.main()
