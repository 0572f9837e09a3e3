"""The mail tools of suplance under the real suprun, with a real SMTP server and a real sendmail (msmtp)."""

import asyncio
import email
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from harness import DaemonTest, PATIENCE, program

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
except ImportError:
    Controller = None

STAMP = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}'


def exited(process, group=None, expected=0, pid=77):
    return 'PROCESS_STATE_EXITED', 'processname:%s groupname:%s from_state:RUNNING expected:%d pid:%d' % (
        process, group or process, expected, pid)


def fatal(process, group=None):
    return 'PROCESS_STATE_FATAL', 'processname:%s groupname:%s from_state:BACKOFF' % (
        process, group or process)


def tick(seconds=60):
    return 'TICK_%d' % seconds, 'when:1795399560'


class Session:
    """A listener that is spoken to as supervisord does."""

    serial = 0

    def __init__(self, command, environment=None, folder=None):
        surroundings = {'PATH': os.environ['PATH'], 'SUPERVISOR_ENABLED': '1', 'TZ': 'UTC',
                        'SUPERVISOR_SERVER_URL': 'http://127.0.0.1:1'}
        surroundings.update(environment or {})
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, cwd=folder,
                                        env={k: v for k, v in surroundings.items() if v is not None})
        self.expect(b'READY\n')

    def expect(self, wanted):
        got = b''
        while len(got) < len(wanted):
            more = os.read(self.process.stdout.fileno(), len(wanted) - len(got))
            if not more:
                break
            got += more
        if got != wanted:
            raise AssertionError('%r instead of %r; %s' % (got, wanted, self.said()))

    def tell(self, event):
        name, payload = event
        header = 'ver:3.0 server:supervisor serial:%d pool:x poolserial:%d eventname:%s len:%d\n' % (
            Session.serial, Session.serial, name, len(payload))
        Session.serial += 1
        self.process.stdin.write((header + payload).encode())
        self.process.stdin.flush()

    def send(self, *events):
        for event in events:
            self.tell(event)
            self.expect(b'RESULT 2\nOKREADY\n')

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def end(self):
        """Closes its input; the status it ends with."""
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        rest = self.process.stdout.read()
        self.process.stdout.close()
        if rest:
            raise AssertionError('more on standard output: %r' % rest)
        return status

    def close(self):
        if self.process.poll() is None:
            if os.environ.get('SUP_COVERAGE'):  # as in harness.py
                try:
                    self.process.stdin.close()
                    self.process.wait(PATIENCE)
                except (BrokenPipeError, subprocess.TimeoutExpired):
                    pass
            self.process.kill()
            self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            try:
                file.close()
            except BrokenPipeError:
                pass


class SuplanceTest(DaemonTest):
    def setUp(self):
        super().setUp()
        self.sessions = []
        if not os.path.exists(program('suplance')):
            self.skipTest('no suplance')
        # A sendmail that keeps what it gets, and speaks on standard output, as none should.
        self.write('sendmail', '#!/bin/sh\necho noise\ncat >@/tmp.$$ && mv @/tmp.$$ @/mail.$$\n'
                   .replace('@', self.folder), 0o755)

    def session(self, tool, *arguments, **keywords):
        session = Session([program(tool), *arguments], folder=self.folder, **keywords)
        self.sessions.append(session)
        self.addCleanup(session.close)
        return session

    def tearDown(self):
        if os.environ.get('SUP_COVERAGE'):  # before what is left is killed
            for session in self.sessions:
                session.close()
        super().tearDown()

    def mails(self):
        names = [n for n in os.listdir(self.folder) if n.startswith('mail.')]
        names.sort(key=lambda n: os.stat(self.path(n)).st_mtime_ns)
        return [self.read(n) for n in names]

    def wait_for_mails(self, count):
        self.wait_until(lambda: len(self.mails()) >= count, '%d mails' % count)
        return self.mails()

    def ran(self, tool, *arguments, environment=None):
        surroundings = {'PATH': os.environ['PATH']}
        surroundings.update(environment or {})
        return subprocess.run([program(tool), *arguments], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=PATIENCE, env=surroundings)

    def checked(self, tool, *arguments):
        """What suplance check says of a tool of ours, which has a quarter of our patience for an answer."""
        run = self.ran('suplance', 'check', '-t', str(round(PATIENCE / 4)), '--', program(tool), *arguments,
                       environment={'SUPERVISOR_ENABLED': '1'})
        return run.returncode, run.stdout


class Crashmail(SuplanceTest):
    def test_mail_is_superlances_byte_for_byte(self):
        session = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'a@x,b@x')
        session.send(exited('foo', 'bar'))
        mail = self.wait_for_mails(1)[0]
        self.assertRegex(mail, r'\ATo: a@x,b@x\nSubject:  foo crashed at ' + STAMP + r'\n\n'
                         r'Process foo in group bar exited unexpectedly \(pid 77\) from state RUNNING\Z')
        self.wait_until(lambda: session.said().endswith('Mailed:\n\n' + mail), 'the report')
        self.assertTrue(session.said().startswith('unexpected exit, mailing\n'))
        self.assertEqual(session.end(), 0)

    def test_prefix(self):
        session = self.session('crashmail', '--optional=H', '-s', self.path('sendmail'), '--email', 'a@x')
        session.send(exited('foo'))
        self.assertRegex(self.wait_for_mails(1)[0], r'\nSubject: H: foo crashed at ' + STAMP + '\n')

    def test_only_unexpected_exits(self):
        session = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'a@x')
        session.send(exited('foo', expected=1), fatal('foo'), tick(), ('PROCESS_LOG_STDOUT', 'a\nb'))
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.mails(), [])

    def test_programs_are_filtered(self):
        session = self.session('crashmail', '-p', 'web', '-p', 'shop:db', '-p', 'bank:*', '-s',
                               self.path('sendmail'), '-m', 'a@x')
        session.send(exited('other'), exited('web'), exited('db', 'other'), exited('db', 'shop'),
                     exited('till', 'bank'))
        self.assertEqual(session.end(), 0)
        self.assertEqual([re.search(r'Process (\S+)', m)[1] for m in self.mails()], ['web', 'db', 'till'])

    def test_any_and_compat_filter_nothing(self):
        for option in ('-a', '--compat'):
            session = self.session('crashmail', '-p', 'web', option, '-s', self.path('sendmail'),
                                   '-m', 'a@x')
            session.send(exited('other'))
            self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.mails()), 2)

    def test_without_address_nothing_is_sent(self):
        session = self.session('crashmail', '-s', self.path('sendmail'))
        session.send(exited('foo'))
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.mails(), [])
        self.assertIn('no mail: there is no -m', session.said())

    def test_the_last_address_counts_and_words_end_the_options(self):
        session = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'a@x', '--email=b@x',
                               'http://localhost:8080', '-m', 'c@x')
        session.send(exited('foo'))
        self.assertTrue(self.wait_for_mails(1)[0].startswith('To: b@x\n'))

    def test_compat_ignores_how_sendmail_ends(self):
        session = self.session('crashmail', '--compat', '-m', 'a@x', '-s', 'cat >/dev/null; exit 75')
        session.send(exited('foo'))
        self.assertIn('Mailed:\n\nTo: a@x\n', session.said())
        self.assertNotIn('next attempt', session.said())

    def test_compat_sends_to_none(self):
        session = self.session('crashmail', '--compat', '-s', self.path('sendmail'))
        session.send(exited('foo'))
        self.assertTrue(self.mails()[0].startswith('To: None\n'))  # before the answer, as superlance

    def test_sendmail_that_hangs_does_not_hang_the_protocol(self):
        self.write('sendmail', '#!/bin/sh\nexec sleep 600\n', 0o755)
        session = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'a@x')
        session.send(*[exited('foo')] * 50)

    def test_sendmail_that_fails_is_tried_again(self):
        self.write('sendmail', '#!/bin/sh\n[ -e %s/good ] || exit 75\ncat >%s/mail.$$\n'
                   % (self.folder, self.folder), 0o755)
        session = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'a@x')
        session.send(exited('foo'))
        self.wait_until(lambda: 'ended with status 75; next attempt in 1 s' in session.said(), 'a failure')
        self.write('good', '')
        self.wait_for_mails(1)

    def test_queue_outlives_the_listener(self):
        bad = self.session('crashmail', '-s', 'exit 75', '-m', 'a@x', '--queue', self.path('queue'))
        bad.send(exited('one'), exited('two'))
        # Killed without warning: what was answered is on disk.
        bad.process.kill()
        bad.process.wait()
        self.assertEqual(len(os.listdir(self.path('queue'))), 2)
        good = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'b@x', '--queue',
                            self.path('queue'))
        self.wait_for_mails(2)
        self.assertEqual(good.end(), 0)
        self.assertTrue(all(m.startswith('To: a@x\n') for m in self.mails()))
        self.assertEqual(os.listdir(self.path('queue')), [])

    def test_a_queue_is_for_one_listener(self):
        first = self.session('crashmail', '-s', 'exit 75', '-m', 'a@x', '--queue', self.path('queue'))
        first.send(exited('one'))
        second = self.ran('crashmail', '-s', 'true', '-m', 'a@x', '--queue', self.path('queue'),
                          environment={'SUPERVISOR_ENABLED': '1'})
        self.assertEqual((second.returncode, second.stdout), (1, ''))
        self.assertIn('is in use by another listener; each needs one of its own', second.stderr)
        # Nor does a child that still sends hold it.
        self.write('sendmail', '#!/bin/sh\ntouch %s/begun\nexec sleep 600\n' % self.folder, 0o755)
        first.process.kill()
        first.process.wait()
        slow = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'a@x', '--queue', self.path('queue'))
        self.wait_until(lambda: os.path.exists(self.path('begun')), 'the sendmail')
        slow.process.kill()
        slow.process.wait()
        self.session('crashmail', '-s', 'true', '-m', 'a@x', '--queue', self.path('queue'))

    def full_disks(self):
        """Words in front of a command for which nothing more can be written in the queue's folder."""
        # Standard error is a file here: it goes through a pipe.
        yield ['bash', '-c', 'exec 2> >(cat >&2); ulimit -f 0; exec "$@"', 'bash']
        mount = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o size=16k,mode=700 none %s && head -c 20000 /dev/zero '
                 '>%s/fill 2>/dev/null; exec "$@"' % (self.path('queue'), self.path('queue')), 'sh']
        if subprocess.run(mount + ['true'], capture_output=True).returncode == 0 and os.getuid() == 0:
            yield mount

    def test_a_full_disk_under_the_queue(self):
        os.mkdir(self.path('queue'), 0o700)
        for words in self.full_disks():
            for tool, arguments, events in (
                    ('crashmail', ['-s', 'cat >&2', '-m', 'a@x'], [exited('one')]),
                    ('crashmailbatch', ['--mail-sendmail', 'cat >&2', '-t', 'a@x', '-f', 'b@x'],
                     [exited('one'), tick()])):
                with self.subTest(words[0] + ' ' + tool):
                    session = Session([*words, program(tool), *arguments, '--queue', self.path('queue')],
                                      folder=self.folder)
                    self.addCleanup(session.close)
                    session.send(*events)
                    self.wait_until(lambda: '\nTo: a@x\n' in session.said(), 'the mail')
                    self.assertIn('in memory alone', session.said())
                    self.assertEqual(session.end(), 0)
        self.assertEqual(os.listdir(self.path('queue')), [])

    def test_empty_values_are_none(self):
        """As superlance, which asks for their truth."""
        session = self.session('crashmail', '-o', '', '-s', self.path('sendmail'), '-m', 'a@x')
        session.send(exited('foo'))
        self.assertIn('\nSubject:  foo crashed', self.wait_for_mails(1)[0])
        session = self.session('crashmail', '-s', self.path('sendmail'), '-m', '')
        session.send(exited('foo'))
        self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.mails()), 1)

    def test_at_the_end_unsent_mails_are_shown(self):
        session = self.session('crashmail', '-s', 'exit 75', '-m', 'a@x')
        session.send(exited('foo'))
        session.process.send_signal(signal.SIGTERM)
        self.assertEqual(session.process.wait(PATIENCE), 0)
        self.assertIn('mail not sent before the end:\nTo: a@x\n', session.said())

    def test_end_of_input_is_no_failure(self):
        self.assertEqual(self.session('crashmail', '-m', 'a@x').end(), 0)

    def test_end_within_an_event(self):
        session = self.session('crashmail', '-m', 'a@x')
        session.process.stdin.write(b'ver:3.0 eventname:TICK_5 len:99\nwhen')
        self.assertEqual(session.end(), 0)
        self.assertIn('ends within an event', session.said())

    def test_what_is_no_event_ends_it(self):
        session = self.session('crashmail', '-m', 'a@x')
        session.process.stdin.write(b'hello\n')
        session.process.stdin.flush()
        self.assertEqual(session.process.wait(PATIENCE), 1)
        self.assertIn("not the header of an event (no eventname): b'hello'", session.said())

    def test_lengths_in_bytes(self):
        session = self.session('crashmail', '-s', self.path('sendmail'), '-m', 'a@x')
        payload = 'processname:ü groupname:g from_state:RUNNING expected:0 pid:5'.encode()
        session.process.stdin.write(b'ver:3.0 eventname:PROCESS_STATE_EXITED len:%d\n' % len(payload) + payload)
        session.process.stdin.flush()
        session.expect(b'RESULT 2\nOKREADY\n')
        self.assertIn('Process ü in group g', self.wait_for_mails(1)[0])

    def test_outside_of_a_supervisor(self):
        run = self.ran('crashmail', '-m', 'a@x')
        self.assertEqual((run.returncode, run.stdout, run.stderr),
                         (0, '', 'crashmail must be run as a supervisor event listener\n'))

    def test_usage(self):
        run = self.ran('crashmail', '--help')
        self.assertEqual(run.returncode, 0)
        self.assertIn('--optionalheader', run.stdout)
        for wrong in ('-z', '-m', '--nonsense'):
            run = self.ran('crashmail', wrong)
            self.assertEqual(run.returncode, 255)
            self.assertIn('--optionalheader', run.stdout)
        run = self.ran('suplance', 'crashmail', '-h')
        self.assertEqual(run.returncode, 0)
        self.assertEqual(self.ran('suplance').returncode, 2)
        self.assertEqual(self.ran('suplance', 'nonsense').returncode, 2)
        for tool in ('crashmail', 'crashmailbatch', 'fatalmailbatch', 'crashsms', 'httpok', 'memmon'):
            self.assertIn(tool, self.ran('suplance', '--help').stdout)
            self.assertIn('Usage: ' + tool, self.ran(tool, '-h').stdout)


class Mailbox:
    """What an SMTP server took."""

    def __init__(self):
        self.taken = []
        self.refuse_with = None
        self.refused = {}  # recipients, and what is answered
        self.was_tls = []
        self.logins = []
        self.pause = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.pause)
        if self.refuse_with:
            return self.refuse_with
        self.was_tls.append(session.ssl is not None)
        self.taken.append(envelope)
        return '250 OK'


@unittest.skipIf(Controller is None, 'no aiosmtpd')
class SmtpTest(SuplanceTest):
    def serve(self, context=None, implicit=False, **keywords):
        self.box = Mailbox()

        def authenticate(server, session, envelope, mechanism, data):
            self.box.logins.append((data.login, data.password))
            return AuthResult(success=data.password == b'sesame', handled=False)

        # A port that is free: bound before the server takes it over.
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        settings = {'authenticator': authenticate, **keywords}
        if context and not implicit:
            settings['tls_context'] = context
        controller = Controller(self.box, hostname='127.0.0.1', port=port,
                                ssl_context=context if implicit else None, **settings)
        controller.start()
        self.addCleanup(controller.stop)
        return '127.0.0.1:%d' % port

    def certificate(self):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout',
                        self.path('key.pem'), '-out', self.path('cert.pem'), '-days', '2', '-subj',
                        '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path('cert.pem'), self.path('key.pem'))
        return context

    def taken(self, count=1):
        self.wait_until(lambda: len(self.box.taken) >= count, 'a mail')
        return self.box.taken

    def batch(self, host, *arguments, tool='crashmailbatch', **keywords):
        return self.session(tool, '-t', 'a@x.org, b@x.org', '-f', 'f@x.org', '-H', host, *arguments,
                            **keywords)


class Batches(SmtpTest):
    def test_one_mail_for_many(self):
        session = self.batch(self.serve())
        session.send(exited('one'), exited('ok', expected=1), exited('two', 'g'), tick())
        envelope = self.taken()[0]
        self.assertEqual(envelope.mail_from, 'f@x.org')
        self.assertEqual(envelope.rcpt_tos, ['a@x.org', 'b@x.org'])
        message = email.message_from_bytes(envelope.content)
        self.assertEqual([k for k in message.keys() if not k.startswith('X-')],
                         ['Content-Type', 'MIME-Version', 'Content-Transfer-Encoding', 'Subject',
                          'From', 'To', 'Date', 'Message-ID'])
        self.assertEqual(message['Subject'], 'Crash alert from supervisord')
        self.assertEqual(message['To'], 'a@x.org, b@x.org')
        self.assertRegex(message.get_payload().replace('\r\n', '\n').rstrip('\n'),
                         r'\A%s -- Process one:one \(pid 77\) died unexpectedly\n'
                         r'%s -- Process g:two \(pid 77\) died unexpectedly\Z' % (STAMP, STAMP))
        said = session.said()
        self.assertIn('Sending notification email:\nTo: a@x.org, b@x.org\nFrom: f@x.org\n'
                      'Subject: Crash alert from supervisord\nBody:\n', said)
        self.assertEqual(session.end(), 0)

    def test_fatalmailbatch(self):
        session = self.batch(self.serve(), tool='fatalmailbatch')
        session.send(exited('one'), fatal('web', 'shop'), tick())
        message = email.message_from_bytes(self.taken()[0].content)
        self.assertEqual(message['Subject'], 'Fatal start alert from supervisord')
        self.assertRegex(message.get_payload(), STAMP + ' -- Process shop:web failed to start too many times')

    def test_crashsms(self):
        session = self.batch(self.serve(), '-e', 'TICK_5', '-i', '0.08', tool='crashsms')
        session.send(exited('one'), tick(5))
        message = email.message_from_bytes(self.taken()[0].content)
        self.assertNotIn('Subject', message)
        self.assertRegex(message.get_payload(), r'\[one:one\]\(77\) exited unexpectedly ' + STAMP)
        self.assertIn('\nSubject: None\n', session.said())

    def test_what_waits_is_sent_at_the_end(self):
        session = self.batch(self.serve(), '-s', 'Grüße')
        session.send(exited('one'))
        session.process.send_signal(signal.SIGTERM)
        self.assertEqual(session.process.wait(PATIENCE), 0)
        message = email.message_from_bytes(self.taken()[0].content)
        self.assertEqual(str(email.header.make_header(email.header.decode_header(message['Subject']))), 'Grüße')

    def test_compat_loses_it(self):
        session = self.batch(self.serve(), '--compat')
        session.send(exited('one'))
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.box.taken, [])

    def test_a_failing_server_loses_nothing(self):
        session = self.batch(self.serve())
        self.box.refuse_with = '451 later'
        session.send(exited('one'), tick())
        self.wait_until(lambda: 'Error sending email: ' in session.said(), 'a failure')
        self.assertRegex(session.said(), r'(?m)^Error sending email: 127.0.0.1: .*451.*; next attempt in 1 s, 1 waiting$')
        self.box.refuse_with = None
        self.assertIn('one:one', self.taken()[0].content.decode())

    def test_a_batch_survives_a_kill(self):
        host = self.serve()
        session = self.batch(host, '--queue', self.path('queue'))
        session.send(exited('one'), exited('two'))
        session.process.kill()
        session.process.wait()
        with open(self.path('queue/batch'), 'a') as file:
            file.write('half a message')  # whose event was not answered
        session = self.batch(host, '--queue', self.path('queue'))
        session.send(exited('three'), tick())
        body = self.taken()[0].content.decode()
        self.assertEqual(re.findall(r'Process (\S+)', body), ['one:one', 'two:two', 'three:three'])
        self.assertNotIn('half', body)
        self.assertEqual(session.end(), 0)
        self.assertEqual(os.listdir(self.path('queue')), [])

    def test_one_unknown_recipient_does_not_keep_it_from_the_others(self):
        session = self.batch(self.serve())
        self.box.refused = {'a@x.org': '550 no such user'}
        session.send(exited('one'), tick())
        self.assertEqual(self.taken()[0].rcpt_tos, ['b@x.org'])
        self.wait_until(lambda: 'mail not sent to a@x.org: 127.0.0.1: RCPT failed: 550' in session.said(), 'the line')
        self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.box.taken), 1)

    def test_a_recipient_who_has_it_does_not_get_it_again(self):
        host = self.serve()
        session = self.batch(host, '--queue', self.path('queue'))
        self.box.refused = {'a@x.org': '450 come again'}
        session.send(exited('one'), tick())
        self.wait_until(lambda: 'Error sending email: to a@x.org: 127.0.0.1: RCPT failed: 450; next attempt' in session.said(), 'the line')
        session.process.kill()
        session.process.wait()
        self.box.refused = {}
        session = self.batch(host, '--queue', self.path('queue'))
        self.assertEqual([e.rcpt_tos for e in self.taken(2)], [['b@x.org'], ['a@x.org']])
        self.assertEqual(email.message_from_bytes(self.box.taken[1].content)['To'], 'a@x.org, b@x.org')
        self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.box.taken), 2)

    def test_nobody_takes_it(self):
        session = self.batch(self.serve())
        self.box.refused = {'a@x.org': '550 no', 'b@x.org': '550 no'}
        session.send(exited('one'), tick())
        self.wait_until(lambda: 'mail dropped: 127.0.0.1: RCPT failed: 550:\nTo: a@x.org, b@x.org\n' in session.said(), 'the end of it')

    def test_compat_loses_a_batch_that_fails(self):
        session = self.batch(self.serve(), '--compat')
        self.box.refuse_with = '451 later'
        session.send(exited('one'), tick())
        self.assertRegex(session.said(), '(?m)^Error sending email: ')
        self.box.refuse_with = None
        session.send(tick(), exited('two'), tick())
        self.assertIn('two:two', self.taken()[0].content.decode())
        self.assertEqual((session.end(), len(self.box.taken)), (0, 1))

    def test_the_supervisor_ends_while_a_mail_is_sent(self):
        session = self.batch(self.serve())
        self.box.pause = 1
        session.send(exited('one'), tick())
        self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.taken()), 1)

    def test_a_refused_mail_is_shown_and_dropped(self):
        session = self.batch(self.serve())
        self.box.refuse_with = '554 never'
        session.send(exited('one'), tick())
        self.wait_until(lambda: 'mail dropped' in session.said(), 'the refusal')
        self.assertIn('one:one', session.said())
        self.box.refuse_with = None
        session.send(exited('two'), tick())
        self.assertIn('two:two', self.taken()[0].content.decode())

    def test_a_silent_server_does_not_hang_the_protocol(self):
        with socket.socket() as deaf:
            deaf.bind(('127.0.0.1', 0))
            deaf.listen()
            session = self.batch('127.0.0.1:%d' % deaf.getsockname()[1], '--mail-timeout', '1')
            session.send(exited('one'), tick(), exited('two'), tick())
            self.wait_until(lambda: 'timed out' in session.said(), 'the limit')

    def test_words_between_options_are_ignored(self):
        host = self.serve()
        session = self.session('fatalmailbatch', 'word', '--toE', 'a@x.org', 'another', '--from=f@x.org', '-H', host)
        session.send(fatal('one'), tick())
        self.assertEqual(self.taken()[0].rcpt_tos, ['a@x.org'])

    def raw_server(self, talk):
        """Calls talk(connection, count) for each connection; the host."""
        server = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(server.close)

        def serve():
            for count in range(1000):
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        talk(connection, count)
                    except OSError:
                        pass
        threading.Thread(target=serve, daemon=True).start()
        return '127.0.0.1:%d' % server.getsockname()[1]

    @staticmethod
    def old_server(connection, said):
        """SMTP of 1982: HELO alone."""
        connection.sendall(b'220 old\r\n')
        lines = connection.makefile('rb')
        is_data = False
        for line in lines:
            said.append(line)
            if is_data:
                is_data = line != b'.\r\n'
                if not is_data:
                    connection.sendall(b'250 OK\r\n')
            elif line.startswith(b'EHLO'):
                connection.sendall(b'502 what?\r\n')
            elif line.startswith(b'DATA'):
                is_data = True
                connection.sendall(b'354 go on\r\n')
            else:
                connection.sendall(b'221 bye\r\n' if line.startswith(b'QUIT') else b'250 OK\r\n')

    def test_an_old_server(self):
        said = []
        session = self.batch(self.raw_server(lambda connection, count: self.old_server(connection, said)))
        session.send(exited('one'), tick())
        self.assertEqual(session.end(), 0)
        words = [line.split()[0] for line in said[:6]]
        self.assertEqual(words[:2], [b'EHLO', b'HELO'])
        self.assertTrue(any(b'Process one:one' in line for line in said), said)

    def test_servers_that_reset_or_talk_nonsense(self):
        for nonsense in (b'', b'\x00\xff nonsense\r\n' * 10, b'HTTP/1.1 400 Bad Request\r\n\r\n', b'220 hello\r\n'):
            with self.subTest(nonsense):
                said = []

                def talk(connection, count):
                    if count > 0:
                        self.old_server(connection, said)
                        return
                    connection.sendall(nonsense)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                session = self.batch(self.raw_server(talk))
                session.send(exited('one'), tick(), exited('two'))
                self.wait_until(lambda: any(b'Process one:one' in line for line in said), 'the mail')
                self.assertRegex(session.said(), '(?m)^Error sending email: .*; next attempt in 1 s, 1 waiting$')
                session.close()

    def test_compat_without_login_is_without_tls(self):
        session = self.batch(self.serve(self.certificate()), '--compat', '--tls')
        session.send(exited('one'), tick())
        self.assertEqual((len(self.taken()), self.box.was_tls), (1, [False]))

    def test_starttls_without_login(self):
        session = self.batch(self.serve(self.certificate(), require_starttls=True), '--tls',
                             '--mail-ca-file', self.path('cert.pem'))
        session.send(exited('one'), tick())
        self.taken()
        self.assertEqual(self.box.was_tls, [True])

    def test_certificates_are_verified(self):
        host = self.serve(self.certificate())
        session = self.batch(host, '--tls')
        session.send(exited('one'), tick())
        self.wait_until(lambda: 'Error sending email' in session.said(), 'a failure')
        self.assertIn('certificate', session.said())
        session = self.batch(host, '--tls', '--mail-insecure')
        session.send(exited('one'), tick())
        self.taken()

    def test_login_with_a_password_from_file_and_environment(self):
        host = self.serve(self.certificate())
        self.write('password', 'sesame\n', 0o600)
        tls = ['--tls', '--mail-ca-file', self.path('cert.pem'), '-u', 'me']
        session = self.batch(host, *tls, '--mail-password-file', self.path('password'))
        session.send(exited('one'), tick())
        self.taken(1)
        session = self.batch(host, *tls, environment={'SMTP_PASSWORD': 'sesame'})
        session.send(exited('two'), tick())
        self.taken(2)
        session = self.batch(host, *tls, '-p', 'sesame')
        session.send(exited('three'), tick())
        self.taken(3)
        self.assertIn('password is seen by all users', session.said())
        self.assertEqual(self.box.logins, [(b'me', b'sesame')] * 3)

    def test_wrong_password_is_tried_again(self):
        session = self.batch(self.serve(self.certificate()), '--tls', '--mail-ca-file',
                             self.path('cert.pem'), '-u', 'me', environment={'SMTP_PASSWORD': 'wrong'})
        session.send(exited('one'), tick())
        self.wait_until(lambda: 'next attempt' in session.said(), 'a failure')
        self.assertNotIn('wrong', session.said())

    def test_tls_from_the_first_byte(self):
        host = self.serve(self.certificate(), implicit=True)
        session = self.session('crashmail', '-m', 'a@x.org', '--mail-smtp', host, '--mail-from', 'f@x.org',
                               '--mail-tls', 'tls', '--mail-ca-file', self.path('cert.pem'))
        session.send(exited('one'))
        self.assertIn(b'Process one in group one exited', self.taken()[0].content)

    def test_usage(self):
        inside = {'SUPERVISOR_ENABLED': '1'}
        for arguments in ([], ['-t', 'a@x'], ['-f', 'a@x']):
            run = self.ran('crashmailbatch', *arguments, environment=inside)
            self.assertEqual(run.returncode, 1)
            self.assertIn('--toEmail', run.stdout)
        addresses = ['-t', 'a@x', '-f', 'f@x']
        for wrong, status in ((['-z'], 2), (['-i', 'x'], 2), (['-e', 'FOO'], 1), (['-e', 'TICK_x'], 1),
                              (['--mail-tls', 'x'], 2), (['--mail-password-file', '/nonexistent'], 2)):
            run = self.ran('crashmailbatch', *addresses, *wrong, environment=inside)
            self.assertEqual((run.returncode, run.stdout), (status, ''), wrong)
            self.assertTrue(run.stderr)
        run = self.ran('crashsms', *addresses)
        self.assertEqual((run.returncode, run.stderr), (1, 'Must run as a supervisor event listener\n'))


class Chain(SmtpTest):
    """The whole of it: a program dies, suprun tells, crashmail mails, the mail is in the box."""

    def test_by_a_real_sendmail(self):
        if not shutil.which('msmtp'):
            self.skipTest('no msmtp')
        host, port = self.serve().split(':')
        sendmail = 'msmtp --host=%s --port=%s --from=sup@x.org -t -i' % (host, port)
        # In a script, as the harness puts the folder for each @.
        self.write('monitor', '#!/bin/sh\nexec %s -p redis -m ops@x.org -s "%s"\n'
                   % (program('crashmail'), sendmail), 0o755)
        self.run_with('[program:redis]\ncommand=/bin/sleep 600\nstartsecs=0\n'
                      '[program:other]\ncommand=/bin/sleep 601\nstartsecs=0\n'
                      '[eventlistener:redis_monitor]\ncommand=@/monitor\nevents=PROCESS_STATE_EXITED\n'
                      'stderr_logfile=@/listener.err\n')
        self.wait_for_log('redis_monitor entered RUNNING state')
        os.kill(self.wait_for_pid('other'), signal.SIGKILL)
        first = self.wait_for_pid('redis')
        os.kill(first, signal.SIGKILL)
        envelope = self.taken()[0]
        self.assertEqual(envelope.rcpt_tos, ['ops@x.org'])
        message = email.message_from_bytes(envelope.content)
        self.assertRegex(message['Subject'], r'^\s*redis crashed at ' + STAMP + '$')
        self.assertEqual(message.get_payload().strip(),
                         'Process redis in group redis exited unexpectedly (pid %d) from state RUNNING' % first)
        self.wait_for_pid('redis', 2)
        self.assertEqual(len(self.box.taken), 1)

    def test_a_real_redis(self):
        """The mission's own: redis-server is killed, starts again, and the mail is in the box."""
        if not shutil.which('redis-server'):
            self.skipTest('no redis-server')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.write('monitor', '#!/bin/sh\nexec %s -p redis -m ops@x.org --mail-smtp %s --mail-from sup@x.org\n'
                   % (program('crashmail'), self.serve()), 0o755)
        self.run_with('[program:redis]\ncommand=redis-server --port %d --bind 127.0.0.1 --save ""\ndirectory=@\n'
                      'startsecs=0\n[eventlistener:redis_monitor]\ncommand=@/monitor\n'
                      'events=PROCESS_STATE_EXITED\n' % port)
        self.wait_for_log('redis_monitor entered RUNNING state')

        def answers():
            try:
                with socket.create_connection(('127.0.0.1', port), 1) as connection:
                    connection.sendall(b'PING\r\n')
                    return connection.recv(100) == b'+PONG\r\n'
            except OSError:
                return False
        for count in (1, 2):
            pid = self.wait_for_pid('redis', count)
            self.wait_until(answers, 'redis')
            os.kill(pid, signal.SIGKILL)
            self.assertIn('Process redis in group redis exited unexpectedly (pid %d)' % pid,
                          self.taken(count)[-1].content.decode())
        self.wait_for_pid('redis', 3)
        self.wait_until(answers, 'redis')

    def test_under_supervisord(self):
        """A configuration that is there already: another supervisor, and the tools by their names."""
        if not os.path.exists('/usr/bin/supervisord'):
            self.skipTest('no supervisord')
        host = self.serve()
        self.configure('[program:redis]\ncommand=/bin/sleep 600\nstartsecs=0\n'
                       '[program:broken]\ncommand=/bin/false\nstartretries=0\n'
                       '[eventlistener:crashmail]\ncommand=crashmail -p redis -m ops+x.org --mail-smtp %s --mail-from f+x.org\n'
                       'events=PROCESS_STATE\n'
                       '[eventlistener:batch]\ncommand=fatalmailbatch -t ops+x.org -f f+x.org -H %s -e TICK_5 -i 0.01\n'
                       'events=PROCESS_STATE_FATAL,TICK_5\n' % (host, host))
        self.write('s.conf', self.read('s.conf').replace('+', '@'))  # which is the folder to the harness
        daemon = subprocess.Popen(['/usr/bin/supervisord', '-c', self.path('s.conf')], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL,
                                  env={**os.environ, 'PATH': program('') + ':' + os.environ['PATH']})
        self.daemons.append(daemon)
        for name in ('crashmail', 'batch'):
            self.wait_for_log('%s entered RUNNING state' % name)
        pid = self.wait_for_pid('redis')
        os.kill(pid, signal.SIGKILL)
        self.wait_until(lambda: len(self.box.taken) == 2, 'both mails')
        bodies = b''.join(sorted(e.content for e in self.box.taken)).decode()
        self.assertIn('Process redis in group redis exited unexpectedly (pid %d) from state RUNNING' % pid, bodies)
        self.assertIn('Process broken:broken failed to start too many times', bodies)
        daemon.terminate()
        self.assertEqual(daemon.wait(PATIENCE), 0)
        self.assertEqual(len(self.box.taken), 2)

    def test_fatal_programs_by_smtp(self):
        self.write('monitor', '#!/bin/sh\nexec %s -t a@x.org -f f@x.org -H %s -e TICK_5 -i 0.01\n'
                   % (program('fatalmailbatch'), self.serve()), 0o755)
        daemon = self.run_with('[program:broken]\ncommand=/bin/false\nstartretries=0\n'
                               '[eventlistener:fatal]\ncommand=@/monitor\n'
                               'events=PROCESS_STATE_FATAL,TICK_5\n')
        self.wait_for_log('gave up: broken entered FATAL state')
        self.wait_for_log('fatal entered RUNNING state')
        # With a tick, or at the end: whichever is first.
        self.end(daemon)
        self.assertIn(b'Process broken:broken failed to start too many times', self.taken()[0].content)


if __name__ == '__main__':
    unittest.main()
