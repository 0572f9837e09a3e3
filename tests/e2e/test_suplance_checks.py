"""httpok and memmon: with suprun's socket, real pages, and programs that they restart."""

import http.server
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest
import xmlrpc.client

from harness import PATIENCE, program
from test_rpc import UnixTransport
from test_suplance import SmtpTest, SuplanceTest, tick


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

    url = None
    # A page of ours is waited for however busy the machine is, unless the test has a limit of its own.
    PATIENT = ('-t', '%d' % PATIENCE)

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
        if tool == 'httpok' and self.url:
            arguments = (*self.PATIENT, *arguments)
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

    def test_a_page_that_cannot_be_asked_is_not_a_bad_one(self):
        """As in an image without libcurl, or without the authorities that are to be trusted."""
        self.page()
        self.start_programs()
        self.write('libcurl.so.4', '')
        self.write('none.pem', '')
        for number, (url, options, folder, said) in enumerate((
                (self.url, [], self.folder, 'package libcurl4'),
                (self.url.replace('http:', 'https:'), ['--ca-file', self.path('none.pem')], '', 'none.pem')), 1):
            session = self.listener('httpok', '-a', '-m', 'a@x', *options, url,
                                    environment={'LD_LIBRARY_PATH': folder})
            session.send(tick())
            mail = self.wait_for_mails(number)[-1]
            self.assertIn('Subject: httpok: %s: cannot be asked\n\nCannot ask %s: ' % (url, url), mail)
            self.assertIn(said, mail)
            self.assertEqual(session.end(), 0)
            self.assertIn(', not acting', session.said())
        self.assertEqual((self.starts('one'), self.starts('two')), (1, 1))

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
        self.start_programs('[eventlistener:ok]\ncommand=%s -a -p none -t %d %s\nevents=TICK_5\n'
                            'stderr_logfile=@/ok.err\n'
                            '[eventlistener:other]\ncommand=%s record @/events\nevents=TICK_3600\n'
                            % (program('httpok'), PATIENCE, self.url, program('suplance')))
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
                       '[eventlistener:ok]\ncommand=%s -a -t %d %s\nevents=TICK_5\nstderr_logfile=@/ok.err\nstartsecs=0\n'
                       % (program('suplance'), program('httpok'), PATIENCE, self.url))
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
        session = self.session('httpok', *self.PATIENT, '-p', 'one', self.url.rstrip('/'), environment={
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
        self.wait_until(lambda: server.requests, 'a request')
        self.assertEqual(session.end(), 0)
        self.assertEqual(server.requests[0][1]['Authorization'], 'Basic bWU6c2VzYW1l')
        self.assertEqual(self.starts('one'), 1)
        on_its_way = 'httpok: the check is not done at the end: it goes on by itself, and mails nothing\n'
        self.assertEqual(session.said().replace(on_its_way, ''),
                         'httpok: the password in the URL is seen by all users of this machine\n')
        server.answer = (500, b'')
        session = self.listener('httpok', '-m', 'a@x', self.url.replace('//', '//me:sesame@'))
        session.send(tick())
        self.assertIn('Subject: httpok: %s: bad status' % self.url.replace('//', '//me:********@'), self.wait_for_mails(1)[0])
        self.assertNotIn('sesame', session.said() + self.mails()[0])

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


if __name__ == '__main__':
    unittest.main()
