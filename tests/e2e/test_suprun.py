"""suprun as a user sees it: processes, logs, signals, files."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import unittest

from harness import DaemonTest, alive, children_of, program


class Boot(DaemonTest):
    """Start and end of the daemon itself."""

    def test_starts_programs_and_ends_cleanly(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sleep 60\nnumprocs=3\n'
                               'process_name=%(program_name)s_%(process_num)d\n')
        self.assertEqual(self.read('s.pid'), '%d\n' % daemon.pid)
        pids = [self.wait_for_pid('a_%d' % number) for number in range(3)]
        self.assertEqual(sorted(children_of(daemon.pid)), sorted(pids))
        self.end(daemon)
        self.assertFalse(any(alive(pid) for pid in pids))
        self.assertIn('WARN received SIGTERM indicating exit request', self.log_lines())

    def test_ends_on_int_and_quit(self):
        for number in (signal.SIGINT, signal.SIGQUIT):
            daemon = self.run_with('[program:a]\ncommand=/bin/sleep 60\n')
            self.wait_for_pid('a')
            self.end(daemon, number)
            os.remove(self.path('s.log'))

    def test_stops_groups_of_one_priority_together(self):
        # Each of them ends by itself only when the other one was told to stop as well.
        self.configure(''.join(
            '[program:%s]\ncommand=/bin/sh -c "trap \'touch @/%s.told; while [ ! -e @/%s.told ]; do '
            'sleep 0.02; done; exit 0\' TERM; echo up >@/%s.up; while :; do sleep 0.02; done"\n'
            % (name, name, other, name) for name, other in (('a', 'b'), ('b', 'a'))),
            'shutdown_by_priority=true\n')
        daemon = self.start('-n', '-c', self.path('s.conf'))
        for name in 'ab':
            self.wait_for_text(name + '.up', 'up')
        self.end(daemon)
        self.assertEqual(sorted(line for line in self.log_lines() if 'stopped:' in line),
                         ['INFO stopped: %s (exit status 0)' % name for name in 'ab'])

    def test_survives_signals_that_mean_nothing(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sleep 60\n')
        for number in (signal.SIGPROF, signal.SIGALRM, signal.SIGPIPE):
            daemon.send_signal(number)
        daemon.send_signal(signal.SIGUSR2)
        self.wait_for_log('supervisord logreopen')
        self.assertIsNone(daemon.poll())
        self.end(daemon)

    def test_goes_to_the_background(self):
        self.configure('[program:a]\ncommand=/bin/sh -c "pwd; umask; exec sleep 60"\n'
                       'stdout_logfile=@/a.log\n',
                       'nodaemon=false\ndirectory=/usr\numask=027\n')
        parent = self.start('-c', self.path('s.conf'))
        self.assertEqual(parent.wait(20), 0)
        self.wait_for_text('a.log', '/usr\n0027\n')
        pid = int(self.read('s.pid'))
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.readlink('/proc/%d/fd/1' % pid), '/dev/null')
        lines = self.log_lines()
        self.assertIn('INFO daemonizing the supervisord process', lines)
        self.assertIn("INFO set current directory: '/usr'", lines)
        os.kill(pid, signal.SIGTERM)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(status, 0)
        self.assertFalse(os.path.exists(self.path('s.pid')))

    def test_foreground_prints_the_log(self):
        self.configure('', 'silent=false\n')
        daemon = self.start('-n', '-c', self.path('s.conf'), stdout=subprocess.PIPE)
        self.wait_for_log('started with pid')
        daemon.send_signal(signal.SIGTERM)
        output, _ = daemon.communicate(timeout=20)
        self.assertEqual(output.decode(), self.read('s.log'))
        for line in output.decode().splitlines():
            self.assertRegex(line, r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (CRIT|WARN|INFO) ')

    def test_a_standard_output_that_nobody_reads_holds_nothing_up(self):
        self.configure('[program:a]\ncommand=/bin/sh -c "seq 1 100000; exec sleep 60"\n'
                       'stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n'
                       '[program:b]\ncommand=/bin/sh -c "seq 1 20000; exec sleep 60"\n'
                       'stdout_logfile=@/b.log\n', 'silent=false\nloglevel=debug\n')
        read, write = os.pipe()
        daemon = self.start('-n', '-c', self.path('s.conf'), stdout=write)
        os.close(write)
        self.wait_for_text('b.log', '\n20000\n')
        self.end(daemon)
        os.close(read)

    def test_relative_files_are_those_of_the_folder_it_was_started_in(self):
        self.configure('[program:a]\ncommand=/bin/sleep 60\n',
                       'nodaemon=false\ndirectory=/usr\n')
        parent = self.start('-c', self.path('s.conf'), '-j', 'here.pid', '-l', 'here.log')
        self.assertEqual(parent.wait(20), 0)
        self.wait_until(lambda: os.path.exists(self.path('here.pid')), 'the pidfile')
        pid = int(self.wait_for_text('here.pid', '\n'))
        os.kill(pid, signal.SIGHUP)
        self.wait_for_text('here.log', 'configuration read again: nothing has changed')
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        self.assertFalse(os.path.exists(self.path('here.pid')))

    def test_command_line_goes_before_the_file(self):
        self.configure('[program:a]\ncommand=/bin/sleep 60\n')
        daemon = self.start('-c', self.path('s.conf'), '-l', self.path('other.log'), '-e', 'warn',
                            '-j', self.path('other.pid'))
        self.wait_until(lambda: os.path.exists(self.path('other.pid')), 'the pidfile')
        self.end(daemon)
        self.assertNotIn('INFO', self.read('other.log'))
        self.assertIn('WARN received SIGTERM', self.read('other.log'))
        self.assertEqual(self.read('s.log'), '')

    def test_finds_its_configuration(self):
        self.configure('', name='supervisord.conf')
        daemon = self.start()
        self.wait_for_log('started with pid')
        self.end(daemon)

    def test_usage_errors(self):
        conf = self.configure('')
        self.assertIn('Error: ', self.refused('-c', conf, '--no-such-option'))
        self.assertIn('Error: ', self.refused('-n', '-n', '-c', conf))
        self.assertIn("invalid value for -e 'loud': ", self.refused('-c', conf, '-e', 'loud'))
        self.assertIn('none.conf', self.refused('-c', self.path('none.conf')))
        self.assertIn('minimum number of file descriptors',
                      self.refused('-c', conf, '--minfds', '2000000000'))

    def test_options_that_make_no_sense_are_refused_by_name(self):
        conf = self.configure('')
        for words, said in (
                ('--keeper-seconds 0', "invalid value for --keeper-seconds '0': it is not a number of "
                                       'seconds from 1 to 604800'),
                ('--keeper-seconds soon', "invalid value for --keeper-seconds 'soon': "),
                ('--exit-with a,', "invalid value for --exit-with 'a,': a name is empty"),
                ('--exit-with nobody', '--exit-with: there is no program or group `nobody`'),
                ('--compat nonsense', '`nonsense` is no compatibility switch; there are hup-restart'),
                ('-d /no/such/folder', "invalid value for -d '/no/such/folder': the folder "
                                       '`/no/such/folder` does not exist'),
                ('-m 9', "invalid value for -m '9': "),
                ('-l', 'option -l requires argument'),
                ('-l a -l b', "conflicting command line option '-l'"),
                ('-c other.conf', "conflicting command line option '-c'"),
                ('-Z', 'option -Z not recognized'),
                ('--nodaemon=1', 'option --nodaemon must not have an argument'),
                ('--no', 'option --no not a unique prefix'),
                ('plan.bin', "positional arguments are not supported: ['plan.bin']")):
            with self.subTest(words):
                self.assertIn('Error: ' + said, self.refused('-c', conf, *words.split()))
        self.assertIn("positional arguments are not supported: ['a', 'b']", self.refused('a', 'b'))

    def test_help_names_every_option_and_every_switch(self):
        said = subprocess.run([program('suprun'), '--help'], capture_output=True, text=True)
        self.assertEqual((said.returncode, said.stderr), (0, ''))
        for option in ('--configuration', '--keeper-seconds', '--exit-with', '--exit-on-fatal',
                       '--insecure-http', '--no-keeper'):
            self.assertIn(option, said.stdout)
        listed = self.refused('-c', self.configure(''), '--compat', 'nonsense')
        switches = re.search('there are (.*), and all', listed).group(1).split(', ')
        for switch in switches:
            self.assertRegex(said.stdout, r'(?m)^  %s .*\(quirk ' % re.escape(switch))

    def test_version(self):
        said = subprocess.run([program('suprun'), '--version'], capture_output=True, text=True)
        self.assertEqual(said.returncode, 0)
        self.assertRegex(said.stdout, r'^suprun \d+\.\d+')

    def test_missing_variable_is_located_and_refused(self):
        conf = self.configure('[program:a]\ncommand=/bin/echo %(ENV_SUPRUN_TEST_NOTHING)s\n')
        error = self.refused('-c', conf)
        self.assertIn('s.conf:9', error)
        self.assertIn('SUPRUN_TEST_NOTHING', error)

    def test_closed_standard_files_do_no_harm(self):
        self.configure('[program:a]\ncommand=/bin/sh -c "echo here; exec sleep 60"\n'
                       'stdout_logfile=@/a.log\n')
        script = 'exec "$0" -c "$1" <&- >&- 2>&-'
        daemon = subprocess.Popen(['/bin/sh', '-c', script, program('suprun'), self.path('s.conf')],
                                  cwd=self.folder)
        self.daemons.append(daemon)
        self.wait_for_text('a.log', 'here')
        self.end(daemon)


class Children(DaemonTest):
    """What a child is born with and how its end is taken."""

    def child_says(self, script, options='', supervisord='', **keywords):
        """Runs a script as the only program and gives what it wrote, up to the word done."""
        self.write('script', '%s\necho done\nexec sleep 60\n' % script)
        daemon = self.run_with('[program:a]\ncommand=/bin/sh @/script\nstdout_logfile=@/a.log\n'
                               'redirect_stderr=true\n' + options, supervisord, **keywords)
        text = self.wait_for_text('a.log', 'done\n')
        self.end(daemon)
        return text

    def test_environment(self):
        text = self.child_says(
            'env', 'environment=A="program",B="two words",SUPERVISOR_GROUP_NAME=mine\n',
            'environment=A=global,C=global\n', env=dict(os.environ, A='daemon', D='daemon'))
        said = dict(line.split('=', 1) for line in text.splitlines() if '=' in line)
        self.assertEqual([said[name] for name in 'ABCD'],
                         ['program', 'two words', 'global', 'daemon'])
        self.assertEqual(said['SUPERVISOR_ENABLED'], '1')
        self.assertEqual(said['SUPERVISOR_PROCESS_NAME'], 'a')
        self.assertEqual(said['SUPERVISOR_GROUP_NAME'], 'mine')
        self.assertNotIn('SUPERVISOR_SERVER_URL', said)

    def test_directory_umask_and_group(self):
        text = self.child_says('pwd; umask; echo $$; ps -o pgid= -p $$ 2>/dev/null || '
                               'cut -d" " -f5 /proc/$$/stat', 'directory=/usr/bin\numask=077\n')
        folder, umask, pid, group = text.split()[:4]
        self.assertEqual((folder, umask), ('/usr/bin', '0077'))
        self.assertEqual(pid, group)

    def test_descriptors(self):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        daemon = self.run_with('[program:a]\ncommand=/bin/ls /proc/self/fd\nstartsecs=0\n'
                               'autorestart=false\nstdout_logfile=@/a.log\n', pass_fds=(write,))
        self.wait_for_log('exited: a')
        os.close(read)
        os.close(write)
        # The last one is the folder that ls reads.
        self.assertEqual(self.read('a.log').split(), ['0', '1', '2', '3'])
        self.end(daemon)

    def test_signals(self):
        text = self.child_says('grep Sig /proc/self/status')
        self.assertIn('SigBlk:\t0000000000000000', text)
        self.assertIn('SigIgn:\t0000000001001000', text)

    @unittest.skipUnless(os.getuid() == 0, 'only root may change the user')
    def test_user(self):
        nobody = pwd.getpwnam('nobody')
        text = self.child_says('id -u; id -g; id -G', 'user=nobody\n')
        self.assertEqual(text.split()[:2], [str(nobody.pw_uid), str(nobody.pw_gid)])
        self.assertEqual(text.split()[2:3], [str(nobody.pw_gid)])

    def test_a_crash_is_answered_with_a_new_process(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sleep 60\nautorestart=true\n'
                               'startsecs=0\n')
        first = self.wait_for_pid('a')
        os.kill(first, signal.SIGKILL)
        second = self.wait_for_pid('a', 2)
        self.assertNotEqual(first, second)
        self.assertIn('WARN exited: a (terminated by SIGKILL; not expected)', self.log_lines())
        self.end(daemon)

    def test_a_storm_of_short_lives_leaves_the_daemon_responsive(self):
        daemon = self.run_with(''.join('[program:p%02d]\ncommand=/bin/true\nstartsecs=0\n'
                                       'autorestart=true\n' % number for number in range(20)))
        for number in range(20):
            self.wait_for_pid('p%02d' % number, 5)
        daemon.send_signal(signal.SIGUSR2)
        self.wait_for_log('supervisord logreopen')
        self.end(daemon)
        self.assertNotIn('CRIT', self.read('s.log').replace('CRIT Supervisor is running as', ''))

    def test_an_unknown_command_becomes_fatal(self):
        daemon = self.run_with('[program:a]\ncommand=no-such-command here\nstartretries=1\n')
        self.wait_for_log('gave up: a entered FATAL state, too many start retries too quickly')
        lines = self.log_lines()
        self.assertEqual(lines.count("INFO spawnerr: can't find command 'no-such-command'"), 2)
        self.end(daemon)

    def test_a_failure_of_the_child_is_in_its_log(self):
        self.write('text', 'no program', 0o755)
        # However slow the machine is, it ends before it counts as started, and is not started again.
        daemon = self.run_with('[program:a]\ncommand=@/text\nstartretries=0\nstartsecs=600\n'
                               'stderr_logfile=@/a.err\n'
                               '[program:b]\ncommand=/bin/true\ndirectory=/no/such/folder\n'
                               'startretries=0\nstartsecs=600\nstderr_logfile=@/b.err\n')
        self.wait_for_log('entered FATAL state', 2)
        last = 'supervisor: child process was not spawned\n'
        self.assertEqual(self.read('a.err'), 'supervisor: couldn\'t exec %s: ENOEXEC\n%s'
                         % (self.path('text'), last))
        self.assertEqual(self.read('b.err'),
                         "supervisor: couldn't chdir to /no/such/folder: ENOENT\n" + last)
        self.assertIn('WARN exited: a (exit status 127; not expected)', self.log_lines())
        self.end(daemon)

    def test_orphans_of_a_child_do_not_hold_its_pipes(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sh -c "sleep 61 & echo $!"\n'
                               'startsecs=0\nautorestart=false\nstdout_logfile=@/a.log\n')
        self.wait_for_log('exited: a (exit status 0; expected)')
        orphan = int(self.read('a.log'))
        self.assertTrue(alive(orphan))
        os.kill(orphan, signal.SIGKILL)
        self.wait_until(lambda: not alive(orphan), 'the end of the orphan')
        os.waitpid(orphan, 0)
        self.end(daemon)


    def test_fastcgi_processes_share_a_listening_socket(self):
        daemon = self.run_with('[fcgi-program:f]\ncommand=/bin/sh -c "readlink /proc/self/fd/0; '
                               'exec sleep 60"\nsocket=unix://@/f.sock\nsocket_mode=0600\n'
                               'numprocs=2\nprocess_name=f%(process_num)d\n'
                               'stdout_logfile=@/%(process_num)d.log\nstartsecs=0\n')
        said = {self.wait_for_text('%d.log' % number, 'socket:') for number in range(2)}
        self.assertEqual(len(said), 1, 'not the same socket')
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.path('f.sock'))
        self.assertEqual(os.stat(self.path('f.sock')).st_mode & 0o777, 0o600)
        self.end(daemon)
        url = 'unix://' + self.path('f.sock')
        # Once to see that it can be made, once to use it.
        self.assertEqual(self.log_lines().count('INFO Creating socket ' + url), 2)
        self.assertEqual(self.log_lines().count('INFO Closing socket ' + url), 2)

    def test_as_pid_1_it_reaps_orphans(self):
        unshare = ['unshare', '--pid', '--fork', '--kill-child']
        if shutil.which('unshare') is None or subprocess.run(
                unshare + ['true'], capture_output=True).returncode != 0:
            self.skipTest('no new process namespace to be had')
        self.configure('[program:a]\ncommand=/bin/sh -c "sleep 0.2 & exit 0"\nstartsecs=0\n'
                       'autorestart=false\n', 'nodaemon=false\n')
        daemon = subprocess.Popen(unshare + [program('suprun'), '-c', self.path('s.conf')],
                                  cwd=self.folder)
        self.daemons.append(daemon)
        self.wait_for_log('supervisord started with pid 1\n')
        self.wait_for_log('reaped unknown pid')
        os.kill(children_of(daemon.pid)[0], signal.SIGTERM)
        self.assertEqual(daemon.wait(20), 0)


class Control(DaemonTest):
    """Stopping, reloading."""

    def test_groups_stop_in_reverse_order(self):
        programs = ''.join('[program:p%d]\ncommand=/bin/sleep 60\npriority=%d\n' % (n, 10 + n)
                           for n in range(4))
        daemon = self.run_with(programs)
        for number in range(4):
            self.wait_for_pid('p%d' % number)
        self.end(daemon)
        stopped = [line.split()[2] for line in self.log_lines() if 'stopped: ' in line]
        self.assertEqual(stopped, ['p3', 'p2', 'p1', 'p0'])

    def test_a_program_that_ignores_its_stop_is_killed(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sh -c "trap \'\' TERM; echo ready; '
                               'while true; do sleep 0.05; done"\n'
                               'stopwaitsecs=1\nstopasgroup=false\nkillasgroup=true\n'
                               'stdout_logfile=@/a.log\n')
        self.wait_for_text('a.log', 'ready')
        pid = self.wait_for_pid('a')
        self.end(daemon)
        self.assertIn("WARN killing 'a' (%d) with SIGKILL" % pid, self.log_lines())
        self.assertIn('WARN stopped: a (terminated by SIGKILL)', self.log_lines())

    def test_an_end_during_the_start_leaves_nothing(self):
        self.configure(''.join('[program:p%02d]\ncommand=/bin/sleep 60\nautorestart=true\n' % n
                               for n in range(40)))
        for delay in range(6):
            daemon = self.start('-c', self.path('s.conf'))
            # As early as a signal can mean a clean end: the pidfile is there.
            self.wait_until(lambda: os.path.exists(self.path('s.pid')), 'the pidfile')
            self.wait_until(lambda: len(children_of(daemon.pid)) >= 8 * delay, 'children')
            self.end(daemon)

    def test_hup_takes_the_new_configuration(self):
        daemon = self.run_with('[program:old]\ncommand=/bin/sleep 60\n')
        old = self.wait_for_pid('old')
        self.configure('[program:new]\ncommand=/bin/sleep 60\n')
        daemon.send_signal(signal.SIGHUP)
        new = self.wait_for_pid('new')
        self.assertFalse(alive(old))
        self.assertEqual(children_of(daemon.pid), [new])
        self.assertEqual(self.read('s.pid'), '%d\n' % daemon.pid)
        self.assertIn('WARN received SIGHUP indicating update request', self.log_lines())
        self.end(daemon)

    def test_hup_with_a_bad_configuration_changes_nothing(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sleep 60\n')
        pid = self.wait_for_pid('a')
        self.configure('[program:a]\ncommand=/bin/sleep 60\nstartsecs=soon\n')
        daemon.send_signal(signal.SIGHUP)
        text = self.wait_for_log('startsecs')
        self.assertIn('s.conf:10', text)
        self.assertTrue(alive(pid))
        self.assertEqual(children_of(daemon.pid), [pid])
        # And once it is mended, all is well.
        self.configure('[program:b]\ncommand=/bin/sleep 60\n')
        daemon.send_signal(signal.SIGHUP)
        self.wait_for_pid('b')
        self.end(daemon)


class Logs(DaemonTest):
    """Child logs and the activity log."""

    def test_nothing_is_lost_when_a_child_writes_much_and_ends(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sh -c "seq 1 1500000"\nstartsecs=0\n'
                               'autorestart=false\nstdout_logfile=@/a.log\n'
                               'stdout_logfile_maxbytes=0\n')
        self.wait_for_log('exited: a')
        with open(self.path('a.log'), 'rb') as file:
            data = file.read()
        self.assertGreater(len(data), 10000000)
        self.assertEqual(data, b''.join(b'%d\n' % number for number in range(1, 1500001)))
        self.end(daemon)

    def test_rotation(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sh -c "seq 1 100000"\nstartsecs=0\n'
                               'autorestart=false\nstdout_logfile=@/a.log\n'
                               'stdout_logfile_maxbytes=64KB\nstdout_logfile_backups=100\n')
        self.wait_for_log('exited: a')
        backups = sorted((name for name in os.listdir(self.folder)
                          if re.fullmatch(r'a\.log\.\d+', name)),
                         key=lambda name: -int(name.rpartition('.')[2]))
        self.assertGreaterEqual(len(backups), 3)
        for name in backups:
            self.assertGreaterEqual(os.path.getsize(self.path(name)), 65536)
        text = ''.join(map(self.read, backups)) + self.read('a.log')
        self.assertEqual(text, ''.join('%d\n' % number for number in range(1, 100001)))
        self.end(daemon)

    def test_usr2_opens_logs_by_name(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/cat\nstdout_logfile=@/a.log\n')
        self.wait_for_pid('a')
        os.rename(self.path('s.log'), self.path('s.old'))
        os.rename(self.path('a.log'), self.path('a.old'))
        daemon.send_signal(signal.SIGUSR2)
        self.wait_until(lambda: os.path.exists(self.path('a.log')), 'the new log')
        self.end(daemon)
        self.assertIn('received SIGTERM', self.read('s.log'))
        self.assertIn('supervisord logreopen', self.read('s.old'))

    def test_a_vanished_folder_is_survived(self):
        os.mkdir(self.path('logs'))
        daemon = self.run_with('[program:a]\ncommand=/bin/sh -c "while echo line; do sleep 0.01; '
                               'done"\nstdout_logfile=@/logs/a.log\n'
                               'stdout_logfile_maxbytes=20\n')
        self.wait_until(lambda: os.path.exists(self.path('logs/a.log.1')), 'a backup')
        subprocess.run(['rm', '-r', self.path('logs')], check=True)
        self.wait_for_log('cannot roll over log')
        daemon.send_signal(signal.SIGUSR2)
        self.wait_for_log('cannot reopen log')
        os.mkdir(self.path('logs'))
        self.wait_for_log('rolls over again')
        self.assertEqual(self.read('s.log').count('cannot roll over log'), 1)
        self.end(daemon)

    def test_a_full_disk_is_said_once(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/sh -c "for i in 1 2 3 4 5 6 7 8 9; do '
                               'echo $i; sleep 0.02; done; exec sleep 60"\n'
                               'stdout_logfile=/dev/full\nstderr_logfile=NONE\n'
                               '[program:b]\ncommand=/bin/sh -c "sleep 0.3; echo later"\n'
                               'startsecs=0\nautorestart=false\nstdout_logfile=@/b.log\n')
        self.wait_for_text('b.log', 'later')
        self.assertEqual(self.read('s.log').count("cannot write to log '/dev/full'"), 1)
        self.end(daemon)

    def test_a_log_that_cannot_be_opened_is_a_spawn_error(self):
        daemon = self.run_with('[program:a]\ncommand=/bin/cat\nstdout_logfile=@\nstartretries=0\n')
        self.wait_for_log('entered FATAL state')
        self.assertIn("INFO spawnerr: unknown error making dispatchers for 'a': EISDIR",
                      self.log_lines())
        self.end(daemon)

    def test_standard_output_as_a_log_never_rotates(self):
        self.configure('[program:a]\ncommand=/bin/sh -c "echo one; sleep 0.1; echo two; '
                       'exec sleep 60"\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=1\n'
                       'redirect_stderr=true\n')
        daemon = self.start('-c', self.path('s.conf'), stdout=subprocess.PIPE)
        self.assertEqual(daemon.stdout.readline(), b'one\n')
        self.assertEqual(daemon.stdout.readline(), b'two\n')
        daemon.stdout.close()
        self.end(daemon)
        self.assertFalse(os.path.exists('/dev/stdout.1'))

    def test_automatic_logs_are_private_and_removed_at_the_next_start(self):
        stale = self.write('x-stdout---supervisor-abcdefgh.log', '')
        other = self.write('x-stdout---other-abcdefgh.log', '')
        daemon = self.run_with('[program:a]\ncommand=/bin/echo automatic\nstartsecs=0\n'
                               'autorestart=false\n')
        self.wait_for_log('exited: a')
        made = [name for name in os.listdir(self.folder) if name.startswith('a-stdout---')]
        self.assertEqual(len(made), 1)
        self.assertRegex(made[0], r'^a-stdout---supervisor-[a-z0-9_]{8}\.log$')
        self.assertEqual(os.stat(self.path(made[0])).st_mode & 0o777, 0o600)
        self.assertEqual(self.read(made[0]), 'automatic\n')
        self.assertFalse(os.path.exists(stale))
        self.assertTrue(os.path.exists(other))
        self.end(daemon)


LISTENER = '''
import os, sys
from supervisor import childutils
while True:
    headers, payload = childutils.listener.wait()
    with open(%r, 'a') as file:
        file.write(headers['eventname'] + ' ' + payload + '\\n')
    childutils.listener.ok()
'''


# Notes the serial number of each event that it hears.
SERIALS = '''
import re, sys
with open(%r, 'w') as file:
    while True:
        print('READY', flush=True)
        header = sys.stdin.readline()
        sys.stdin.read(int(re.search(r'len:(\\d+)', header)[1]))
        file.write(re.search(r'serial:(\\d+)', header)[1] + '\\n')
        file.flush()
        print('RESULT 2', 'OK', sep='\\n', end='', flush=True)
'''


class Listeners(DaemonTest):
    """Event listeners written for Supervisor."""

    def test_a_flapping_crowd_leaves_them_their_turn(self):
        """Of those that end as fast as they are started, few are started between two events."""
        self.write('listener.py', SERIALS % self.path('serials'))
        daemon = self.run_with(
            '[eventlistener:l]\ncommand=%s -S @/listener.py\nevents=PROCESS_STATE\nstartsecs=0\n'
            '[program:a]\ncommand=/bin/true\nnumprocs=20\nprocess_name=%%(process_num)d\nstartsecs=0\n'
            'autorestart=true\n' % sys.executable)

        def heard():
            return [int(line) for line in self.read('serials').splitlines()]
        self.wait_until(lambda: len(heard()) > 1, 'an event')
        produced = 3000  # three a restart
        self.wait_until(lambda: heard()[-1] - heard()[0] > produced, 'so many')
        self.assertGreater(len(heard()), produced / 60)
        self.end(daemon)

    def test_an_unexpected_exit_reaches_a_python_listener(self):
        python = next((python for python in (sys.executable, '/usr/bin/python3')
                       if os.path.exists(python) and subprocess.run(
                           [python, '-c', 'import supervisor.childutils'],
                           capture_output=True).returncode == 0), None)
        if python is None:
            self.skipTest("no Python package 'supervisor'")
        self.write('listener.py', LISTENER % self.path('events'))
        daemon = self.run_with(
            '[eventlistener:l]\ncommand=%s @/listener.py\nevents=PROCESS_STATE_EXITED\n'
            'stderr_logfile=@/l.err\n'
            '[program:a]\ncommand=/bin/sh -c "sleep 0.2; exit 3"\nstartsecs=0\n'
            'autorestart=false\n' % python)
        self.wait_for_text('events', 'expected:0')
        event = self.read('events').split()
        self.assertEqual(event[0], 'PROCESS_STATE_EXITED')
        self.assertIn('processname:a', event)
        self.assertIn('from_state:RUNNING', event)
        self.end(daemon)


class Plans(DaemonTest):
    """plan.bin."""

    def build(self, text, supervisord=''):
        if not os.path.exists(program('supc')):
            self.skipTest('no supc')
        conf = self.configure(text, supervisord)
        subprocess.run([program('supc'), 'build', conf, '-o', self.path('plan.bin')], check=True,
                       capture_output=True, cwd=self.folder)
        os.remove(conf)
        with open(self.path('plan.bin'), 'rb') as file:
            return file.read()

    def test_runs_without_the_configuration(self):
        self.build('[program:a]\ncommand=/bin/sh -c "echo $0 %(ENV_WHO)s; exec sleep 60"\n'
                   'stdout_logfile=@/a.log\n')
        daemon = self.start(self.path('plan.bin'), env=dict(os.environ, WHO='me'))
        self.wait_for_text('a.log', 'me')
        self.assertRegex(self.log_lines()[0], r'^INFO plan [0-9a-f]{16}$')
        self.end(daemon)

    def test_may_be_given_as_configuration(self):
        self.build('[program:a]\ncommand=/bin/sleep 60\n')
        daemon = self.start('-n', '-c', 'plan.bin')
        self.wait_for_pid('a')
        self.end(daemon)

    def test_missing_variable_is_located_and_refused(self):
        self.build('[program:a]\ncommand=/bin/sleep %(ENV_SUPRUN_TEST_NOTHING)s\n')
        error = self.refused(self.path('plan.bin'))
        self.assertEqual(len(error.splitlines()), 1)
        self.assertIn('s.conf:9', error)
        self.assertIn('SUPRUN_TEST_NOTHING', error)

    def test_damaged_plans_are_refused_in_one_line(self):
        good = self.build('[program:a]\ncommand=/bin/sleep 60\n')
        newer = bytearray(good)
        newer[8] += 1
        flipped = bytearray(good)
        flipped[-3] ^= 0x10
        for bad in (b'', good[:10], good[:-1], bytes(newer), bytes(flipped), b'#' + good):
            with open(self.path('bad.bin'), 'wb') as file:
                file.write(bad)
            error = self.refused(self.path('bad.bin'))
            self.assertEqual(len(error.splitlines()), 1, error)
            self.assertIn('bad.bin', error)

    def test_hup_reads_the_plan_again(self):
        self.build('[program:old]\ncommand=/bin/sleep 60\n')
        daemon = self.start(self.path('plan.bin'))
        self.wait_for_pid('old')
        self.build('[program:new]\ncommand=/bin/sleep 60\n')
        daemon.send_signal(signal.SIGHUP)
        self.wait_for_pid('new')
        self.assertEqual(len([line for line in self.log_lines()
                              if line.startswith('INFO plan ')]), 2)
        self.end(daemon)


if __name__ == '__main__':
    unittest.main()
