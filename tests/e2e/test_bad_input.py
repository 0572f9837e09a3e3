"""What a stranger hands to the programs: one clear line, the right exit status, no half file."""

import json
import os
import subprocess
import tempfile
import unittest

from harness import program
from test_supc import SUPERVISORD, SupcTest

GOOD = SUPERVISORD + '[program:a]\ncommand=/bin/cat\n'
READERS = (['build', '-o', 'out'], ['dump'], ['explain'], ['fmt', '--check'], ['migrate', '-o', 'out'])


class BadInput(SupcTest):
    """Files that are none, and places that cannot be written."""

    def setUp(self):
        super().setUp()
        self.write('good.conf', GOOD)
        self.supc('build', 'good.conf', '-o', 'good.bin')
        with open(self.path('good.bin'), 'rb') as file:
            self.plan = file.read()

    def run_program(self, name, *arguments, **keywords):
        """Exit status, standard output, the lines of standard error."""
        made = subprocess.run([program(name), *arguments], cwd=self.folder, check=False, timeout=60,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              stdout=keywords.pop('stdout', subprocess.PIPE), **keywords)
        # Lines of bad files are shown as they are.
        output = made.stdout.decode(errors='backslashreplace') if made.stdout is not None else ''
        return (made.returncode, output,
                made.stderr.decode(errors='backslashreplace').splitlines())

    def expect_one_line(self, wanted, name, *arguments, status=2, **keywords):
        made = self.run_program(name, *arguments, **keywords)
        self.assertEqual((made[0], len(made[2])), (status, 1), (name, arguments, made))
        self.assertIn(wanted, made[2][0], (name, arguments))
        self.assertNotIn('no findings', made[1])
        self.assertEqual([entry for entry in os.listdir(self.folder) if entry.startswith('out')], [])

    def test_what_is_no_file(self):
        os.mkdir(self.path('folder'))
        os.symlink('loop', self.path('loop'))
        with open(self.path('hole'), 'wb') as file:
            file.truncate(1 << 42)  # as long as it says, it would not fit into any memory
        for path, reason in (('missing', 'No such file'), ('loop', 'symbolic links'),
                             ('good.conf/x', 'Not a directory'), ('', 'No such file'),
                             ('/dev/zero', 'too large'), ('hole', 'too large'), ('x' * 5000, 'too long')):
            for command in READERS:
                self.expect_one_line(reason, 'supc', *command, path)
            self.expect_one_line(reason, 'supc', 'diff', path, 'good.conf')
            self.expect_one_line(reason, 'supc', 'diff', 'good.conf', path)
            self.expect_one_line(reason, 'supcheck', path)
            if path:
                self.expect_one_line(reason if reason != 'too large' else 'larger than any plan',
                                     'suprun', path)
        for command in (['build', '-o', 'out'], ['dump'], ['explain'], ['migrate', '-o', 'out']):
            self.expect_one_line('Is a directory', 'supc', *command, 'folder')

    @unittest.skipUnless(os.getuid() == 0, 'needs a second user')
    def test_what_may_not_be_read(self):
        os.chmod(self.folder, 0o755)
        os.chmod(self.path('good.conf'), 0)
        keywords = {'user': 65534, 'group': 65534, 'extra_groups': []}
        if self.run_program('supc', '--version', **keywords)[0] != 0:
            self.skipTest('the programs are not for other users')
        for command in READERS:
            self.expect_one_line('Permission denied', 'supc', *command, 'good.conf', **keywords)
        self.expect_one_line('Permission denied', 'supcheck', 'good.conf', **keywords)

    def test_a_plan_is_no_configuration(self):
        for command in (['build', '-o', 'out'], ['migrate', '-o', 'out']):
            self.expect_one_line('it is a plan', 'supc', *command, 'good.bin')
        self.expect_one_line('it is a plan', 'supcheck', 'good.bin')

    def test_plans_that_are_damaged(self):
        def changed(place, bit):
            damaged = bytearray(self.plan)
            damaged[place] ^= bit
            return bytes(damaged)
        damages = [self.plan[:size] for size in (5, 8, 15, 24, len(self.plan) // 2, len(self.plan) - 1)]
        damages += [changed(place, 1) for place in range(0, len(self.plan), 7)]
        damages += [self.plan + b'x', changed(8, 0x7e)]
        for damaged in damages:
            with open(self.path('bad.bin'), 'wb') as file:
                file.write(damaged)
            self.expect_one_line('not a usable plan', 'suprun', 'bad.bin')
            self.expect_one_line('not a usable plan', 'supc', 'dump', 'bad.bin')

    def test_pipes_that_nobody_writes_to(self):
        os.mkdir(self.path('conf.d'))
        os.mkfifo(self.path('conf.d/pipe.conf'))
        self.write('main.conf', GOOD + '[include]\nfiles=conf.d/*.conf\n')
        status, output, errors = self.run_program('supcheck', 'main.conf')
        self.assertEqual((status, errors), (1, []))
        self.assertIn('conf.d/pipe.conf: it is a pipe', output)
        self.expect_one_line('it is a pipe', 'supcheck', 'conf.d')
        self.expect_one_line('it is a pipe', 'supc', 'fmt', 'conf.d')
        self.assertEqual(self.run_program('supc', 'build', 'main.conf', '-o', 'plan.bin')[0], 0)
        for command in READERS:
            self.expect_one_line('it is a pipe', 'supc', *command, 'conf.d/pipe.conf')
        for arguments in (['conf.d/pipe.conf'],
                          ['--config', 'conf.d/pipe.conf', 'good.conf']):
            self.expect_one_line('it is a pipe', 'supcheck', *arguments)
        # One among the devices has a name as well.
        with tempfile.TemporaryDirectory(dir='/dev/shm') as folder:
            os.mkfifo(folder + '/pipe.conf')
            self.expect_one_line('it is a pipe', 'supcheck', folder + '/pipe.conf')

    def test_pipes_of_a_shell(self):
        for command in (['supc', 'dump'], ['supc', 'explain'], ['supcheck']):
            reading, writing = os.pipe()
            os.write(writing, GOOD.encode())
            os.close(writing)
            status, output, errors = self.run_program(*command, '/dev/fd/%d' % reading,
                                                      pass_fds=[reading])
            os.close(reading)
            self.assertEqual((status, errors), (0, []))
            self.assertTrue(output)

    def test_folders_that_hold_nothing(self):
        os.mkdir(self.path('empty'))
        status, _, errors = self.run_program('supcheck', 'empty')
        self.assertEqual(status, 0)
        self.assertIn('empty holds no file', errors[0])

    def test_output_that_cannot_be_written(self):
        for name, *arguments in (['supcheck', 'good.conf'], ['supcheck', '--list-rules'],
                                 ['supcheck', '--explain', 'SUP202'], ['supc', 'dump', 'good.conf'],
                                 ['supc', 'explain', 'good.conf'], ['supc', 'init', '--print'],
                                 ['supc', 'schema'], ['supc', '--help']):
            with open('/dev/full', 'wb') as full:
                self.expect_one_line('cannot write to standard output', name, *arguments, stdout=full)
        for place, reason in (('/dev/full', 'No space'), ('missing/out', 'No such file'),
                              ('good.conf/out', 'Not a directory')):
            self.expect_one_line(reason, 'supc', 'build', 'good.conf', '-o', place)
        self.expect_one_line('File exists', 'supc', 'init', 'good.conf')

    def test_words_that_are_no_command(self):
        self.expect_one_line('there is no command `bulid`', 'supc', 'bulid', 'good.conf')
        self.expect_one_line('name a command: build, ', 'supc')

    def test_arguments_of_other_daemons(self):
        for arguments, wanted in ((['-w', '9001'], '[inet_http_server]'), (['--env-file=x'], 'the Go supervisord'),
                                  (['ctl', 'status'], 'supervisorctl'), (['--http_port=1'], 'Supervisor 2')):
            status, _, errors = self.run_program('suprun', *arguments)
            self.assertEqual(status, 2)
            self.assertIn('argument of', errors[0])
            self.assertIn(wanted, errors[0])

    def test_any_bytes(self):
        noise = bytes(range(256)) * 64
        for text in (noise, b'[' * 5000, b'=\n' * 5000, b'[a]\n' + b' x\n' * 5000, b'%(' * 5000,
                     b'[program:a]\ncommand=' + b'%(ENV_X)s' * 2000, b'\xef\xbb\xbf[a]\n', b'\0'):
            with open(self.path('bytes.conf'), 'wb') as file:
                file.write(text)
            for target in '3.4', '4.4':
                self.assertIn(self.run_program('supcheck', '--target', target, 'bytes.conf')[0], (0, 1))
                self.assertEqual(self.run_program('supc', 'build', '--target', target, 'bytes.conf',
                                                  '-o', 'out')[0], 1)
            self.assertIn(self.run_program('supc', 'migrate', 'bytes.conf', '-o', 'migrated')[0], (0, 1))
            self.assertFalse(os.path.exists(self.path('out')))

    def test_ten_thousand_files_in_a_circle(self):
        for number in range(10000):
            self.write('many/%05d.conf' % number, '[program:p%d]\ncommand=/bin/cat\n[include]\n'
                       'files=*.conf ../main.conf\n' % number)
        self.write('main.conf', SUPERVISORD + '[include]\nfiles=many/*.conf main.conf many many/[0-1]*\n')
        out = self.supc('dump', 'main.conf')
        self.assertEqual(out.count('[program:'), 10000)


class Targets(SupcTest):
    """What changed between the versions that can be asked for."""

    VERSIONS = '3.4', '4.2', '4.3', '4.4'

    def field(self, text, target, name, *arguments):
        """A field of the first process; None if the configuration is refused."""
        self.write('t.conf', text)
        made = subprocess.run([program('supc'), 'dump', '--json', '--resolved', '--target', target,
                               't.conf', *arguments], cwd=self.folder, capture_output=True, check=False)
        if made.returncode == 1:
            return None
        self.assertEqual(made.returncode, 0, made.stderr)
        return json.loads(made.stdout)['groups'][0]['processes'][0][name]

    def expect(self, text, name, values, *arguments):
        found = [self.field(text, target, name, *arguments) for target in self.VERSIONS]
        self.assertEqual(found, values, text)

    def program(self, line, command='/bin/cat'):
        return SUPERVISORD + '[program:a]\ncommand=%s\n%s\n' % (command, line)

    def test_defaults(self):
        self.expect(self.program(''), 'exitcodes', [[0, 2], [0], [0], [0]])

    def test_options(self):
        self.expect(self.program('stdout_syslog=perhaps'), 'command', ['/bin/cat', None, None, None])
        self.expect(self.program('stderr_syslog=perhaps'), 'command', ['/bin/cat', None, None, None])
        self.expect('[supervisord]\nsilent=perhaps\n' + self.program('')[14:], 'command',
                    ['/bin/cat', None, None, None])

    def test_names(self):
        self.expect(self.program('', '/bin/cat %(numprocs)d'), 'command', [None] + ['/bin/cat 1'] * 3)
        daemon = '[supervisord]\nenvironment=A="b"\n[program:a]\ncommand=/bin/cat %(ENV_A)s\n'
        self.expect(daemon, 'command', [None] + ['/bin/cat b'] * 3, '--env-strict')
        host = '[supervisord]\nenvironment=A="%(host_node_name)s"\n[program:a]\ncommand=/bin/cat\n'
        self.expect(host, 'command', [None] * 3 + ['/bin/cat'])

    def test_values_that_are_expanded_twice(self):
        text = '[supervisord]\nenvironment=A="%s"\n[program:a]\ncommand=/bin/cat\n'
        self.expect(text % '50%%', 'command', [None] * 3 + ['/bin/cat'])
        self.expect(text % '50%%%%', 'command', ['/bin/cat'] * 4)

    def test_environment(self):
        # shlex, and since 4.4 shlex in its POSIX mode.
        old, new = {'A': 'x\\\\y', 'B': 'q'}, {'A': 'x\\y', 'B': '"q"'}
        text = self.program('environment=A="x\\\\y",B=\'"q"\'')
        found = [self.field(text, target, 'environment') for target in self.VERSIONS]
        for values, wanted in zip(found, [old] * 3 + [new]):
            self.assertEqual({name: values[name] for name in wanted}, wanted)

    def test_lines(self):
        # Python 2 and 3 read lines in two ways.
        self.expect(self.program('', '/bin/cat #x'), 'command', ['/bin/cat #x'] + ['/bin/cat'] * 3)
        self.expect(self.program('rem x'), 'command', ['/bin/cat', None, None, None])
        self.expect(SUPERVISORD + '[program:a]\n  command=/bin/cat\n', 'command', [None] + ['/bin/cat'] * 3)
        self.expect(self.program('  ;x'), 'command', ['/bin/cat\n;x'] + ['/bin/cat'] * 3)
        self.expect(self.program('startsecs=1_0'), 'startsecs', [None, 10, 10, 10])


if __name__ == '__main__':
    unittest.main()
