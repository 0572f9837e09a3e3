"""SIGHUP reads the configuration again: what differs starts anew, and nothing else is touched."""

import contextlib
import os
import signal
import socket
import unittest

from harness import DaemonTest, alive, children_of

SLEEP = '/bin/sleep 1000'

# Writes numbered lines until it is ended.
COUNT = ('/bin/sh -c "i=0; while :; do i=$((i+1)); echo line $i; echo error $i >&2; sleep 0.01; done"')


def program(name, command=SLEEP, *options):
    return '\n'.join(['[program:%s]' % name, 'command=' + command, 'startsecs=0', *options]) + '\n'


class Update(DaemonTest):
    """One change each, and what it does."""

    def hang_up(self, daemon, text, supervisord=''):
        """Gives the daemon another configuration; its lines of the log about that."""
        self.configure(text, supervisord)
        before = len(self.log_lines())
        mark = self.read('s.log').count('configuration re')
        daemon.send_signal(signal.SIGHUP)
        self.wait_for_log('configuration re', mark + 1)
        # The next signal is taken when all that the update says is in the log.
        mark = self.read('s.log').count('indicating nothing')
        daemon.send_signal(signal.SIGALRM)
        self.wait_for_log('indicating nothing', mark + 1)
        return [line for line in self.log_lines()[before:] if 'received' not in line]

    def pids(self, *names):
        return [self.wait_for_pid(name) for name in names]

    def test_one_of_three_that_differs_starts_anew(self):
        daemon = self.run_with(program('a') + program('b') + program('c'))
        a, b, c = self.pids('a', 'b', 'c')
        lines = self.hang_up(daemon, program('a') + program('b', '/bin/sleep 2000') + program('c'))
        self.assertIn('INFO configuration read again and taken over', lines)
        self.assertIn('INFO update: restart b (command)', lines)
        again = self.wait_for_pid('b', 2)
        self.wait_until(lambda: not alive(b), 'the end of the old one')
        self.assertEqual(sorted(children_of(daemon.pid)), sorted([a, c, again]))
        self.end(daemon)

    def test_the_same_changes_nothing_and_says_so(self):
        text = program('a') + program('b')
        daemon = self.run_with(text)
        pids = self.pids('a', 'b')
        self.assertEqual(self.hang_up(daemon, '; another comment\n' + text),
                         ['INFO configuration read again: nothing has changed'])
        self.assertEqual(sorted(children_of(daemon.pid)), sorted(pids))
        self.end(daemon)

    def test_a_bad_file_changes_nothing_and_is_told_with_its_place(self):
        daemon = self.run_with(program('a') + program('b'))
        pids = self.pids('a', 'b')
        lines = self.hang_up(daemon, program('a', '/bin/sleep 2000') + program('b', SLEEP, 'priority=high'))
        text = '\n'.join(lines)
        self.assertIn('ERRO configuration refused, everything goes on as before: ', text)
        self.assertIn('s.conf:14:', text)
        self.assertIn('priority', text)
        self.assertEqual(sorted(children_of(daemon.pid)), sorted(pids))
        self.end(daemon)

    def test_a_socket_that_cannot_be_made_changes_nothing(self):
        daemon = self.run_with(program('a'))
        pids = self.pids('a')
        lines = self.hang_up(daemon, program('a', '/bin/sleep 2000') +
                             '[fcgi-program:f]\ncommand=%s\nsocket=unix://@/none/f.sock\n' % SLEEP)
        self.assertIn('Could not create FastCGI socket', '\n'.join(lines))
        self.assertEqual(children_of(daemon.pid), pids)
        self.end(daemon)

    def test_numprocs_adds_and_removes_single_processes(self):
        def web(count):
            return program('web', SLEEP, 'numprocs=%d' % count, 'process_name=web%(process_num)d')
        daemon = self.run_with(web(2))
        first, second = self.pids('web0', 'web1')
        lines = self.hang_up(daemon, web(4))
        self.assertIn('INFO update: add web:web2, web:web3', lines)
        third, fourth = self.pids('web2', 'web3')
        self.assertEqual(sorted(children_of(daemon.pid)), sorted([first, second, third, fourth]))
        lines = self.hang_up(daemon, web(1))
        self.assertIn('INFO update: remove web:web1, web:web2, web:web3', lines)
        self.wait_until(lambda: children_of(daemon.pid) == [first], 'the end of three')
        # And up again: new processes, with logs of their own.
        self.hang_up(daemon, web(2))
        again = self.wait_for_pid('web1', 2)
        self.wait_until(lambda: sorted(children_of(daemon.pid)) == sorted([first, again]), 'the second')
        self.end(daemon)

    def test_another_log_is_taken_without_a_restart_or_a_lost_line(self):
        daemon = self.run_with(program('a', COUNT, 'stdout_logfile=@/one', 'stderr_logfile=@/errors'))
        pid = self.wait_for_pid('a')
        self.wait_for_text('one', 'line 20\n')
        lines = self.hang_up(daemon, program('a', COUNT, 'stdout_logfile=@/two', 'stderr_logfile=@/errors'))
        self.assertIn('INFO update: change a (stdout_logfile)', lines)
        self.wait_until(lambda: self.read('two').count('\n') > 20, 'lines in the new log')
        # Events want to see the output from now on; then no more.
        for word in ('true', 'false'):
            count = self.read('two').count('\n')
            self.hang_up(daemon, program('a', COUNT, 'stdout_logfile=@/two', 'stderr_logfile=@/errors',
                                         'stdout_events_enabled=' + word))
            self.wait_until(lambda: self.read('two').count('\n') > count + 20, 'more lines')
        self.assertEqual(children_of(daemon.pid), [pid])
        self.end(daemon)
        written = (self.read('one') + self.read('two')).splitlines()
        self.assertEqual(written, ['line %d' % n for n in range(1, len(written) + 1)])
        errors = self.read('errors').splitlines()
        self.assertEqual(errors, ['error %d' % n for n in range(1, len(errors) + 1)])

    def test_a_limit_of_a_log_changes_in_place(self):
        daemon = self.run_with(program('a', COUNT, 'stdout_logfile=@/one', 'stdout_logfile_maxbytes=0'))
        pid = self.wait_for_pid('a')
        self.wait_for_text('one', 'line 20\n')
        self.assertFalse(os.path.exists(self.path('one.1')))
        self.hang_up(daemon, program('a', COUNT, 'stdout_logfile=@/one', 'stdout_logfile_maxbytes=100',
                                     'stdout_logfile_backups=2'))
        self.wait_until(lambda: os.path.exists(self.path('one.2')), 'two backups')
        self.assertEqual(children_of(daemon.pid), [pid])
        self.end(daemon)

    def test_what_is_new_waits_for_the_end_of_what_left(self):
        slow = '/bin/sh -c "trap \'sleep 1; echo over; exit\' TERM; echo up; while :; do sleep 0.05; done"'
        daemon = self.run_with(program('old', slow, 'stdout_logfile=@/old.out') + program('stays'))
        stays = self.wait_for_pid('stays')
        self.wait_for_text('old.out', 'up')
        self.hang_up(daemon, program('new') + program('stays'))
        new = self.wait_for_pid('new')
        log = self.read('s.log')
        self.assertLess(log.index('stopped: old'), log.index("spawned: 'new'"))
        self.assertEqual(sorted(children_of(daemon.pid)), sorted([stays, new]))
        self.end(daemon)

    def test_settings_of_the_daemon(self):
        daemon = self.run_with(program('a'))
        pid = self.wait_for_pid('a')
        lines = self.hang_up(daemon, program('a'), 'loglevel=debug\nidentifier=other\n')
        self.assertIn('INFO update: change [supervisord] (loglevel)', lines)
        self.assertIn('WARN [supervisord] identifier: takes effect when the daemon starts anew', lines)
        os.kill(pid, signal.SIGKILL)
        self.wait_for_log('DEBG received SIGCHLD')
        self.configure(program('a'), 'logfile=@/other.log\n')
        daemon.send_signal(signal.SIGHUP)
        self.wait_for_text('other.log', 'INFO update: change [supervisord] (logfile, loglevel)')
        self.end(daemon)

    def test_a_program_becomes_a_listener(self):
        listener = ('/bin/sh -c "printf \'READY\\\\n\'; while read line; do echo $line >> @/seen; '
                    'printf \'RESULT 2\\\\nOKREADY\\\\n\'; done"')
        daemon = self.run_with(program('x', SLEEP) + program('a', SLEEP))
        old = self.wait_for_pid('x')
        self.hang_up(daemon, '[eventlistener:x]\ncommand=%s\nevents=PROCESS_STATE\nstartsecs=0\n' % listener
                     + program('a', SLEEP))
        self.wait_for_pid('x', 2)
        self.wait_for_text('seen', 'eventname:PROCESS_STATE_RUNNING')
        self.assertFalse(alive(old))
        self.end(daemon)

    def test_a_group_takes_over_a_program(self):
        daemon = self.run_with(program('a') + program('b'))
        self.pids('a', 'b')
        self.hang_up(daemon, program('a') + program('b') + '[group:g]\nprograms=a,b\n')
        self.wait_for_pid('a', 2)
        self.wait_for_pid('b', 2)
        self.wait_until(lambda: len(children_of(daemon.pid)) == 2, 'two children')
        self.end(daemon)

    def test_another_socket_of_fastcgi_is_made_when_the_old_one_is_gone(self):
        def fcgi(mode, count=2):
            return ('[fcgi-program:f]\ncommand=%s\nsocket=unix://@/f.sock\nsocket_mode=%s\nnumprocs=%d\n'
                    'process_name=f%%(process_num)d\nstartsecs=0\n' % (SLEEP, mode, count))
        daemon = self.run_with(fcgi('0700') + program('a'))
        first, second, other = self.pids('f0', 'f1', 'a')
        self.hang_up(daemon, fcgi('0700', 3) + program('a'))
        third = self.wait_for_pid('f2')
        self.assertEqual(sorted(children_of(daemon.pid)), sorted([first, second, third, other]))
        self.hang_up(daemon, fcgi('0770', 3) + program('a'))
        again = [self.wait_for_pid(name, 2) for name in ('f0', 'f1', 'f2')]
        self.assertEqual(sorted(children_of(daemon.pid)), sorted(again + [other]))
        self.assertEqual(os.stat(self.path('f.sock')).st_mode & 0o777, 0o770)
        self.assertEqual(self.read('s.log').count('Creating socket'), 3)  # the first one to try it
        self.end(daemon)

    def test_a_control_server_moves_and_nothing_else_does(self):
        def server(name):
            return '[unix_http_server]\nfile=@/%s\n' % name

        def listens(name):
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
                try:
                    client.connect(self.path(name))
                    return True
                except OSError:
                    return False
        daemon = self.run_with(server('one') + program('a'))
        pids = self.pids('a')
        self.assertTrue(listens('one'))
        self.hang_up(daemon, server('two') + program('a'))
        self.wait_until(lambda: listens('two') and not listens('one'), 'the new place')
        # Where that is not possible, it stays where it was.
        self.hang_up(daemon, server('none/three') + program('a'))
        self.wait_until(lambda: listens('two'), 'the old place')
        self.assertEqual(children_of(daemon.pid), pids)
        self.end(daemon)

    def test_a_variable_that_is_gone_is_gone(self):
        """B28: names of an old environment= do not outlive it."""
        text = program('a', '/bin/sh -c "exec sleep %(ENV_HOW_LONG)s"')
        daemon = self.run_with(text, 'environment=HOW_LONG="1000"\n')
        pids = self.pids('a')
        lines = self.hang_up(daemon, text, 'environment=OTHER="1"\n')
        self.assertIn('`HOW_LONG` is not set', '\n'.join(lines))
        self.assertEqual(children_of(daemon.pid), pids)
        self.end(daemon)

    def test_hup_restart_restores_the_old_way(self):
        self.configure(program('a'))
        daemon = self.start('--compat=hup-restart', '-c', self.path('s.conf'))
        first = self.wait_for_pid('a')
        daemon.send_signal(signal.SIGHUP)
        second = self.wait_for_pid('a', 2)
        self.assertNotEqual(first, second)
        self.assertIn('WARN received SIGHUP indicating restart request', self.log_lines())
        self.end(daemon)


if __name__ == '__main__':
    unittest.main()
