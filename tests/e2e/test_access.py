"""Who may do what: users of control servers with roles, and control= of a program."""

import base64
import http.client
import json
import os
import pwd
import re
import subprocess
import sys
import unittest
import xmlrpc.client

from harness import PATIENCE, program
from test_rpc import RPC, RpcTest, SUPERVISORCTL, free_port

NOT_PERMITTED = 13
PROGRAM = '[program:%s]\ncommand=/bin/cat\n%sstdout_logfile=NONE\nstderr_logfile=NONE\n'

# Calls as another user: what it is about is read from standard input.
AS_USER = '''
import json, os, sys
sys.path.insert(0, os.environ['TESTS'])
import xmlrpc.client
from test_rpc import UnixTransport, outcome
path, calls = json.load(sys.stdin)
# Not before: Python itself may lie where only root gets.
os.setgroups([int(each) for each in sys.argv[3:]])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[1]))
server = xmlrpc.client.ServerProxy('http://localhost/RPC2', transport=UnixTransport(path))
print(json.dumps([outcome(lambda: getattr(server, name)(*arguments)) for name, arguments in calls]))
'''


@unittest.skipUnless(os.getuid() == 0, 'only root can be others')
class Control(RpcTest):
    def setUp(self):
        super().setUp()
        self.nobody = pwd.getpwnam('nobody')
        self.games = pwd.getpwnam('games')

    def as_user(self, user, *calls, groups=()):
        environment = dict(os.environ, TESTS=os.path.dirname(os.path.abspath(__file__)))
        done = subprocess.run(
            [sys.executable, '-B', '-c', AS_USER, str(user.pw_uid), str(user.pw_gid)] +
            [str(group) for group in groups],
            input=json.dumps([self.path('s.sock'), calls]), env=environment, text=True,
            stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
        return json.loads(done.stdout)

    def serve_control(self, control, server=''):
        self.serve('[unix_http_server]\nfile=@/s.sock\nchmod=0777\n' + server + RPC +
                   PROGRAM % ('mine', 'user=nobody\n') + control +
                   PROGRAM % ('other', ''))
        for name in 'mine', 'other':
            self.wait_for_state(name, 'RUNNING')

    def denied(self, answer):
        self.assertEqual(answer[:2], ['fault', NOT_PERMITTED], answer)

    def test_its_own_user_manages_just_that(self):
        self.serve_control('control=root\n')
        infos, stop, start, foreign, tail, shutdown, update, log, state = self.as_user(
            self.nobody, ('supervisor.getAllProcessInfo', []),
            ('supervisor.stopProcess', ['mine']), ('supervisor.startProcess', ['mine']),
            ('supervisor.stopProcess', ['other']),
            ('supervisor.tailProcessStdoutLog', ['other', 0, 10]),
            ('supervisor.shutdown', []), ('suprun.update', []),
            ('supervisor.readLog', [0, 0]), ('supervisor.getState', []))
        self.assertEqual([one['name'] for one in infos], ['mine'])
        self.assertIs(stop, True)
        self.assertIs(start, True)
        for answer in foreign, tail, shutdown, update, log:
            self.denied(answer)
        self.assertEqual(state['statename'], 'RUNNING')
        self.wait_for_log('denied other: pid ')
        self.assertIn('of nobody may not', self.read('s.log'))
        self.assertEqual(self.server().supervisor.getProcessInfo('other')['statename'], 'RUNNING')

    def test_names_that_let_nobody_in_are_told_at_the_start(self):
        self.serve_control('control=root,nosuchone,group:nosuchgroup,user\n')
        self.wait_for_log('control: `nosuchone` is no user of this machine')
        self.wait_for_log('control: `group:nosuchgroup` is no group of this machine')
        self.assertEqual(self.read('s.log').count('of this machine'), 2)

    def test_all_means_all_that_are_seen(self):
        self.serve_control('control=root\n')
        stopped, = self.as_user(self.nobody, ('supervisor.stopAllProcesses', []))
        self.assertEqual([one['name'] for one in stopped], ['mine'])
        several, = self.as_user(self.nobody, ('system.multicall', [
            [{'methodName': 'supervisor.startProcess', 'params': ['mine']},
             {'methodName': 'supervisor.stopProcess', 'params': ['other']}]]))
        self.assertIs(several[0], True)
        self.assertEqual(several[1]['faultCode'], NOT_PERMITTED)

    def test_a_group_that_is_named_is_denied_as_its_process(self):
        self.serve_control('control=root\n')
        answers = self.as_user(
            self.nobody, ('supervisor.stopProcess', ['other:*']),
            ('supervisor.startProcessGroup', ['other']),
            ('supervisor.signalProcessGroup', ['other', 'CONT']),
            ('suprun.restartProcessGroup', ['other']), ('suprun.restartProcess', ['other:*']))
        for answer in answers:
            self.assertEqual([(one['name'], one['status']) for one in answer],
                             [('other', NOT_PERMITTED)])
            self.assertIn('may not', answer[0]['description'])
        self.wait_for_log('denied other: pid ')
        stop = subprocess.run(
            ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', program('supctl'),
             '-s', 'unix://' + self.path('s.sock'), 'stop', 'other:*'], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, timeout=PATIENCE, cwd='/')
        self.assertIn('other: ERROR (not permitted: other: pid ', stop.stdout)
        self.assertEqual(stop.returncode, 1)
        self.assertEqual(self.server().supervisor.getProcessInfo('other')['statename'], 'RUNNING')

    def test_many_denials_do_not_fill_the_log(self):
        self.serve_control('control=root\n')
        calls = [{'methodName': 'suprun.apply', 'params': ['/x\nforged line \t']}] * 2000
        several, = self.as_user(self.nobody, ('system.multicall', [calls]))
        # suprun.apply is denied before its file is looked at; a path of HTTP is whatever it is.
        self.assertEqual({one['faultCode'] for one in several}, {NOT_PERMITTED})
        self.assertLess(self.read('s.log').count('denied'), 100)

    def test_named_users_and_groups(self):
        self.serve_control('control=games,group:daemon\n')
        call = ('supervisor.getProcessInfo', ['mine'])
        answer, = self.as_user(self.games, call)
        self.assertEqual(answer['name'], 'mine')
        stranger = pwd.getpwnam('bin')
        self.denied(self.as_user(stranger, call)[0])
        answer, = self.as_user(stranger, call, groups=[pwd.getpwnam('daemon').pw_gid])
        self.assertEqual(answer['name'], 'mine')

    def folder_of_nobody(self):
        """A log in a folder of nobody, and a file that only root may read."""
        folder, secret = self.path('theirs'), self.path('secret')
        if not os.path.exists(folder):
            os.mkdir(folder)
            os.chown(folder, self.nobody.pw_uid, self.nobody.pw_gid)
            with open(secret, 'w') as file:
                file.write('secret\n')
            os.chmod(secret, 0o600)
        return os.path.join(folder, 'out.log'), secret

    def test_a_link_in_its_users_folder_leads_nowhere(self):
        log, secret = self.folder_of_nobody()
        self.serve('[unix_http_server]\nfile=@/s.sock\nchmod=0777\n' + RPC +
                   '[program:mine]\ncommand=/bin/sh -c "echo here; exec cat"\nuser=nobody\ncontrol=root\n'
                   'startsecs=0\nautorestart=false\nstderr_logfile=NONE\nstdout_logfile=' + log + '\n')
        tail = ('supervisor.tailProcessStdoutLog', ['mine', 0, 1000])
        read = ('supervisor.readProcessStdoutLog', ['mine', 0, 0])
        self.wait_until(lambda: self.as_user(self.nobody, tail)[0][0] == 'here\n', 'the line')
        os.rename(log, log + '.old')
        os.symlink(secret, log)
        tailed, all_of_it, stopped, started = self.as_user(
            self.nobody, tail, read, ('supervisor.stopProcess', ['mine']),
            ('supervisor.startProcess', ['mine']))
        self.assertEqual(tailed[0], '')
        self.assertEqual(all_of_it[0], 'fault')
        self.assertIs(stopped, True)
        self.assertEqual(started[0], 'fault')
        self.wait_for_log('are not followed for a program with control=')
        os.unlink(log)
        os.link(secret, log)
        self.assertEqual(self.as_user(self.nobody, read)[0][0], 'fault')
        self.assertEqual(self.read('secret'), 'secret\n')

    def serve_log_of_nobody(self, control='control=root\n'):
        """A program that keeps writing to a log in the folder of nobody, that log, and a secret."""
        log, secret = self.folder_of_nobody()
        text = ('[unix_http_server]\nfile=@/s.sock\nchmod=0777\n' + RPC +
                '[program:other]\ncommand=/bin/sleep 1000\ncontrol=root\n'
                '[program:mine]\ncommand=/bin/sh -c "while echo here; do sleep 0.1; done"\n'
                'user=nobody\n' + control + 'startsecs=0\nstderr_logfile=NONE\nstdout_logfile=' + log +
                '\n')
        return text, log, secret

    def test_a_tail_ends_with_the_right_to_read(self):
        self.serve(self.serve_log_of_nobody()[0])
        tail = subprocess.Popen(
            ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', 'curl', '-sN',
             '--unix-socket', self.path('s.sock'), 'http://localhost/logtail/mine'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd='/')
        self.addCleanup(tail.kill)
        self.assertEqual(tail.stdout.readline(), 'here\n')
        self.configure(self.serve_log_of_nobody(control='')[0])
        updated = subprocess.run([program('supctl'), '-s', 'unix://' + self.path('s.sock'), 'update'],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                 timeout=PATIENCE)
        self.assertEqual(updated.returncode, 0, updated.stdout)
        tail.communicate(timeout=PATIENCE)  # it ends by itself

    def test_a_private_file_in_the_place_of_a_log_is_not_read(self):
        text, log, secret = self.serve_log_of_nobody()
        self.serve(text)
        read = ('supervisor.tailProcessStdoutLog', ['mine', 0, 1000])
        self.wait_until(lambda: 'here' in self.as_user(self.nobody, read)[0][0], 'the line')
        inside = os.path.join(os.path.dirname(log), 'private')
        os.rename(secret, inside)  # root left it there
        os.rename(inside, log)
        self.assertNotIn('secret', self.as_user(self.nobody, read)[0][0])

    def test_without_it_all_is_as_with_supervisor(self):
        self.serve_control('')
        stop, = self.as_user(self.games, ('supervisor.stopProcess', ['other']))
        self.assertIs(stop, True)

    def test_a_role_for_everybody_else(self):
        self.serve_control('', 'role=read\n')
        info, stop = self.as_user(self.games, ('supervisor.getProcessInfo', ['other']),
                                  ('supervisor.stopProcess', ['other']))
        self.assertEqual(info['statename'], 'RUNNING')
        self.denied(stop)
        self.assertIs(self.server().supervisor.stopProcess('other'), True)  # root

    def test_clients_show_the_reason(self):
        self.serve_control('control=root\n')

        def run(*command):
            return subprocess.run(
                ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] + list(command),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, timeout=PATIENCE, cwd='/')
        server = 'unix://' + self.path('s.sock')
        # The pid of the daemon is not for its users, and they do not need it for their own.
        for command in ('why', 'mine'), ('status', '-v'), ('top', '-n', '1'):
            shown = run(program('supctl'), '-s', server, *command)
            self.assertEqual(shown.returncode, 0, shown.stdout)
            self.assertIn('mine', shown.stdout)
            self.assertNotIn('other', shown.stdout)
        listeners = run(program('supctl'), '-s', server, 'listeners')
        self.assertEqual(listeners.stdout, 'There are no event listeners that you may see\n')
        self.assertNotIn('denied', self.read('s.log'))
        upgrade = run(program('supctl'), '-s', server, 'upgrade')
        self.assertEqual(upgrade.returncode, 1)
        self.assertRegex(upgrade.stdout, r'^ERROR: NOT_PERMITTED: suprun.upgrade: .*nobody may not; role=admin allows it\n$')
        status = run(program('supctl'), '-s', server, 'status')
        self.assertIn('mine', status.stdout)
        self.assertNotIn('other', status.stdout)
        denied = run(program('supctl'), '-s', server, 'stop', 'other')
        self.assertNotEqual(denied.returncode, 0)
        self.assertIn('may not', denied.stdout)
        if SUPERVISORCTL:
            self.assertIn('mine: stopped', run(SUPERVISORCTL, '-s', server, 'stop', 'mine').stdout)


    def follow(self, *command):
        """A client of nobody; gives what gives all that it said once a condition on that is met."""
        client = subprocess.Popen(
            ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd='/')
        self.addCleanup(client.stdout.close)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        os.set_blocking(client.stdout.fileno(), False)
        text = []

        def until(condition):
            def is_met():
                text.append((client.stdout.read() or b'').decode())
                return condition(''.join(text))
            self.wait_until(is_met, 'the stream of ' + command[0])
            return ''.join(text)
        return until

    def test_events_of_just_that(self):
        enabled = 'stdout_events_enabled=true\nstdout_capture_maxbytes=1KB\n'
        self.serve('[unix_http_server]\nfile=@/s.sock\nchmod=0777\n' + RPC +
                   PROGRAM % ('mine', 'user=nobody\ncontrol=root\n' + enabled) + PROGRAM % ('other', enabled))
        for name in 'mine', 'other':
            self.wait_for_state(name, 'RUNNING')
        address = 'http://localhost/api/v1/events'
        curl = ['curl', '-s', '-N', '--unix-socket', self.path('s.sock')]
        streams = [self.follow(program('supctl'), '-s', 'unix://' + self.path('s.sock'), 'events'),
                   self.follow(*curl, address)]
        server = self.server()
        # As soon as each shows something, it is there.
        for until in streams:
            until(lambda text: server.supervisor.sendProcessStdin('mine', 'there\n') and 'there' in text)
        for name in 'other', 'mine':
            server.supervisor.sendProcessStdin(
                name, 'of %s\n<!--XSUPERVISOR:BEGIN-->to %s<!--XSUPERVISOR:END-->\n' % (name, name))
        server.supervisor.sendRemoteCommEvent('secret', 'other')
        server.supervisor.stopProcess('other')
        server.supervisor.startProcess('other')
        server.supervisor.stopProcess('mine')
        server.supervisor.startProcess('mine')
        # It ends and is removed in one go.
        self.configure('[unix_http_server]\nfile=@/s.sock\nchmod=0777\n' + RPC + PROGRAM % ('other', enabled))
        server.suprun.update()
        self.wait_until(lambda: len(server.supervisor.getAllProcessInfo()) == 1, 'mine to be gone')
        for until in streams:
            shown = until(lambda text: text.count('PROCESS_STATE_STOPPED') == 2)
            for word in ('of mine', 'to mine', 'PROCESS_COMMUNICATION_STDOUT', 'PROCESS_LOG_STDOUT',
                         'PROCESS_STATE_STARTING', 'PROCESS_STATE_RUNNING', 'PROCESS_STATE_STOPPING'):
                self.assertIn(word, shown)
            self.assertEqual(re.findall('other|secret|REMOTE|PROCESS_GROUP|SUPERVISOR_STATE', shown), [], shown)

    def test_events_of_others_are_denied(self):
        self.serve_control('control=root\n')

        def status(user, query=''):
            return subprocess.run(
                ['setpriv', '--reuid=' + user, '--regid=nogroup', '--clear-groups', 'curl', '-s', '-o',
                 '/dev/null', '-w', '%{http_code}', '-m', '1', '--unix-socket', self.path('s.sock'),
                 'http://localhost/api/v1/events' + query],
                stdout=subprocess.PIPE, text=True, timeout=PATIENCE, cwd='/').stdout
        self.assertEqual(status('games'), '403')
        self.assertEqual(status('nobody', '?process=other'), '403')
        self.assertEqual(status('nobody', '?group=nosuch'), '403')
        self.assertEqual(status('nobody', '?process=mine'), '200')
        shown = subprocess.run(
            ['setpriv', '--reuid=games', '--regid=nogroup', '--clear-groups', program('supctl'), '-s',
             'unix://' + self.path('s.sock'), 'events'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, cwd='/')
        self.assertEqual(shown.returncode, 1, shown.stdout)
        allowed = 'role=read or control= of the program allows it'
        self.assertRegex(shown.stdout, r'^ERROR: NOT_PERMITTED: .*of games may not; %s\n$' % allowed)
        # As supervisorctl prints it, and why.
        for command, what in (['tail', '-f', 'mine'], 'mine/stdout'), (['maintail', '-f'], '/mainlogtail'):
            shown = subprocess.run(
                ['setpriv', '--reuid=nobody' if what[0] == '/' else '--reuid=games', '--regid=nogroup',
                 '--clear-groups', program('supctl'), '-s', 'unix://' + self.path('s.sock'), *command],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, cwd='/')
            self.assertRegex(shown.stderr, r'Cannot read, status code 403\nsupctl: .*%s: .* may not; .* it\n$' % what)

    def test_the_page_shows_just_that(self):
        self.serve_control('control=root\n')

        def get(path, user='nobody', data=()):
            answer = subprocess.run(
                ['setpriv', '--reuid=' + user, '--regid=nogroup', '--clear-groups', 'curl', '-s',
                 '-w', '%{http_code}', '--unix-socket', self.path('s.sock'), *data,
                 'http://localhost' + path],
                stdout=subprocess.PIPE, text=True, timeout=PATIENCE, cwd='/', check=True).stdout
            return int(answer[-3:]), answer[:-3]

        status, page = get('/')
        self.assertEqual(status, 200)
        self.assertIn('data-name="mine"', page)
        self.assertIn('1 processes', page)
        self.assertNotIn('data-name="other"', page)
        self.assertEqual(get('/tail.html?processname=mine')[0], 200)
        for path in '/tail.html?processname=other', '/tail.html?processname=nosuch', '/metrics':
            self.assertEqual(get(path)[0], 403, path)
        token = re.search('name="token" value="([^"]+)"', page).group(1)
        for name, number in ('mine', 303), ('other', 303):
            self.assertEqual(get('/', data=['-d', f'token={token}&action=stop&processname={name}'])[0],
                             number)
        state = {one['name']: one['statename']
                 for one in self.server().supervisor.getAllProcessInfo()}
        self.assertEqual(state, {'mine': 'STOPPED', 'other': 'RUNNING'})
        # Who manages nothing sees no page.
        self.assertEqual(get('/', 'games')[0], 403)
        self.assertEqual(get('/tail.html?processname=mine', 'games')[0], 403)
        self.wait_for_log('denied /: pid ')


class Roles(RpcTest):
    def test_users_of_a_server(self):
        port = free_port()
        self.serve('[inet_http_server]\nport=127.0.0.1:%d\nusername=boss\npassword=b\n'
                   'users=ops:o:operate,view:{SHA}7a38d8cbd20d9932ba948efaa364bb62651d5ad4:read\n'
                   % port + RPC + PROGRAM % ('web', ''))

        def ask(user, password, method, *arguments):
            server = xmlrpc.client.ServerProxy('http://%s:%s@127.0.0.1:%d/RPC2'
                                               % (user, password, port))
            try:
                return getattr(server, method)(*arguments)
            except xmlrpc.client.Fault as fault:
                return fault.faultCode
            except xmlrpc.client.ProtocolError as error:
                return error.errcode
            finally:
                server('close')()
        self.wait_until(lambda: ask('boss', 'b', 'supervisor.getProcessInfo', 'web')['statename']
                        == 'RUNNING', 'web to run')
        self.assertEqual(ask('view', 'v', 'supervisor.getProcessInfo', 'web')['name'], 'web')
        self.assertEqual(ask('view', 'v', 'supervisor.stopProcess', 'web'), NOT_PERMITTED)
        for restart in ('suprun.restartAllProcesses',), ('suprun.restartProcessGroup', 'web'), \
                ('suprun.restartProcess', 'web:*'):
            self.assertEqual([(one['name'], one['status']) for one in ask('view', 'v', *restart)],
                             [('web', NOT_PERMITTED)])
        self.assertEqual(ask('view', 'x', 'supervisor.getState'), 401)
        self.assertEqual(ask('ops', 'v', 'supervisor.getState'), 401)
        self.assertIs(ask('ops', 'o', 'supervisor.stopProcess', 'web'), True)
        self.assertEqual(ask('ops', 'o', 'supervisor.reloadConfig'), NOT_PERMITTED)
        self.assertEqual(ask('boss', 'b', 'supervisor.reloadConfig'), [[[], [], []]])

        def get(path, user):
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
            self.addCleanup(connection.close)
            connection.request('GET', path, headers={
                'Authorization': 'Basic ' + base64.b64encode(user.encode()).decode()})
            return connection.getresponse().status
        self.assertEqual(get('/mainlogtail', 'view:v'), 200)
        self.assertEqual(get('/mainlogtail', 'view:o'), 401)

    def test_who_gives_no_password(self):
        port = free_port()
        self.serve('[inet_http_server]\nport=127.0.0.1:%d\nrole=read\n' % port + RPC +
                   PROGRAM % ('web', ''))
        with xmlrpc.client.ServerProxy('http://127.0.0.1:%d/RPC2' % port) as server:
            self.assertEqual(server.supervisor.getState()['statename'], 'RUNNING')
            with self.assertRaises(xmlrpc.client.Fault) as caught:
                server.supervisor.shutdown()
        self.assertEqual(caught.exception.faultCode, NOT_PERMITTED)

    def test_a_password_never_shows(self):
        self.configure('[inet_http_server]\nport=127.0.0.1:9001\nusers=ops:tiger\n' + RPC)
        error = self.refused('-c', self.path('s.conf'))
        self.assertIn('users=*********', error)
        self.assertNotIn('tiger', error)


if __name__ == '__main__':
    unittest.main()
