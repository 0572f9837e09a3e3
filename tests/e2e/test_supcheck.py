"""supcheck as a user and a pipeline see it: where findings go, and what fixes do to files."""

import json
import os
import pty
import shutil
import subprocess
import tempfile
import unittest

from harness import program

FRAGMENT = b'[program:web]\r\n; a remark\r\n\r\ncommand=/bin/web\r\nautosart=true\r\n'
FIXED = FRAGMENT.replace(b'autosart', b'autostart')


class SupcheckTest(unittest.TestCase):
    """A test with a folder of files."""

    maxDiff = None

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='supcheck-'))
        self.addCleanup(shutil.rmtree, self.folder)
        self.write('web.conf', FRAGMENT)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder, name), 'rb') as file:
            return file.read()

    def supcheck(self, *arguments, status=0, stdin=b'', **variables):
        env = {'PATH': os.environ['PATH'], **variables}
        run = subprocess.run([program('supcheck'), *arguments], cwd=self.folder, env=env,
                             input=stdin, capture_output=True, check=False)
        self.errors = run.stderr
        self.assertEqual(run.returncode, status, run.stderr)
        return run.stdout


class SupcheckOutput(SupcheckTest):
    """Formats, files and colours."""

    def test_closing_line(self):
        told = self.supcheck('web.conf', status=1).decode().splitlines()[-1]
        self.assertRegex(told, r'^1 warning in 1 file \(\d+ rules\), 1 fixable with --fix$')
        self.write('web.conf', FIXED)
        told = self.supcheck('--format', 'concise', 'web.conf').decode()
        self.assertRegex(told, r'^no findings in 1 file \(\d+ rules\)\n$')

    def test_time_is_for_those_who_look_on(self):
        master, slave = pty.openpty()
        with subprocess.Popen([program('supcheck'), 'web.conf'], cwd=self.folder, stdout=slave,
                              env={'PATH': os.environ['PATH'], 'TERM': 'xterm'}) as child:
            os.close(slave)
            told = b''
            while True:
                try:
                    part = os.read(master, 4096)
                except OSError:
                    break
                if not part:
                    break
                told += part
            child.wait(timeout=30)
        os.close(master)
        self.assertRegex(told.decode(), r'\(\d+ rules, \d+ ms\)')
        self.assertIn(b'\x1b[', told)

    def test_colours(self):
        plain = self.supcheck('web.conf', status=1)
        self.assertNotIn(b'\x1b[', plain)
        for name in ('FORCE_COLOR', 'CLICOLOR_FORCE'):
            self.assertIn(b'\x1b[', self.supcheck('web.conf', status=1, **{name: '1'}))
            self.assertEqual(plain, self.supcheck('web.conf', status=1, **{name: '0'}))
            self.assertEqual(plain, self.supcheck('web.conf', status=1, NO_COLOR='1', **{name: '1'}))
        self.assertIn(b'\x1b[', self.supcheck('--color', 'always', 'web.conf', status=1, NO_COLOR='1'))

    def test_github_is_chosen_by_itself(self):
        self.write('conf.d/web.conf', FRAGMENT)
        variables = {'GITHUB_ACTIONS': 'true', 'GITHUB_WORKSPACE': os.path.dirname(self.folder)}
        told = self.supcheck('conf.d', status=1, **variables).decode()
        self.assertTrue(told.startswith('::warning title=SUP202 unknown-option,file=%s/conf.d/web.conf,'
                                        'line=5,endLine=5,col=1,endColumn=9::conf.d/web.conf:5:1: '
                                        % os.path.basename(self.folder)), told)
        plain = self.supcheck('--format', 'text', 'conf.d', status=1, **variables)
        self.assertEqual(plain, self.supcheck('conf.d', status=1))

    def test_secrets_are_not_told(self):
        self.write('root.conf', b'[supervisord]\n[program:x]\ncommand=/bin/cat\n[inet_http_server]\n'
                   b'port=127.0.0.1:9001\nusername=user\npassword=hunter2hunter2\n[supervisorctl]\n'
                   b'username=user\npassword=hunter3hunter3\n')
        for name in ('text', 'concise', 'json', 'jsonl', 'sarif', 'github', 'gitlab', 'checkstyle',
                     'junit', 'gcc'):
            told = self.supcheck('--format', name, 'root.conf', status=1)
            self.assertIn(b'SUP504', told, name)
            self.assertNotIn(b'hunter', told, name)

    def test_output_file(self):
        told = self.supcheck('--format', 'json', '--output-file', 'out/x.json', 'web.conf', status=2)
        self.assertIn(b'cannot write out/x.json', self.errors)
        told = self.supcheck('--format', 'json', '--output-file', 'x.json', 'web.conf', status=1)
        self.assertEqual(told, b'')
        self.assertEqual(json.loads(self.read('x.json'))[0]['rule'], 'SUP202')
        self.assertEqual(sorted(os.listdir(self.folder)), ['web.conf', 'x.json'])

    def test_where_it_is_checked_says_nothing_of_where_it_will_lie(self):
        self.write('main.conf', b'[supervisord]\nuser=root\n[unix_http_server]\nfile=%(here)s/s.sock\n'
                   b'[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory='
                   b'supervisor.rpcinterface:make_main_rpcinterface\n[program:a]\ncommand=/bin/a\n')
        self.assertTrue(self.folder.startswith(tempfile.gettempdir()))
        self.assertNotIn(b'SUP1108', self.supcheck('main.conf'))

    @unittest.skipIf(shutil.which('setpriv') is None or os.geteuid() != 0, 'needs root and setpriv')
    def test_a_folder_that_may_not_be_listed_is_not_empty(self):
        self.write('closed/a.conf', FIXED)
        self.write('main.conf', b'[supervisord]\n[include]\nfiles=closed/*.conf\n')
        os.chmod(self.folder, 0o755)
        os.chmod(os.path.join(self.folder, 'closed'), 0)
        as_nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
                     program('supcheck')]

        def run(*paths):
            return subprocess.run([*as_nobody, *paths], cwd=self.folder, capture_output=True,
                                  check=False)

        closed = run('closed')
        self.assertEqual(closed.returncode, 2)
        self.assertIn(b'cannot read closed: Permission denied', closed.stderr)
        self.assertNotIn(b'holds no file', closed.stderr)
        self.assertIn(b'may not list the folder: ', run('main.conf').stdout)

    def test_unknown_format(self):
        self.supcheck('--format', 'yaml', 'web.conf', status=2)
        self.assertIn(b'there is no format yaml', self.errors)


class SupcheckFixes(SupcheckTest):
    """--fix, --unsafe-fixes and --diff."""

    DIFF = (b'--- web.conf\n+++ web.conf\n@@ -2,4 +2,4 @@\n ; a remark\r\n \r\n'
            b' command=/bin/web\r\n-autosart=true\r\n+autostart=true\r\n')

    def test_fix(self):
        told = self.supcheck('--fix', 'web.conf')
        self.assertTrue(told.startswith(b'no findings'), told)
        self.assertIn(b'1 fix applied', self.errors)
        self.assertEqual(self.read('web.conf'), FIXED)
        os.chmod(os.path.join(self.folder, 'web.conf'), 0o400)
        self.supcheck('--fix', 'web.conf')
        self.assertIn(b'0 fixes applied', self.errors)

    def test_diff(self):
        self.assertEqual(self.supcheck('--diff', 'web.conf', status=1), self.DIFF)
        self.assertEqual(self.supcheck('--fix', '--diff', 'web.conf', status=1), self.DIFF)
        self.assertEqual(self.read('web.conf'), FRAGMENT)
        self.assertEqual(self.supcheck('--diff', '--exit-zero', 'web.conf'), self.DIFF)
        self.write('web.conf', FIXED)
        self.assertEqual(self.supcheck('--diff', 'web.conf'), b'')

    def test_standard_input(self):
        self.assertEqual(self.supcheck('--fix', '-', stdin=FRAGMENT), FIXED)
        self.assertIn(b'no findings', self.errors)
        self.assertEqual(self.supcheck('--fix', '-', stdin=FIXED), FIXED)
        diff = self.supcheck('--diff', '--stdin-filename', 'web.conf', '-', stdin=FRAGMENT, status=1)
        self.assertEqual(diff, self.DIFF)

    def test_unsafe(self):
        text = b'[program:web]\ncommand=/bin/web\nautostart=enabled\n'
        self.write('web.conf', text)
        told = self.supcheck('web.conf', status=1)
        self.assertIn(b'1 with --fix --unsafe-fixes', told)
        self.assertEqual(self.supcheck('--unsafe-fixes', 'web.conf', status=1), told)
        self.supcheck('--fix', 'web.conf', status=1)
        self.assertEqual(self.read('web.conf'), text)
        diff = self.supcheck('--diff', '--unsafe-fixes', 'web.conf', status=1)
        self.assertIn(b'-autostart=enabled\n+autostart=true\n', diff)
        self.supcheck('--fix', '--unsafe-fixes', 'web.conf')
        self.assertEqual(self.read('web.conf'), text.replace(b'enabled', b'true'))

    def test_files_that_two_roots_include(self):
        self.write('shared.inc', b'[program:s]\ncommand=/bin/s\nautosart=true\n')
        for name in 'abcdefghijklmnop':
            self.write('roots/%s.conf' % name,
                       b'[supervisord]\nuser=root\n[include]\nfiles=../shared.inc\n'
                       b'[program:%s]\ncommand=/bin/x\nautosart=true\n' % name.encode())
        self.supcheck('--fix', 'roots')
        self.assertIn(b'17 fixes applied', self.errors)
        self.assertIn(b'autostart=true', self.read('shared.inc'))


class SupcheckMachine(SupcheckTest):
    """--root and --host: what there is on a real disk."""

    CONFIGURATION = b"""\
[unix_http_server]
file=/run/s.sock
chown=app:nogroup
username=ops
password=not-for-everybody
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
user=app
logfile=/var/log/s.log
pidfile=/var/spool/s.pid
childlogdir=/dev/shm
[include]
files=conf.d/*.conf
[program:good]
command=/srv/good
stdout_logfile=/var/log/good.log
[program:lost]
command=/srv/lost
[program:plain]
command=/srv/plain
[program:closed]
command=/srv/closed
user=ap
[program:none]
command=/srv/none
directory=/var/none
[program:number]
command=/srv/good
user=4242
[supervisorctl]
serverurl=unix:///run/s.sock
username=ops
password=not-for-everybody
"""

    def found(self, *arguments):
        told = json.loads(self.supcheck('--format', 'json', *arguments, status=1))
        return [(each['line'], each['rule'], each['message']) for each in told]

    def program(self, name, text, mode=0o755):
        self.write(name, text)
        os.chmod(os.path.join(self.folder, name), mode)

    def test_an_image(self):
        # One who may write into /var/log by a group that only /etc/group names, and nowhere else.
        self.write('image/etc/passwd', b'root:x:0:0:root:/root:/bin/sh\nno user\n'
                   b'app:x:4242:4242::/srv/app:/bin/sh\nodd:x:many:4242::/:/bin/sh\n')
        self.write('image/etc/group', b'root:x:0:\napp:x:4242:\nlogs:x:%d:other,app\n' % os.getgid())
        for folder, mode in (('run', 0o1777), ('var/log', 0o775), ('var/spool', 0o755)):
            os.makedirs(os.path.join(self.folder, 'image', folder))
            os.chmod(os.path.join(self.folder, 'image', folder), mode)
        self.program('image/srv/good', b'\x7fELF')
        self.program('image/srv/lost', b'#!/usr/bin/none\n')
        self.program('image/srv/plain', b'echo\n')
        self.program('image/srv/closed', b'#!/bin/sh\n', 0o644)
        self.program('image/etc/supervisor/supervisord.conf', self.CONFIGURATION, 0o644)
        self.write('image/etc/supervisor/conf.d/a.conf', b'[program:a]\ncommand=/srv/good\n')
        self.write('image/etc/supervisor/conf.d/b.ini', b'[program:b]\ncommand=/srv/good\n')
        found = self.found('--root', 'image', '/etc/supervisor/supervisord.conf')
        self.assertEqual([(line, rule) for line, rule, _ in found], [
            (3, 'SUP1007'), (5, 'SUP1106'), (11, 'SUP1010'), (14, 'SUP118'), (19, 'SUP1003'),
            (21, 'SUP1003'), (23, 'SUP1002'), (24, 'SUP1007'), (26, 'SUP1001'), (27, 'SUP1004'),
            (30, 'SUP915')], found)
        said = {(line, rule): message for line, rule, message in found}
        self.assertIn('there is no group `nogroup`', said[3, 'SUP1007'])
        self.assertIn('`app`, as which the daemon runs, may not write into `/var/spool`',
                      said[11, 'SUP1010'])
        self.assertIn('/etc/supervisor/conf.d/b.ini', said[14, 'SUP118'])
        self.assertIn('there is no user `ap`', said[24, 'SUP1007'])

    def test_this_machine(self):
        self.program('plain', b'echo\n')
        self.program('good', b'#!/bin/sh\n')
        os.mkdir(os.path.join(self.folder, 'closed'), 0o755)
        self.write('conf.d/b.ini', b'[program:b]\ncommand=/bin/cat\n')
        self.write('s.conf', b"""\
[supervisord]
user=nobody
logfile=@/closed/s.log
pidfile=/tmp/s.pid
[include]
files=conf.d/*.conf
[program:good]
command=@/good
stdout_logfile=NONE
user=no-such-user
[program:plain]
command=@/plain
stdout_logfile=NONE
user=0
[program:none]
command=no-such-command
directory=@/none
stdout_logfile=~/none/x.log
""".replace(b'@', self.folder.encode()))
        found = self.found('--host', 's.conf')
        rules = {(line, rule) for line, rule, _ in found}
        if os.getuid() == 0:  # who alone can become another user
            self.assertIn((3, 'SUP1010'), rules, found)
        for each in ((6, 'SUP112'), (6, 'SUP118'), (10, 'SUP1007'), (12, 'SUP1003'), (16, 'SUP1001'),
                     (17, 'SUP1004')):
            self.assertIn(each, rules, found)
        # What is there is not complained of.
        self.assertEqual([line for line, rule in rules if line == 8], [], found)


class SupcheckRules(SupcheckTest):
    """--explain and --list-rules."""

    def test_explain(self):
        told = self.supcheck('--explain', 'daemonizing-command').decode()
        self.assertTrue(told.startswith('SUP801 daemonizing-command (error)\n'), told)
        for part in ('\nWhy it matters\n', '\nBad\n    [program:', '\nGood\n    [program:',
                     '\nHow to mend it\n', '\nFix: unsafe. Asked: always. Supervisor: '):
            self.assertIn(part, told)
        self.assertNotIn('```', told)
        page = self.supcheck('--explain', 'sup801', '--format', 'md').decode()
        self.assertTrue(page.startswith('# SUP801 daemonizing-command\n'), page)
        self.supcheck('--explain', 'SUP999', status=2)
        self.assertIn(b'there is no rule SUP999', self.errors)
        self.supcheck('--explain', 'SUP801', '--format', 'sarif', status=2)

    def test_list(self):
        rules = json.loads(self.supcheck('--list-rules', '--format', 'json'))
        row = next(rule for rule in rules if rule['rule'] == 'SUP202')
        self.assertEqual(row, {'rule': 'SUP202', 'name': 'unknown-option',
                               'family': 'names of sections and options', 'severity': 'warning',
                               'fix': 'safe', 'asked': 'always',
                               'summary': 'an option that Supervisor does not know',
                               'url': 'docs/rules/SUP202.md'})
        lines = self.supcheck('--list-rules').decode().splitlines()
        self.assertEqual([line.split()[0] for line in lines], [rule['rule'] for rule in rules])
        self.supcheck('--format', 'md', 'web.conf', status=2)

    def test_rules_in_sarif(self):
        log = json.loads(self.supcheck('--format', 'sarif', 'web.conf', status=1))
        rule, = log['runs'][0]['tool']['driver']['rules']
        self.assertIn('## How to mend it', rule['help']['markdown'])
        self.assertIn('How to mend it', rule['help']['text'])
        fix, = log['runs'][0]['results'][0]['fixes']
        replacement = fix['artifactChanges'][0]['replacements'][0]
        self.assertEqual(replacement['insertedContent']['text'], 'autostart')
        self.assertEqual(replacement['deletedRegion'],
                         {'startLine': 5, 'startColumn': 1, 'endLine': 5, 'endColumn': 9})


if __name__ == '__main__':
    unittest.main()
