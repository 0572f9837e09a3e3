"""suplance under the real suprun, with a real SMTP server, a real sendmail (msmtp), real HTTP."""

import asyncio
import email
import http.server
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xmlrpc.client

from harness import DaemonTest, PATIENCE, program
from test_rpc import UnixTransport

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
        if not os.path.exists(program('suplance')):
            self.skipTest('no suplance')
        # A sendmail that keeps what it gets, and speaks on standard output, as none should.
        self.write('sendmail', '#!/bin/sh\necho noise\ncat >@/tmp.$$ && mv @/tmp.$$ @/mail.$$\n'
                   .replace('@', self.folder), 0o755)

    def session(self, tool, *arguments, **keywords):
        session = Session([program(tool), *arguments], folder=self.folder, **keywords)
        self.addCleanup(session.close)
        return session

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


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.before()
        self.server.requests.append((self.path, dict(self.headers)))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class CheckTest(SuplanceTest):
    """Listeners that act: with suprun's socket, and a page to ask."""

    def page(self, answer=(200, b'all is well'), context=None):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Page)
        server.answer = answer
        server.before = lambda: None
        server.requests = []
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = '%s://127.0.0.1:%d/' % ('https' if context else 'http', server.server_port)
        return server

    def start_programs(self, extra='', server=''):
        self.daemon = self.run_with(
            '[unix_http_server]\nfile=@/sock\n%s'
            '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n'
            '[program:one]\ncommand=/bin/sleep 600\nstartsecs=0\n'
            '[group:g]\nprograms=two\n'
            '[program:two]\ncommand=/bin/sleep 601\nstartsecs=0\n'
            '[program:idle]\ncommand=/bin/sleep 602\nautostart=false\n' % server + extra)
        self.wait_for_pid('one')
        self.wait_for_pid('two')

    def listener(self, tool, *arguments, environment=None, **keywords):
        return self.session(tool, '-s', self.path('sendmail'), *arguments, environment={
            'SUPERVISOR_SERVER_URL': 'unix://' + self.path('sock'), **(environment or {})}, **keywords)

    def starts(self, name):
        return self.read('s.log').count("spawned: '%s' with pid " % name)


class Httpok(CheckTest):
    def test_a_good_answer_changes_nothing(self):
        server = self.page()
        self.start_programs()
        session = self.listener('httpok', '-a', '-m', 'a@x', '-b', 'is well', self.url + 'p?q=1#f')
        session.send(tick())
        self.assertEqual(session.end(), 0)
        path, headers = server.requests[0]
        self.assertEqual(path, '/p?q=1')
        self.assertEqual(set(headers), {'Host', 'Accept-Encoding', 'User-Agent'})
        self.assertEqual(headers['User-Agent'], 'httpok')
        self.assertEqual(headers['Accept-Encoding'], 'identity')
        self.assertEqual((self.mails(), self.starts('one')), ([], 1))

    def test_a_bad_status_restarts_what_is_named(self):
        self.page((500, b''))
        self.start_programs()
        session = self.listener('httpok', '-p', 'one', '-p', 'g:two', '-p', 'idle', '-p', 'none', '-m',
                                'a@x', self.url)
        session.send(tick())
        mail = self.wait_for_mails(1)[0]
        self.assertEqual(mail, 'To: a@x\nSubject: httpok: %s: bad status returned\n\n'
                         'status contacting URL: 500 Internal Server Error\n'
                         "Restarting selected processes ['one', 'g:two', 'idle', 'none']\n" % self.url +
                         mail.split("'none']\n", 1)[1])
        self.assertEqual(sorted(mail.split("'none']\n")[1].splitlines()), sorted([
            'one is in RUNNING state, restarting', 'one restarted',
            'g:two is in RUNNING state, restarting', 'g:two restarted',
            'idle not in RUNNING state, NOT restarting',
            "Programs not restarted because they did not exist: ['none']"]))
        self.assertEqual((self.starts('one'), self.starts('two'), self.starts('idle')), (2, 2, 0))

    def test_a_refused_connection_is_named(self):
        self.start_programs()
        with socket.socket() as closed:  # bound, not listening
            closed.bind(('127.0.0.1', 0))
            url = 'http://127.0.0.1:%d/' % closed.getsockname()[1]
            session = self.listener('httpok', '-p', 'one', '-n', 'shop', '-m', 'a@x', url)
            session.send(tick())
            mail = self.wait_for_mails(1)[0]
        self.assertIn('Subject: httpok [shop]: %s: bad status returned\n\n'
                      'error contacting URL:\n\n Connection refused\n' % url, mail)

    def test_a_refused_connection_is_tried_again(self):
        self.start_programs()
        with socket.socket() as later:
            later.bind(('127.0.0.1', 0))
            session = self.listener('httpok', '-p', 'one', '-t', '11',
                                    'http://127.0.0.1:%d/' % later.getsockname()[1])
            session.send(tick())
            session.send(tick())
            self.wait_until(lambda: 'the last check is not done' in session.said(), 'the pause')
            later.listen()
            later.settimeout(PATIENCE + 10)
            connection, _ = later.accept()
            connection.recv(1000)
            connection.sendall(b'HTTP/1.0 200 OK\r\n\r\n')
            connection.close()
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.starts('one'), 1)

    def test_a_silent_server(self):
        self.start_programs()
        with socket.socket() as deaf:
            deaf.bind(('127.0.0.1', 0))
            deaf.listen()
            session = self.listener('httpok', '-p', 'one', '-t', '1', '-m', 'a@x',
                                    'http://127.0.0.1:%d/' % deaf.getsockname()[1])
            session.send(tick())
            self.assertIn('error contacting URL:\n\n timed out\n', self.wait_for_mails(1)[0])

    def test_a_bad_body(self):
        self.page()
        self.start_programs()
        session = self.listener('httpok', '-b', 'is bad', '-m', 'a@x', self.url)
        session.send(tick())
        mail = self.wait_for_mails(1)[0]
        self.assertEqual(mail, 'To: a@x\nSubject: httpok: %s: bad body returned\n\n'
                         'status contacting URL: 200 OK\nRestarting selected processes []' % self.url)

    def test_redirections_are_not_followed(self):
        self.page((302, b''))
        self.start_programs()
        session = self.listener('httpok', '-c', '302', '-p', 'one', self.url)
        session.send(tick())
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.starts('one'), 1)

    def test_the_last_of_eager_and_not_eager_counts(self):
        server = self.page()
        self.start_programs()
        for options, count in ((['-E', '-e'], 1), (['-e', '--not-eager'], 1), (['--not-e', '--eager'], 2)):
            session = self.listener('httpok', '-p', 'idle', *options, self.url)
            session.send(tick())
            self.assertEqual(session.end(), 0)
            self.assertEqual(len(server.requests), count, options)

    def test_not_eager_knows_groups(self):
        server = self.page((500, b''))
        self.start_programs()
        session = self.listener('httpok', '-E', '-p', 'idle', self.url)
        session.send(tick())
        self.assertEqual(session.end(), 0)
        self.assertEqual(server.requests, [])
        session = self.listener('httpok', '-E', '-p', 'g:two', self.url)
        session.send(tick())
        self.wait_until(lambda: 'g:two restarted' in session.said(), 'the restart')
        session = self.listener('httpok', '-E', '-a', '--dry-run', self.url)
        session.send(tick())
        self.wait_until(lambda: 'one is in RUNNING state, would be restarted' in session.said(), 'the check')
        self.assertEqual(self.starts('one'), 1)

    def test_all_but_itself(self):
        self.page((500, b''))
        self.start_programs('[eventlistener:ok]\ncommand=%s -a -p none %s\nevents=TICK_5\n'
                            'stderr_logfile=@/ok.err\n'
                            '[eventlistener:other]\ncommand=%s record @/events\nevents=TICK_3600\n'
                            % (program('httpok'), self.url, program('suplance')))
        self.wait_for_text('ok.err', 'Restarting all running processes\n')
        self.wait_for_text('ok.err', 'one restarted')
        self.wait_for_text('ok.err', 'g:two restarted')
        said = self.wait_for_text('ok.err', "Programs not restarted because they did not exist: ['none']\n")
        self.assertNotRegex(said, '(ok|other) ')
        self.assertEqual((self.starts('ok'), self.starts('other')), (1, 1))

    def test_listeners_if_they_are_named_or_wanted(self):
        self.page((500, b''))
        self.start_programs('[eventlistener:other]\ncommand=%s record @/events\nevents=TICK_3600\nstartsecs=0\n'
                            % program('suplance'))
        self.wait_for_log('other entered RUNNING state')
        for count, options in enumerate((['-a', '-p', 'other'], ['-a', '--include-listeners'], ['-a', '--compat']), 2):
            session = self.listener('httpok', *options, '-m', 'a@x', self.url)
            session.send(tick())
            self.wait_until(lambda: 'other restarted' in session.said() and 'g:two restarted' in session.said(), 'both')
            self.assertEqual(session.end(), 0)
            self.assertEqual(self.starts('other'), count)

    def test_supervisord_cannot_tell_listeners(self):
        if not os.path.exists('/usr/bin/supervisord'):
            self.skipTest('no supervisord')
        self.page((500, b''))
        self.configure('[unix_http_server]\nfile=@/sock\n'
                       '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n'
                       '[program:one]\ncommand=/bin/sleep 600\nstartsecs=0\n'
                       '[eventlistener:other]\ncommand=%s record @/events\nevents=TICK_3600\nstartsecs=0\n'
                       '[eventlistener:ok]\ncommand=%s -a %s\nevents=TICK_5\nstderr_logfile=@/ok.err\nstartsecs=0\n'
                       % (program('suplance'), program('httpok'), self.url))
        daemon = subprocess.Popen(['/usr/bin/supervisord', '-c', self.path('s.conf')], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.daemons.append(daemon)
        self.wait_for_text('ok.err', 'one restarted')
        self.wait_for_text('ok.err', 'other restarted')
        self.assertEqual(self.starts('ok'), 1)

    def test_a_supervisor_that_dies_before_it_acts(self):
        server = self.page((500, b''))
        self.start_programs()

        def kill():
            self.daemon.kill()
            self.daemon.wait()
        server.before = kill
        session = self.listener('httpok', '-p', 'one', '-m', 'a@x', self.url)
        session.send(tick())
        self.wait_until(lambda: re.search(r'(?m)^Exception retrieving process info .+, not acting$', session.said()), 'the line')
        self.assertEqual(session.end(), 0)
        self.assertEqual(self.mails(), [])

    def test_a_server_on_a_port(self):
        server = self.page((500, b''))
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.start_programs('[inet_http_server]\nport=127.0.0.1:%d\nusername=me\npassword=sesame\n' % port)
        session = self.session('httpok', '-p', 'one', self.url.rstrip('/'), environment={
            'SUPERVISOR_SERVER_URL': 'http://127.0.0.1:%d' % port, 'SUPERVISOR_USERNAME': 'me',
            'SUPERVISOR_PASSWORD': 'sesame'})
        session.send(tick())
        self.wait_until(lambda: 'one restarted' in session.said(), 'the restart')
        self.assertEqual(server.requests[0][0], '/')

    def test_several_failures_before_it_acts(self):
        self.page((500, b''))
        self.start_programs()
        session = self.listener('httpok', '--failures', '2', '-p', 'one', self.url)
        session.send(tick())
        self.wait_until(lambda: '(1 of 2), not acting yet' in session.said(), 'the first')
        self.assertEqual(self.starts('one'), 1)
        # The line is written within the check; the next tick may still find it going on.
        def restarted():
            session.send(tick())
            time.sleep(0.05)
            return 'one restarted' in session.said()
        self.wait_until(restarted, 'the restart')

    def test_no_more_restarts_than_it_may(self):
        self.page((500, b''))
        self.start_programs()
        session = self.listener('httpok', '--max-restarts', '1/1h', '-p', 'one', '-m', 'a@x', self.url)
        session.send(tick())
        self.wait_for_mails(1)

        def refused():
            session.send(tick())
            time.sleep(0.05)
            return 'Restarted 1 times within 3600 s already, NOT restarting' in session.said()
        self.wait_until(refused, 'the limit')
        self.wait_until(lambda: 'NOT restarting' in self.mails()[-1], 'a mail all the same')
        self.assertEqual(self.starts('one'), 2)

    def test_no_check_for_some_time_after_a_restart(self):
        server = self.page((500, b''))
        self.start_programs()
        session = self.listener('httpok', '--wait', '3600', '-p', 'one', self.url)
        session.send(tick())
        self.wait_until(lambda: 'one restarted' in session.said(), 'the restart')
        # Each tick is let through the check before the next; none of these asks the URL.
        for _ in range(5):
            session.send(tick())
            time.sleep(0.1)
        self.assertEqual(session.end(), 0)
        self.assertEqual((len(server.requests), self.starts('one')), (1, 2))

    def test_a_login_in_the_url_is_used(self):
        server = self.page()
        self.start_programs()
        session = self.listener('httpok', '-p', 'one', self.url.replace('//', '//me:sesame@'))
        session.send(tick())
        self.assertEqual(session.end(), 0)
        self.assertEqual(server.requests[0][1]['Authorization'], 'Basic bWU6c2VzYW1l')
        self.assertEqual(self.starts('one'), 1)

    def test_a_program_that_cannot_stop_does_not_end_it(self):
        """One that is stopping already, and one behind it that is restarted all the same."""
        self.page((500, b''))
        self.start_programs('[program:aaa_once]\ncommand=/bin/sh -c "[ -e %s/mark ] && exit 1; touch %s/mark; '
                            'exec sleep 600"\nstartsecs=1\nstartretries=0\n' % (self.folder, self.folder))
        self.wait_for_log('aaa_once entered RUNNING state')
        session = self.listener('httpok', '-p', 'aaa_once', '-p', 'one', '-m', 'a@x', self.url)
        session.send(tick())
        mail = self.wait_for_mails(1)[0]
        self.assertRegex(mail, 'Failed to start process aaa_once: <Fault [0-9]+: \'[A-Z_]+: aaa_once\'>\n')
        self.assertIn('one restarted', mail)

    def test_core_dumps(self):
        self.page((500, b''))
        self.start_programs()
        session = self.listener('httpok', '-p', 'one', '-d', self.path('cores'), '-g', 'echo dump', '-m',
                                'a@x', self.url)
        session.send(tick())
        self.assertIn('gcore output for one:\n\n dump %s/one ' % self.path('cores'), self.wait_for_mails(1)[0])

    def test_https_is_asked_in_http_1(self):
        """A server that offers HTTP/2, which has no words behind the status."""
        SmtpTest.certificate(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path('cert.pem'), self.path('key.pem'))
        context.set_alpn_protocols(['h2', 'http/1.1'])
        self.page((503, b''), context=context)
        self.start_programs()
        session = self.listener('httpok', '-m', 'a@x', '--insecure', self.url)
        session.send(tick())
        self.assertIn('status contacting URL: 503 Service Unavailable\n', self.wait_for_mails(1)[0])

    def test_https_is_verified(self):
        SmtpTest.certificate(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path('cert.pem'), self.path('key.pem'))
        self.page(context=context)
        self.start_programs()
        session = self.listener('httpok', '-m', 'a@x', self.url)
        session.send(tick())
        self.assertIn('error contacting URL:\n\n SSL certificate problem', self.wait_for_mails(1)[0])
        for options in (['--ca-file', self.path('cert.pem')], ['--insecure']):
            session = self.listener('httpok', '-m', 'a@x', *options, self.url)
            session.send(tick())
            self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.mails()), 1)

    def test_passwords(self):
        self.page((500, b''))
        self.start_programs(server='username=me\npassword=sesame\n')
        session = self.listener('httpok', '-p', 'one', self.url)
        session.send(tick())
        self.wait_until(lambda: 'does not answer' in session.said(), 'the refusal')
        self.assertIn('401', session.said())
        session = self.listener('httpok', '-p', 'one', self.url, environment={
            'SUPERVISOR_USERNAME': 'me', 'SUPERVISOR_PASSWORD': 'sesame'})
        session.send(tick())
        self.wait_until(lambda: 'one restarted' in session.said(), 'the restart')

    def test_without_supervisor_it_lives_on(self):
        session = self.listener('httpok', '-p', 'one', 'http://127.0.0.1:1/')
        session.send(tick())
        self.wait_until(lambda: 'the supervisor does not answer' in session.said(), 'the line')
        session.send(tick())
        self.assertEqual(session.end(), 0)

    def test_usage(self):
        for arguments, status in (([], 255), (['http://x/', 'http://y/'], 255), (['-z', 'http://x/'], 255),
                                  (['-t', 'x', 'http://x/'], 1), (['--max-restarts', '3', 'http://x/'], 1), (['-c', 'x', 'http://x/'], 1),
                                  (['ftp://x/'], 1), (['-h'], 0)):
            self.assertEqual(self.ran('httpok', *arguments).returncode, status, arguments)
        run = self.ran('httpok', 'http://x/')
        self.assertEqual((run.returncode, run.stderr),
                         (0, 'httpok must be run as a supervisor event listener\n'))


class Memmon(CheckTest):
    def test_restarts_and_mails(self):
        self.start_programs()
        session = self.listener('memmon', '-p', 'one=1KB', '-p', 'idle=1', '-p', 'g:two=1GB', '-m', 'a@x')
        session.send(tick())
        mail = self.wait_for_mails(1)[0]
        self.assertRegex(mail, r'\ATo: a@x\nSubject: memmon: process one:one restarted\n\n'
                         r'memmon.py restarted the process named one:one at \w{3} \w{3} [ \d]\d '
                         r'\d\d:\d\d:\d\d \d{4} UTC because it was consuming too much memory '
                         r'\(\d+ bytes RSS\)\Z')
        said = session.said()
        self.assertIn('Checking programs g:two=1073741824, idle=1, one=1024\n', said)
        self.assertRegex(said, r'RSS of one:one is \d+\nRestarting one:one\n')
        self.assertRegex(said, r'RSS of g:two is \d+\n')
        self.assertEqual((self.starts('one'), self.starts('two')), (2, 1))

    def test_group_and_any_once(self):
        self.start_programs()
        session = self.listener('memmon', '-p', 'two=1', '-p', 'g:two=1', '-g', 'g=1', '-a', '1', '-n', 'X',
                                '-m', 'a@x')
        session.send(tick())
        mails = self.wait_for_mails(2)
        self.assertEqual(session.end(), 0)
        self.assertEqual(sorted(re.findall('Subject: (.*)', ''.join(mails))),
                         ['memmon [X]: process g:two restarted', 'memmon [X]: process one:one restarted'])
        self.assertEqual((self.starts('one'), self.starts('two')), (2, 2))

    def test_mails_only_of_the_young(self):
        self.start_programs()
        session = self.listener('memmon', '-p', 'one=1', '-u', '1d', '-m', 'a@x')
        session.send(tick())
        self.wait_for_mails(1)
        # One that ran for longer than nothing is restarted without a mail.
        session = self.listener('memmon', '-p', 'two=1', '-u', '0', '-m', 'a@x')
        time.sleep(2)
        session.send(tick())
        self.wait_until(lambda: self.starts('two') == 2, 'the restart')
        self.assertEqual(session.end(), 0)
        self.assertEqual(len(self.mails()), 1)

    def test_a_program_that_is_stopping_does_not_end_it(self):
        self.start_programs('[program:slow]\ncommand=/bin/sh -c "trap \'\' TERM; touch @/deaf; while :; do sleep 0.1; done"\n'
                            'startsecs=0\nstopwaitsecs=600\n')
        self.wait_until(lambda: os.path.exists(self.path('deaf')), 'the trap')
        proxy = xmlrpc.client.ServerProxy('http://localhost/RPC2', transport=UnixTransport(self.path('sock')))
        self.addCleanup(lambda: proxy('close')())
        proxy.supervisor.stopProcess('slow', False)
        self.wait_until(lambda: proxy.supervisor.getProcessInfo('slow')['statename'] == 'STOPPING', 'the stop')
        session = self.listener('memmon', '-p', 'slow=1', '-p', 'one=1', '-m', 'a@x')
        session.send(tick())
        mails = self.wait_for_mails(2)
        self.assertIn('memmon: process one:one restarted', ''.join(mails))
        self.assertRegex(''.join(mails), r'Subject: memmon: failed to stop process slow:slow, exiting\n\n'
                         r'Failed to stop process slow:slow \(RSS \d+\), exiting: <Fault 70: ')
        session.send(tick())

    def test_abbreviations_mean_what_they_did(self):
        """--c is --cumulative to superlance; ours has --compat, too."""
        session = self.listener('memmon', '--c', '--pr', 'none=1', '--gr=none=1')
        session.send(tick())
        self.wait_until(lambda: 'Checking programs none=1\nChecking groups none=1\n' in session.said(), 'the lines')
        self.assertEqual(self.ran('memmon', '--e', 'x', '--m', 'y', '-a', '1').returncode, 255)

    def test_compat_checks_nothing_where_nothing_is_to_be_checked(self):
        session = self.listener('memmon', '--compat')
        session.send(tick())
        self.assertEqual(session.end(), 0)


    def test_trees(self):
        self.start_programs('[program:tree]\ncommand=/bin/sh -c "%s -c \'x=bytearray(50000000); '
                            'import time; time.sleep(600)\' & wait"\nstartsecs=0\n' % sys.executable)
        self.wait_for_pid('tree')
        plain = self.listener('memmon', '-p', 'tree=20MB')
        plain.send(tick())
        self.assertEqual(plain.end(), 0)
        session = self.listener('memmon', '-c', '-p', 'tree=20MB', '--dry-run')

        def found():
            session.send(tick())
            time.sleep(0.05)
            return 'Would restart tree:tree' in session.said()
        self.wait_until(found, 'the tree')
        self.assertEqual(self.starts('tree'), 1)

    def test_control_groups(self):
        """One that memmon is in itself is not measured: all would be restarted for what others need."""
        self.start_programs()
        session = self.listener('memmon', '--measure', 'cgroup', '-p', 'one=1')
        session.send(tick())
        self.wait_until(lambda: 'one:one has no control group of its own' in session.said(), 'the line')
        self.assertEqual((session.end(), self.starts('one')), (0, 1))

    def test_a_control_group_of_its_own(self):
        folder = '/sys/fs/cgroup/memory' if os.path.isdir('/sys/fs/cgroup/memory') else '/sys/fs/cgroup'
        own = os.path.join(folder, 'suplance-test-%d' % os.getpid())
        try:
            os.mkdir(own)
        except OSError:
            self.skipTest('no control group can be made')
        self.addCleanup(self.remove_group, own)
        self.start_programs()
        try:
            with open(own + '/cgroup.procs', 'w') as file:
                file.write(str(self.wait_for_pid('one')))
        except OSError:
            self.skipTest('nothing can be put into a control group')
        session = self.listener('memmon', '--measure', 'cgroup', '-p', 'one=1', '--dry-run')

        def said():
            session.send(tick())
            time.sleep(0.05)
            return 'RSS of one:one is ' in session.said()
        self.wait_until(said, 'the measure')

    def remove_group(self, folder):
        def is_gone():
            try:
                os.rmdir(folder)
            except OSError:
                return not os.path.exists(folder)
            return True
        self.wait_until(is_gone, 'the end of the control group')

    def test_tag_of_the_subject(self):
        self.start_programs()
        for options, tag in ((['-n', 'X', '-p', 'one=1'], 'memmon [X]:'),
                             (['--compat', '-n', 'X', '-p', 'one=1'], 'memmon [one]:')):
            before = len(self.mails())
            session = self.listener('memmon', *options, '-m', 'a@x')
            session.send(tick())
            self.assertIn('Subject: ' + tag, self.wait_for_mails(before + 1)[-1])
            session.close()

    def test_a_program_that_cannot_start_is_told_and_memmon_lives(self):
        self.start_programs('[program:once]\ncommand=/bin/sh -c "[ -e %s/mark ] && exit 1; touch %s/mark; '
                            'exec sleep 600"\nstartsecs=1\nstartretries=0\n' % (self.folder, self.folder))
        self.wait_for_log('once entered RUNNING state')
        session = self.listener('memmon', '-p', 'once=1', '-m', 'a@x')
        session.send(tick())
        mail = self.wait_for_mails(1)[0]
        self.assertIn('Subject: memmon: failed to start process once:once, exiting\n\n'
                      'Failed to start process once:once after stopping it, exiting: <Fault ', mail)
        self.assertIsNone(session.process.poll())
        session.send(tick())

    def test_usage(self):
        for arguments, text in ((['-p', 'x'], "Unparseable value 'x' for '-p'\n"),
                                (['-p', 'x=200M'], "Unparseable byte_size in 'x=200M' for '-p'\n"),
                                (['-g', 'x=y'], "Unparseable byte_size in 'x=y' for '-g'\n"),
                                (['-a', '1', '-u', '1w'], "Unparseable value for time in '1w' for -u\n"),
                                ([], 'memmon: nothing to check'), (['foo'], 'memmon: nothing to check')):
            run = self.ran('memmon', *arguments)
            self.assertEqual(run.returncode, 255, arguments)
            self.assertTrue(run.stdout.startswith(text), run.stdout)
        run = self.ran('memmon', '-a', '1')
        self.assertEqual((run.returncode, run.stderr),
                         (1, 'memmon must be run as a supervisor event listener\n'))


class Authors(SuplanceTest):
    """suplance check, record and replay."""

    def check(self, *command):
        run = self.ran('suplance', 'check', '-t', '2', '--', *command, environment={'SUPERVISOR_ENABLED': '1'})
        return run.returncode, run.stdout + run.stderr

    def shell(self, script):
        return self.check('sh', self.write('listener', script))

    def test_our_own_are_good(self):
        self.assertEqual(self.check(program('crashmail'), '-m', 'a@x', '-s', 'true'),
                         (0, '31 events sent, 0 errors, 0 notes\n'))
        self.assertEqual(self.check(program('suplance'), 'record', self.path('events'))[0], 0)

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
        # The same event six times, of which it tells half.
        self.assertGreaterEqual(self.read('alarms').count("'processname': 'cat'"), 3)

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
