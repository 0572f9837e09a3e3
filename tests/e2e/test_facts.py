"""What `supcheck --facts` computes beside what a daemon does: our own, and Debian's supervisord."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import unittest
from unittest import mock

from harness import DaemonTest, program

SUPERVISORD = shutil.which('supervisord', path='/usr/bin:/usr/local/bin')

# Never says READY, and ends with its standard input.
MUTE = "/bin/sh -c 'read never'"
# Minds no SIGTERM; says so when it is ready not to.
STUBBORN = "/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 1; done'"


class WithFacts(DaemonTest):
    def facts_of(self, text, supervisord='', arguments=()):
        path = self.configure(text, supervisord)
        run = subprocess.run([program('supcheck'), '--facts', '--json', *arguments, path],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
        document = json.loads(run.stdout)
        self.assertEqual(document['format'], 1)
        configuration, = document['configurations']
        self.assertEqual(configuration['errors'], 0, run.stderr)
        return configuration


class Compared:
    """The tests; a class that inherits them says which daemon."""

    needed = 'needed_by_suprun'
    keeps_events_of_the_start = True  # until the listener was served once
    # Ours keeps them until the pool was served once, whatever its buffer_size is.
    loses_events_of_the_start = False

    def names(self, pattern):
        return re.findall(pattern, self.read('s.log'))

    WAVES = '\n'.join((
        '[program:last]\ncommand=/bin/sleep 1000\nstartsecs=0\npriority=1000',
        '[program:b]\ncommand=/bin/sleep 1000\nstartsecs=0',
        '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0',
        '[program:one]\ncommand=/bin/sleep 1000\nstartsecs=0\npriority=5',
        '[program:two]\ncommand=/bin/sleep 1000\nstartsecs=0\npriority=4',
        '[group:first]\nprograms=one,two\npriority=-5', ''))

    def test_groups_start_and_stop_in_the_order_that_is_told(self):
        facts = self.facts_of(self.WAVES)
        started = [name.partition(':')[2] for row in facts['start']['rows']
                   for name in row['programs']]
        self.assertEqual(started, ['one', 'two', 'a', 'b', 'last'])
        daemon = self.run_with(self.WAVES)
        self.wait_for_log('entered RUNNING', 5)
        self.assertEqual(self.names(r"spawned: '(\w+)'"), started)
        self.end(daemon)
        members = {'first': {'one', 'two'}}
        stopped = self.names(r'stopped: (\w+)')
        for row in facts['stop']['rows']:
            wave = members.get(row['group'], {row['group']})
            self.assertEqual(set(stopped[:len(wave)]), wave)
            del stopped[:len(wave)]
        self.assertEqual(stopped, [])

    def test_what_does_not_stop_takes_the_time_that_is_told(self):
        text = ''.join('[program:%s]\ncommand=%s\nstartsecs=0\nstopwaitsecs=1\nstopasgroup=true\n'
                       'stdout_logfile=@/%s.out\n' % (name, STUBBORN, name) for name in 'xyz')
        text += '[group:g]\nprograms=y,z\npriority=1\n'
        facts = self.facts_of(text, arguments=['--stop-grace', '1s'])
        self.assertEqual([(row['group'], row['from_second'], row['seconds'])
                          for row in facts['stop']['rows']], [('x', 0, 1), ('g', 1, 1)])
        self.assertEqual(facts['stop']['seconds'], 2)
        self.assertEqual(set(facts['stop']['killed_by_grace']), {'program:y', 'program:z'})
        daemon = self.run_with(text)
        for name in 'xyz':
            self.wait_for_text(name + '.out', 'deaf')
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(60), 0)
        # The second group is killed when the first one is gone.
        # On a busy machine Supervisor says more than once that it kills.
        ends = list(dict.fromkeys(self.names(r"(killing '\w'|stopped: \w)")))
        self.assertEqual(ends[:2], ["killing 'x'", 'stopped: x'])
        self.assertEqual(sorted(ends[2:4]), ["killing 'y'", "killing 'z'"])
        self.assertEqual(sorted(ends[4:]), ['stopped: y', 'stopped: z'])

    def test_descriptors_are_as_many_as_are_needed(self):
        text = ('[program:many]\ncommand=/bin/sleep 1000\nnumprocs=7\nstartsecs=0\n'
                'process_name=%%(program_name)s_%%(process_num)d\n'
                '[program:joined]\ncommand=/bin/sleep 1000\nredirect_stderr=true\nstartsecs=0\n'
                '[program:silent]\ncommand=/bin/sleep 1000\nstdout_logfile=NONE\n'
                'stderr_logfile=NONE\nstartsecs=0\n'
                '[eventlistener:l]\ncommand=%s\nevents=TICK_3600\nstartsecs=0\n' % MUTE)
        facts = self.facts_of(text)['descriptors']
        self.assertEqual([row['per_process'] for row in facts['rows']], [5, 3, 3, 5])
        daemon = self.run_with(text)
        self.wait_for_log('entered RUNNING', 10)
        opened = len(os.listdir('/proc/%d/fd' % daemon.pid))
        self.assertLessEqual(opened, facts[self.needed])
        self.assertGreaterEqual(opened, facts[self.needed] - facts['of_the_daemon'])
        self.end(daemon)

    def test_events_that_a_listener_cannot_hold_are_lost(self):
        text = ('[eventlistener:l]\ncommand=%s\nbuffer_size=4\nstartsecs=0\n'
                'events=PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE_RUNNING\n'
                '[eventlistener:early]\ncommand=%s\nevents=TICK_3600\nstartsecs=0\npriority=-2\n'
                '[program:p]\ncommand=/bin/sleep 1000\nnumprocs=3\nstartsecs=0\n'
                'process_name=%%(program_name)s_%%(process_num)d\n' % (MUTE, MUTE))
        facts = self.facts_of(text)['events']
        row = next(row for row in facts['rows'] if row['section'] == '[eventlistener:l]')
        # The group of `early` is there before; five processes start and run.
        self.assertEqual(row['events'], 2 + 1 + 5 + 5)
        daemon = self.run_with(text)
        self.wait_for_log('entered RUNNING', 5)
        discarded = r'pool l event buffer overflowed, discarding event'
        if self.keeps_events_of_the_start:
            self.assertEqual(self.names(discarded), [])
            self.end(daemon)
            return
        if self.loses_events_of_the_start:
            self.wait_for_log('pool l event buffer overflowed', row['events'] - row['buffer_size'])
            self.assertEqual(len(self.names(discarded)), row['events'] - row['buffer_size'])
        self.end(daemon)
        if not self.loses_events_of_the_start:
            self.assertEqual(self.names(discarded), [])

    def test_variables_that_are_needed_are_missed(self):
        text = '[program:p]\ncommand=/bin/sleep %(ENV_SUP_A)s\nstdout_logfile=@/%(ENV_SUP_B)s.log\n'
        facts = self.facts_of(text, 'identifier=%(ENV_SUP_C)s', ['--env', 'SUP_B=b'])
        needed = facts['environment']
        self.assertEqual(needed['variables'], ['SUP_A', 'SUP_B', 'SUP_C'])
        self.assertEqual(needed['missing'], ['SUP_A', 'SUP_C'])
        for variable in needed['variables']:
            given = {name: '1000' for name in needed['variables'] if name != variable}
            error = self.refused('-c', self.path('s.conf'), env=dict(os.environ, **given))
            self.assertIn(variable, error)
        given = {name: '1000' for name in needed['variables']}
        daemon = self.start('-c', self.path('s.conf'), env=dict(os.environ, **given))
        self.wait_for_log("spawned: 'p'")
        self.end(daemon)

    def test_files_that_are_told_are_written(self):
        text = ('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\nstdout_logfile=@/p.out\n'
                '[program:q]\ncommand=/bin/sleep 1000\nstartsecs=0\nstderr_logfile=@/q.err\n')
        facts = self.facts_of(text)['files']
        paths = {row['path'] for row in facts['rows']}
        self.assertEqual(paths, {self.path(name) for name in
                                 ('s.log', 's.pid', 'p.out', 'q.err')} | {self.folder})
        self.assertEqual(facts['automatic_logs'], 2)
        daemon = self.run_with(text)
        self.wait_for_log('entered RUNNING', 2)
        # The socket of suprun's keeper is no matter of the configuration.
        written = ({self.path(name) for name in os.listdir(self.folder)}
                   - {self.path('s.conf'), self.path('s.pid.keeper')})
        self.assertEqual({path for path in written if os.path.basename(path)[:2] not in
                          ('p-', 'q-')}, paths - {self.folder})
        self.assertEqual(len(written), len(paths) - 1 + facts['automatic_logs'])
        self.end(daemon)

    def test_sockets_have_the_mode_that_is_told(self):
        text = ('[unix_http_server]\nfile=@/s.sock\nchmod=0750\n'
                '[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        row, = self.facts_of(text)['sockets']['rows']
        daemon = self.run_with(text)
        self.assertEqual(stat.S_IMODE(os.stat(row['address']).st_mode), int(row['mode'], 8))
        self.end(daemon)


class FactsOfSuprun(Compared, WithFacts):
    pass


@unittest.skipUnless(SUPERVISORD, "Debian's supervisor is not installed")
class FactsOfSupervisord(Compared, WithFacts):
    needed = 'needed'
    keeps_events_of_the_start = False
    loses_events_of_the_start = True

    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.dict(os.environ, SUP_DAEMON=SUPERVISORD or ''))


class Facts(WithFacts):
    """What supcheck says by itself."""

    def test_unknown_numbers_are_named_and_not_guessed(self):
        text = ('[program:p]\ncommand=/bin/cat\nnumprocs=%(ENV_N)s\n'
                'process_name=%(program_name)s_%(process_num)d\nstopwaitsecs=%(ENV_W)s\n'
                'stdout_logfile_maxbytes=%(ENV_M)s\n')
        facts = self.facts_of(text)
        for fact, option in (('processes', 'numprocs'), ('descriptors', 'numprocs'),
                             ('stop', 'stopwaitsecs'), ('logs', 'stdout_logfile_maxbytes')):
            self.assertFalse(facts[fact]['complete'])
            self.assertTrue(any('`%s`' % option in each['what'] and each['place']['line'] > 0
                                for each in facts[fact]['unknown']), facts[fact])
        self.assertIsNone(facts['processes']['rows'][0]['processes'])
        self.assertEqual(facts['processes']['total'], 0)
        known = self.facts_of(text, arguments=['--env', 'N=3', '--env', 'W=7', '--env', 'M=0'])
        self.assertEqual(known['processes']['total'], 3)
        self.assertEqual(known['stop']['seconds'], 7)
        self.assertEqual(known['logs']['unlimited'], ['program:p.stdout_logfile'])
        self.assertTrue(all(known[fact]['complete'] for fact in ('processes', 'stop', 'logs')))

    def test_what_is_captured(self):
        memory = self.facts_of('[program:a]\ncommand=/bin/cat\nnumprocs=3\n'
                               'process_name=%(process_num)d\nstdout_capture_maxbytes=1KB\n'
                               'stderr_capture_maxbytes=2MB\n'
                               '[program:b]\ncommand=/bin/cat\nredirect_stderr=true\n'
                               'stderr_capture_maxbytes=5MB\n[eventlistener:l]\ncommand=/bin/cat\n'
                               'events=TICK_5\n')['memory']
        self.assertEqual([(row['section'], row['option'], row['bytes'], row['processes'])
                          for row in memory['rows']],
                         [('[program:a]', 'stdout_capture_maxbytes', 1 << 10, 3),
                          ('[program:a]', 'stderr_capture_maxbytes', 2 << 20, 3)])
        self.assertEqual(memory['capture_bytes'], 3 * ((1 << 10) + (2 << 20)))
        self.assertTrue(memory['complete'])

    def test_what_is_listened_on(self):
        text = ('[inet_http_server]\nport=*:9001\n'
                '[unix_http_server]\nfile=@/s.sock\nchown=%(ENV_OWNER)s\nusername=a\npassword=b\n'
                '[fcgi-program:f]\ncommand=/bin/cat\nsocket=tcp://127.0.0.1:9002\n'
                '[fcgi-program:g]\ncommand=/bin/cat\nsocket=unix://@/g.sock\nsocket_owner=www:www\n'
                'socket_mode=0770\n[fcgi-program:h]\ncommand=/bin/cat\nsocket=%(ENV_H)s\n')
        sockets = self.facts_of(text)['sockets']
        rows = {row['section']: row for row in sockets['rows']}
        self.assertEqual({name: (row['address'].replace(self.folder, '@'), row['exposure'])
                          for name, row in rows.items()},
                         {'[inet_http_server]': ('*:9001', 'all interfaces'),
                          '[unix_http_server]': ('@/s.sock', 'unix socket'),
                          '[fcgi-program:f]': ('127.0.0.1:9002', 'loopback'),
                          '[fcgi-program:g]': ('@/g.sock', 'unix socket')})
        self.assertEqual((rows['[fcgi-program:g]']['mode'], rows['[fcgi-program:g]']['owner']),
                         ('0770', 'www:www'))
        self.assertEqual((rows['[inet_http_server]']['password'], rows['[unix_http_server]']['password']),
                         (False, True))
        self.assertEqual((sockets['total'], sockets['open_to_network']), (4, 1))
        self.assertFalse(sockets['complete'])
        self.assertEqual(len(sockets['unknown']), 2)
        known = self.facts_of(text, arguments=['--env', 'OWNER=ops', '--env', 'H=unix:///h'])['sockets']
        self.assertTrue(known['complete'])
        self.assertEqual(known['total'], 5)
        self.assertEqual([row['owner'] for row in known['rows'] if row['section'] == '[unix_http_server]'],
                         ['ops'])


if __name__ == '__main__':
    unittest.main()
