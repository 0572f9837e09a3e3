"""suplance check, record and replay."""

import sys
import unittest

from harness import program
from test_suplance import SuplanceTest, exited, tick


class Authors(SuplanceTest):
    """suplance check, record and replay."""

    def check(self, *command):
        run = self.ran('suplance', 'check', '-t', '2', '--', *command, environment={'SUPERVISOR_ENABLED': '1'})
        return run.returncode, run.stdout + run.stderr

    def shell(self, script):
        return self.check('sh', self.write('listener', script))

    def test_our_own_are_good(self):
        good = (0, '31 events sent, 0 errors, 0 notes\n')
        self.assertEqual(self.checked('crashmail', '-m', 'a@x', '-s', 'true'), good)
        self.assertEqual(self.checked('suplance', 'record', self.path('events')), good)

    def test_output_before_ready(self):
        status, said = self.shell('echo hello; echo READY; read x\n')
        self.assertEqual(status, 1)
        self.assertIn("READY and a line end are expected after its start, but it wrote b'hello\\n", said)

    def test_line_end_after_the_result(self):
        status, said = self.shell('while echo READY && read -r h; do head -c ${h##*len:} >/dev/null; '
                                  'echo RESULT 2; echo OK; done\n')
        self.assertEqual(status, 1)
        self.assertIn('no line end may stand behind the result', said)

    def test_wrong_length(self):
        status, said = self.shell('echo READY; read -r h; printf "RESULT 3\\nOK"; sleep 60\n')
        self.assertEqual(status, 1)
        self.assertIn("a result of 3 bytes was promised, but it wrote b'OK'", said)

    def test_no_answer(self):
        status, said = self.shell('echo READY; read -r h; echo oops >&2\n')
        self.assertEqual(status, 1)
        self.assertIn('the event was taken and not answered; it ended; it wrote nothing; its last words: oops', said)

    def test_no_answer_in_time(self):
        status, said = self.shell('echo READY; read -r h; exec sleep 60\n')
        self.assertEqual(status, 1)
        self.assertIn('the event was taken and not answered in 2 s; it wrote nothing', said)

    def test_no_ready(self):
        status, said = self.shell('read -r h; echo READY\n')
        self.assertEqual(status, 1)
        self.assertIn('READY and a line end are expected after its start, but it wrote nothing in 2 s', said)

    def test_it_goes_on_after_the_end(self):
        status, said = self.shell('while echo READY && read -r h; do dd bs=1 count=${h##*len:} >/dev/null 2>&1; '
                                  'printf "RESULT 2\\nOK"; done; exec sleep 60\n')
        self.assertEqual(status, 1)
        self.assertIn('it goes on after the end of its input', said)

    def listener_in_python(self, read):
        return self.check(sys.executable, self.write('listener.py', 'import os, sys\nwhile True:\n'
                                                     '    os.write(1, b"READY\\n")\n%s'
                                                     '    os.write(1, b"RESULT 2\\nOK")\n' % read))

    def test_one_that_reads_once(self):
        status, said = self.listener_in_python('    if not os.read(0, 65536): break\n')
        self.assertEqual(status, 1)
        self.assertIn('error: events that come in pieces, PROCESS_STATE_EXITED', said)
        self.assertIn('it answered before the event was whole', said)

    def test_one_that_counts_bytes(self):
        status, said = self.listener_in_python(
            '    line = b""\n    while not line.endswith(b"\\n"):\n        byte = os.read(0, 1)\n'
            '        if not byte: sys.exit(0)\n        line += byte\n'
            '    left = int(line.split(b"len:")[1])\n'
            '    while left > 0: left -= len(os.read(0, left))\n')
        self.assertEqual(status, 1)
        self.assertRegex(said, 'error: every type of event, PROCESS_[A-Z_]+')

    def test_a_terminal_line_end_and_a_rejection(self):
        status, said = self.shell('printf "READY\\r\\n"; read -r h\n')
        self.assertEqual(status, 1)
        self.assertIn('lines end with LF alone', said)
        status, said = self.check(sys.executable, self.write(
            'rejecting.py', 'import sys\nwhile True:\n    print("READY", flush=True)\n    header = sys.stdin.readline()\n'
            '    if not header: break\n    sys.stdin.read(int(header.split("len:")[1]))\n'
            '    print("RESULT 4\\nFAIL", end="", flush=True)\n'))
        self.assertEqual(status, 0)  # it may be meant
        self.assertIn('rejected: it would be sent again and again', said)
        self.assertIn('31 events sent, 0 errors, 31 notes\n', said)

    def test_no_such_command(self):
        status, said = self.check('/nonexistent')
        self.assertEqual(status, 1)
        self.assertIn('/nonexistent: No such file or directory', said)

    def test_every_second_event(self):
        try:
            import supervisor  # noqa: F401
        except ImportError:
            self.skipTest('no supervisor package')
        # As it is published in many places, with another path for its alarms.
        self.write('listener.py', """
import sys
from supervisor import childutils
def write_stdout(s):
    sys.stdout.write(s)
    sys.stdout.flush()
def write_stderr(s):
    sys.stderr.write(s)
    sys.stderr.flush()
def main():
    while 1:
        write_stdout('READY\\n')
        line = sys.stdin.readline()
        write_stderr(line)
        headers = dict([ x.split(':') for x in line.split() ])
        data = sys.stdin.read(int(headers['len']))
        write_stderr(data)
        write_stdout('RESULT 2\\nOK')
        headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
        pheaders, pdata = childutils.eventdata(payload + '\\n')
        if int(pheaders.get('expected', 1)):
            childutils.listener.ok(sys.stdout)
            continue
        else:
            with open('%s', 'a') as f:
                f.write(str(pheaders))
                f.write(str(pdata))
                f.write('\\n')
        childutils.listener.ok(sys.stdout)
if __name__ == '__main__':
    main()
""" % self.path('alarms'))
        status, said = self.check(sys.executable, self.path('listener.py'))
        self.assertEqual(status, 1)
        self.assertIn('it acts on every second event only', said)
        # The same event twelve times, of which it tells half.
        self.assertGreaterEqual(self.read('alarms').count("'processname': 'cat'"), 6)

    def test_words_that_come_late_are_no_missing_ones(self):
        # Of each event, now at once and now after the next one was answered.
        self.write('listener.py', """
import os, sys, threading
late = False
while True:
    os.write(1, b'READY\\n')
    head = sys.stdin.readline()
    if not head:
        break
    sys.stdin.read(int(head.split('len:')[1]))
    late = not late
    if late:
        threading.Timer(0.3, os.write, (2, b'an event\\n')).start()
    else:
        os.write(2, b'an event\\n')
    os.write(1, b'RESULT 2\\nOK')
""")
        self.assertEqual(self.check(sys.executable, self.path('listener.py')),
                         (0, '31 events sent, 0 errors, 0 notes\n'))

    def test_words_without_an_event_are_no_trace_of_one(self):
        # On every second event by chance, and then while nothing is sent.
        self.write('listener.py', """
import os, sys, threading
speaks = False
timer = None
while True:
    os.write(1, b'READY\\n')
    head = sys.stdin.readline()
    if timer is not None:
        timer.cancel()
    if not head:
        break
    sys.stdin.read(int(head.split('len:')[1]))
    speaks = not speaks
    if speaks:
        os.write(2, b'the server is away\\n')
    timer = threading.Timer(2.5, os.write, (2, b'the server is still away\\n'))
    timer.start()
    os.write(1, b'RESULT 2\\nOK')
""")
        self.assertEqual(self.check(sys.executable, self.path('listener.py')),
                         (0, '31 events sent, 0 errors, 0 notes\n'))

    def test_record_and_replay(self):
        session = self.session('suplance', 'record', self.path('events'))
        session.send(exited('foo', 'bär'), tick(), ('PROCESS_LOG_STDOUT', 'pid:1\n日本'))
        self.assertEqual(session.end(), 0)
        run = self.ran('suplance', 'replay', self.path('events'), '--', program('crashmail'), '-m', 'a@x', '-s',
                       self.path('sendmail'), environment={'SUPERVISOR_ENABLED': '1'})
        self.assertEqual((run.returncode, run.stdout), (0, '3 events, 0 rejected\n'))
        self.assertIn('Process foo in group bär exited', self.wait_for_mails(1)[0])


if __name__ == '__main__':
    unittest.main()
