"""suplance exec and suplance log."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import unittest

from harness import PATIENCE, ROOT, alive, program
from test_suplance import SuplanceTest, Session, exited, fatal, tick


class Exec(SuplanceTest):
    def exec(self, *arguments, **keywords):
        return self.session('suplance', 'exec', *arguments, **keywords)

    def lines(self, name='out'):
        return self.read(name).splitlines() if os.path.exists(self.path(name)) else []

    def wait_for_lines(self, count, name='out'):
        self.wait_until(lambda: len(self.lines(name)) >= count, '%d lines' % count)
        return self.lines(name)

    def test_environment_and_input(self):
        script = self.write('script', '#!/bin/sh\n'
                            'echo "$1 $EVENT_NAME $EVENT_PROCESSNAME $EVENT_GROUPNAME $EVENT_EXPECTED $EVENT_PID" >>@/out\n'
                            'echo "$EVENT_TEXT $EVENT_SERVER $EVENT_POOL" >>@/out\ncat >>@/out\necho noise\n'
                            .replace('@', self.folder), 0o755)
        session = self.exec(script, 'an argument')
        session.send(exited('web', 'shop'))
        self.assertEqual(session.end(), 0)
        lines = self.lines()
        self.assertEqual(lines[:2], ['an argument PROCESS_STATE_EXITED web shop 0 77',
                                     'shop:web exited unexpectedly (pid 77) supervisor x'])
        self.assertRegex(lines[2], '^ver:3.0 server:supervisor .* eventname:PROCESS_STATE_EXITED len:')
        self.assertEqual(lines[3], 'processname:web groupname:shop from_state:RUNNING expected:0 pid:77')
        self.assertEqual(session.said(), 'noise\n')

    def test_json_and_shell(self):
        session = self.exec('--json', '-c', 'cat >>out')
        session.send(exited('web'))
        self.assertEqual(session.end(), 0)
        self.assertEqual(json.loads(self.lines()[0])['processname'], 'web')

    def test_filters(self):
        session = self.exec('-p', 'web', '--unexpected', '-c', 'echo $EVENT_NAME $EVENT_PROCESSNAME >>out')
        session.send(exited('db'), exited('web', expected=1), fatal('web'), tick(), exited('web'))
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.lines(), ['PROCESS_STATE_FATAL web', 'PROCESS_STATE_EXITED web'])

    def test_order_and_parallel(self):
        session = self.exec('-c', 'echo begin >>out; sleep 0.05; echo end >>out')
        session.send(*[exited('web')] * 4)
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.lines(), ['begin', 'end'] * 4)
        # Each waits until three have begun; a fourth must not begin before one of them ended.
        session = self.exec('-j', '3', '-c', 'echo x >>begun; until [ -e go ]; do sleep 0.02; done; echo x >>done')
        session.send(*[exited('web')] * 9)
        self.wait_for_lines(3, 'begun')
        self.assertEqual(len(self.lines('begun')), 3)
        self.write('go', '')
        self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.lines('done')), 9)

    def test_a_command_that_hangs_is_ended_with_all_it_started(self):
        session = self.exec('-t', '5', '-c', 'sleep 600 & echo $! >pid; wait')
        session.send(exited('web'), *[tick()] * 20)
        pid = int(self.wait_for_lines(1, 'pid')[0])  # the next event's command writes another one
        self.wait_until(lambda: 'was ended after 5 s' in session.said(), 'the limit')
        self.wait_until(lambda: not alive(pid), 'the end of its child')

    def test_the_end_while_commands_run(self):
        """It says what is left, and what runs on does so within its limit."""
        session = self.exec('-t', '12', '-c', 'echo $$ >>pid; sleep 600')
        session.send(exited('one'), exited('two'))
        pid = int(self.wait_for_lines(1, 'pid')[0])
        session.process.send_signal(signal.SIGTERM)
        self.assertEqual(session.process.wait(PATIENCE), 0)
        said = session.said()
        self.assertRegex(said, r'no command before the end for .*processname:two ')
        self.assertRegex(said, r'still running at the end: the command for .*processname:one ')
        self.assertTrue(alive(pid))
        self.wait_until(lambda: not alive(pid), 'the limit')

    def test_failures_are_told(self):
        session = self.exec('-c', 'exit 3')
        session.send(exited('web'))
        self.assertEqual(session.end(), 0)
        self.assertRegex(session.said(), r'exec: /bin/sh ended with status 3: ver:3.0 .*processname:web ')
        session = self.exec('/nonexistent/command')
        session.send(exited('web'))
        self.assertEqual(session.end(), 0)
        self.assertIn('/nonexistent/command could not be started: No such file or directory: ', session.said())

    def test_input_that_nobody_reads(self):
        session = self.exec('true')
        session.send(('PROCESS_LOG_STDOUT', 'processname:a groupname:a pid:1 channel:stdout\n' + 'x' * 300000), tick())
        self.assertEqual(session.end(), 0)
        self.assertEqual(session.said(), '')

    def test_waiting_is_bounded(self):
        session = self.exec('-w', '2', '-c', 'until [ -e go ]; do sleep 0.02; done; echo $EVENT_PROCESSNAME >>out')
        session.send(*[exited(name) for name in 'abcd'])
        self.wait_until(lambda: 'too many events wait; no command for' in session.said(), 'the line')
        self.assertIn('processname:b ', session.said())
        self.write('go', '')
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.lines(), ['a', 'c', 'd'])

    def test_protocol(self):
        self.assertEqual(self.checked('suplance', 'exec', 'cat'), (0, '31 events sent, 0 errors, 0 notes\n'))

    def test_usage(self):
        inside = {'SUPERVISOR_ENABLED': '1'}
        for wrong in ([], ['-j', '0', 'true'], ['-j', '65', 'true'], ['-t', 'x', 'true'], ['-c', 'a', 'b'],
                      ['--nonsense', 'true'], ['-e', 'x', 'true']):
            self.assertEqual(self.ran('suplance', 'exec', *wrong, environment=inside).returncode, 2, wrong)
        self.assertEqual(self.ran('suplance', 'exec', 'true').returncode, 2)
        self.assertIn('--jobs', self.ran('suplance', 'exec', '-h').stdout)


class Log(SuplanceTest):
    def log(self, *arguments, **keywords):
        return self.session('suplance', 'log', *arguments, **keywords)

    def test_lines_of_json(self):
        session = self.log(self.path('events'))
        session.send(exited('web', 'shop'), tick(5), ('SUPERVISOR_STATE_CHANGE_RUNNING', ''),
                     ('REMOTE_COMMUNICATION', 'type:hello you\na\nb'), ('PROCESS_GROUP_ADDED', 'groupname:a b\n'))
        # On disk when it is answered.
        events = [json.loads(line) for line in self.read('events').splitlines()]
        self.assertEqual([e['event'] for e in events],
                         ['PROCESS_STATE_EXITED', 'TICK_5', 'SUPERVISOR_STATE_CHANGE_RUNNING',
                          'REMOTE_COMMUNICATION', 'PROCESS_GROUP_ADDED'])
        self.assertEqual(events[0]['text'], 'shop:web exited unexpectedly (pid 77)')
        self.assertEqual((events[1]['when'], events[3]['type'], events[3]['data'], events[4]['groupname']),
                         (1795399560, 'hello you', 'a\nb', 'a b'))
        self.assertEqual(stat.S_IMODE(os.stat(self.path('events')).st_mode), 0o600)
        self.assertEqual((session.end(), session.said()), (0, ''))

    def test_rotation(self):
        session = self.log('-m', '1KB', '-b', '2', self.path('events'))
        session.send(*[exited('web%d' % i) for i in range(40)])
        files = sorted(n for n in os.listdir(self.folder) if n.startswith('events'))
        self.assertEqual(files, ['events', 'events.1', 'events.2'])
        kept = ''.join(self.read(n) for n in ('events.2', 'events.1', 'events')).splitlines()
        names = [json.loads(line)['processname'] for line in kept]
        self.assertEqual(names, ['web%d' % i for i in range(40 - len(names), 40)])
        self.assertTrue(all(os.path.getsize(self.path(n)) <= 1024 for n in files))

    def test_without_backups_it_begins_anew(self):
        session = self.log('-m', '600', '-b', '0', self.path('events'))
        session.send(*[exited('web')] * 20)
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith('events')], ['events'])
        self.assertLessEqual(os.path.getsize(self.path('events')), 600)

    def test_a_file_that_was_moved_away_is_made_again(self):
        session = self.log(self.path('events'))
        session.send(exited('one'))
        os.rename(self.path('events'), self.path('old'))
        session.send(exited('two'))
        self.assertIn('"one"', self.read('old'))
        self.assertNotIn('"two"', self.read('old'))
        self.assertIn('"two"', self.read('events'))

    def test_a_full_disk(self):
        session = self.log('/dev/full')
        session.send(exited('one'), exited('two'))
        self.assertIn('/dev/full: No space left on device; not logged: {"time":', session.said())
        self.assertEqual(session.said().count('not logged'), 2)

    def test_system_log(self):
        path = self.path('devlog')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(path)
            server.settimeout(PATIENCE)
            session = self.log('-s', 'local3', '--syslog-socket', path, '--tag', 'events')
            session.send(exited('one'))
            text = server.recv(65536).decode()
            self.assertRegex(text, r'^<158>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d events\[%d\]: \{"time":' % session.process.pid)
            self.assertEqual(json.loads(text.split(': ', 1)[1])['processname'], 'one')
            # Nobody reads: the protocol goes on, and nothing is lost unsaid.
            session.send(*[('PROCESS_LOG_STDOUT', 'processname:a groupname:a pid:1 channel:stdout\n' + 'x' * 20000)] * 30)
            self.assertIn('not logged: {"time":', session.said())
        os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as again:
            again.bind(path)
            again.settimeout(PATIENCE)
            session.send(exited('two'))
            self.assertIn('"two"', again.recv(65536).decode())

    def test_no_system_log(self):
        session = self.log('-s', 'daemon', '--syslog-socket', self.path('none'))
        session.send(exited('one'))
        self.assertIn('none: No such file or directory; not logged: {"time":', session.said())

    def test_under_suprun(self):
        self.run_with('[program:one]\ncommand=/bin/sleep 600\nstartsecs=0\n'
                      '[eventlistener:history]\ncommand=%s log @/events\nevents=PROCESS_STATE\n' % program('suplance'))
        self.wait_for_log('history entered RUNNING state')
        pid = self.wait_for_pid('one')
        os.kill(pid, signal.SIGKILL)
        self.wait_for_text('events', '"text":"one exited unexpectedly (pid %d)"' % pid)

    def test_usage(self):
        inside = {'SUPERVISOR_ENABLED': '1'}
        for wrong in ([], ['a', 'b'], ['-s', 'nonsense'], ['-s', 'daemon', 'file'], ['-m', 'x', 'file'],
                      ['-b', '-1', 'file'], ['/nonexistent/file']):
            run = self.ran('suplance', 'log', *wrong, environment=inside)
            self.assertEqual((run.returncode, run.stdout), (2, ''), wrong)


class Samples(SuplanceTest):
    """The listeners of samples/listeners, which docs/listeners.md speaks of."""

    def commands(self):
        folder = os.path.join(ROOT, 'samples', 'listeners')
        yield program('sample_listener')
        for name in ('watch.py', 'watch.sh'):
            yield os.path.join(folder, name)

    def test_protocol(self):
        for command in self.commands():
            with self.subTest(command):
                run = self.ran('suplance', 'check', '-t', '10', '--', command)
                self.assertEqual((run.returncode, run.stdout), (0, '31 events sent, 0 errors, 0 notes\n'))

    def test_what_they_say(self):
        for command in self.commands():
            with self.subTest(command):
                session = Session([command], folder=self.folder)
                self.addCleanup(session.close)
                session.send(exited('ok', expected=1), exited('web', 'shop'), tick(), fatal('x'),
                             ('PROCESS_COMMUNICATION_STDOUT', 'processname:a groupname:a pid:1\nü\r\n日本'),
                             ('SUPERVISOR_STATE_CHANGE_STOPPING', ''), exited('db'))
                self.assertEqual(session.end(), 0)
                self.assertEqual(session.said(), 'shop:web died, pid 77\ndb:db died, pid 77\n')

    def test_the_header_alone(self):
        """What the header does beyond the sample, with the compiler that is there."""
        compiler = shutil.which('c++') or shutil.which('g++')
        if not compiler:
            self.skipTest('no compiler')
        self.write('own.cpp', '#include <suplance/listener.h>\n#include <stdexcept>\n#include <cstdlib>\n'
                   'int main() { return suplance::listen([](const suplance::Event& event) {\n'
                   '  if (event.name == "TICK_5") throw std::runtime_error("oops");\n'
                   '  if (std::system("echo noise") != 0) return false;\n'
                   '  return event["pid"] != "1" || event.data.size() != 2; }, suplance::Length::bytes); }\n')
        subprocess.run([compiler, '-std=c++17', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror', '-I',
                        os.path.join(ROOT, 'runtime', 'listeners', 'author'), '-o', self.path('own'),
                        self.path('own.cpp')], check=True)
        session = Session([self.path('own')], folder=self.folder)
        self.addCleanup(session.close)
        session.send(tick(5), tick())
        payload = 'processname:a groupname:a pid:1 channel:stdout\nü'.encode()
        session.process.stdin.write(b'ver:3.0 eventname:PROCESS_LOG_STDOUT len:%d\n' % len(payload) + payload)
        session.process.stdin.flush()
        session.expect(b'RESULT 4\nFAILREADY\n')
        session.process.stdin.write(b'nonsense\n')
        session.process.stdin.flush()
        self.assertEqual(session.process.wait(PATIENCE), 1)
        self.assertEqual(session.said(), 'TICK_5: oops\nnoise\nnoise\nnot the header of an event: nonsense\n')


if __name__ == '__main__':
    unittest.main()
