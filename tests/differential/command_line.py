"""Each option of the command line with a right value and with wrong ones, and what goes wrong at the start."""

import os

from scenario import Scenario

CONFIG = '''[program:a]
command=/bin/sh -c "umask; pwd; echo $$(ulimit -n); printf '\\\\033[1mbold\\\\033[0m'; exec sleep 1000"
stdout_logfile=@/a.out
'''

STARTED = ('log', 'supervisord started with pid')
RUNNING = ('log', 'success: a entered')


def runs(name, arguments, until=(STARTED, RUNNING, ('file', 'a.out', 'bold')), config=CONFIG, **keywords):
    """With -n unless it is about the background."""
    if not keywords.pop('bare', False) and not keywords.get('background') and '-n' not in arguments:
        arguments = ['-n', '-s'] + arguments
    return Scenario('option: ' + name, config.replace('$$(', '$('), list(until), records=False,
                    arguments=arguments if '-c' in arguments or any('conf' in word for word in arguments)
                    else ['-c', '@/s.conf'] + arguments, **keywords)


def refused(name, arguments, config=CONFIG, **keywords):
    return Scenario('refused: ' + name, config.replace('$$(', '$('), refused=True, records=False,
                    arguments=arguments if '-c' in arguments or '-h' in arguments else ['-c', '@/s.conf'] + arguments,
                    **keywords)


def other_log(daemon):
    daemon.wait_text('other.log', 'entered RUNNING')


def other_pid(daemon):
    daemon.wait_text('other.pid', '\n')


def sleeping(daemon):
    """Where the log does not tell of it; what it wrote came before it was a sleep."""
    daemon.wait_text('a.out', 'bold')
    daemon.wait(lambda: 'sleep 1000' in daemon.names_of(daemon.marked()), 'the program')


def as_default(daemon):
    os.rename(daemon.path('s.conf'), daemon.path('supervisord.conf'))


def as_default_in_etc(daemon):
    os.makedirs(daemon.path('etc'))
    os.rename(daemon.path('s.conf'), daemon.path('etc/supervisord.conf'))


OPTIONS = [
    runs('-n', ['-n']),
    runs('-n -s', ['-n', '-s']),
    runs('-ns joined', ['-ns', '-c@/s.conf'], bare=True),
    runs('background', [], background=True),
    runs('long names', ['--configuration', '@/s.conf', '--nodaemon', '--silent', '--loglevel=debug'], bare=True),
    runs('short forms of long names', ['--conf=@/s.conf', '--nod', '--sil', '--logl', 'WARN'], bare=True,
         until=(sleeping, ('file', 's.pid', '\n'))),
    runs('-m in the background', ['-m', '027'], background=True),
    runs('-m in the foreground', ['-m', '027']),
    runs('-m as Python writes octal', ['--umask=0o77'], background=True),
    runs('-d in the background', ['-d', '/usr'], background=True),
    runs('-d in the foreground', ['-d', '/usr']),
    runs('-l', ['-l', '@/other.log'], until=(other_log,)),
    runs('-l relative in the background', ['-l', 'other.log', '-d', '/usr'], until=(other_log,), background=True),
    runs('-y and -z', ['-y', '200', '-z', '2'], config='[program:a]\ncommand=/bin/false\nstartsecs=9\nstartretries=1\n',
         until=(lambda daemon: daemon.wait(lambda: 'gave up: a' in daemon.all_logs(), 'the end of a'),)),
    runs('-e warn', ['-e', 'warn'], until=(sleeping, ('file', 's.pid', '\n'))),
    runs('-e critical', ['-e', 'CRITICAL'], until=(sleeping, ('file', 's.pid', '\n'))),
    runs('-j', ['-j', '@/other.pid'], until=(other_pid, RUNNING, ('file', 'a.out', 'bold'))),
    runs('-j relative in the background', ['-j', 'other.pid', '-d', '/usr'], until=(other_pid, RUNNING, ('file', 'a.out', 'bold')), background=True),
    runs('-i', ['-i', 'other name'], config='[program:a]\ncommand=/bin/echo %(program_name)s\nautorestart=false\nstartsecs=0\n',
         until=(('log', 'exited: a'),)),
    runs('-q', ['-q', '@/logs'], config='[program:a]\ncommand=/bin/echo one\nautorestart=false\nstartsecs=0\n',
         until=(('log', 'exited: a'),), before=lambda daemon: os.mkdir(daemon.path('logs'))),
    runs('-k', ['-k'], before=lambda daemon: daemon.write('x-stdout---supervisor-abcdefgh.log', 'old')),
    runs('-t', ['-t'], until=(STARTED, RUNNING, ('file', 'a.out', 'bold'))),
    runs('-a below the limit', ['-a', '10']),
    runs('-a above the soft limit', ['-a', '4000'], before=lambda daemon: daemon.limit(1000)),
    runs('--minprocs', ['--minprocs', '10']),
    runs('-u', ['-u', 'nobody'], open_folder=True),
    runs('-u by number', ['-u', '0']),
    runs('the search in the folder', [], bare=True, before=as_default, supervisord='nodaemon=true\nsilent=true'),
    runs('the search in etc', [], bare=True, before=as_default_in_etc, supervisord='nodaemon=true\nsilent=true'),
    runs('a relative -c', ['-n', '-s', '-c', 's.conf']),
    runs('the pidfile cannot be written', [], supervisord='pidfile=@/folder', until=(RUNNING, ('file', 'a.out', 'bold')),
         before=lambda daemon: os.mkdir(daemon.path('folder'))),
    runs('the folder cannot be entered', ['-d', '@/secret', '-u', 'nobody'], background=True, open_folder=True,
         before=lambda daemon: os.mkdir(daemon.path('secret'), 0o700)),
    runs('included files', [], config='[include]\nfiles=@/conf.d/*.conf @/none/*.conf\n' + CONFIG,
         files={'conf.d/b.conf': '[program:b]\ncommand=/bin/sleep 1000\n'}, until=(STARTED, RUNNING, ('file', 'a.out', 'bold'), ('log', 'success: b'))),
]
# The two searches need no -c.
for scenario in OPTIONS:
    if 'the search' in scenario.name:
        scenario.arguments = []

REFUSED = [
    refused('an unknown option', ['--bogus']),
    refused('an unknown letter', ['-x']),
    refused('an ambiguous name', ['--no']),
    refused('a value for a flag', ['--nodaemon=yes']),
    refused('no value', ['-n', '-e']),
    refused('no value for a long name', ['-n', '--loglevel']),
    refused('an argument', ['-n', 'extra', 'more']),
    refused('twice the same', ['-n', '-n']),
    refused('twice the same value', ['-e', 'info', '--loglevel', 'info']),
    refused('two configurations', ['-c', '@/s.conf', '-c', '@/s.conf']),
    refused('a level', ['-e', 'loud']),
    refused('a umask', ['-m', '9z']),
    refused('a size', ['-y', '1XB']),
    refused('a number', ['-z', 'many']),
    refused('minfds', ['-a', 'x']),
    refused('minprocs', ['--minprocs=x']),
    refused('a folder', ['-d', '/no/such']),
    refused('a folder of logs', ['-q', '/no/such']),
    refused('the folder of a log', ['-l', '/no/such/log']),
    refused('the folder of a pidfile', ['-j', '/no/such/pid']),
    refused('a user', ['-n', '-u', 'no-such-user']),
    refused('a number of a user', ['-n', '-u', '99999999']),
    refused('too many descriptors', ['-n', '-a', '2000000000']),
    refused('help', ['-h']),
    refused('version', ['-v']),
    refused('no configuration', ['-n', '-c', '@/none.conf']),
    refused('a folder as configuration', ['-n', '-c', '@']),
    refused('a log that is a folder', ['-n', '-l', '@/bin']),
    refused('a mistake in the configuration', ['-n'], config='[program:a]\ncommand=/bin/true\nstartsecs=soon\n'),
    refused('a program without command', ['-n'], config='[program:a]\nstartsecs=1\n'),
    refused('an unknown user in the configuration', ['-n'], config='[program:a]\ncommand=/bin/true\nuser=no-such-user\n'),
    refused('a missing variable', ['-n'], config='[program:a]\ncommand=/bin/echo %(ENV_NO_SUCH)s\n'),
    refused('a missing folder of a log', ['-n'], config='[program:a]\ncommand=/bin/true\nstdout_logfile=/no/such/log\n'),
    refused('an fcgi socket that cannot be made', ['-n'],
            config='[fcgi-program:f]\ncommand=/bin/cat\nsocket=unix:///no/such/socket\n'),
    refused('an event that is unknown', ['-n'], config='[eventlistener:l]\ncommand=/bin/cat\nevents=NO_SUCH\n'),
    refused('a listener without events', ['-n'], config='[eventlistener:l]\ncommand=/bin/cat\n'),
    refused('a group of an unknown program', ['-n'], config='[group:g]\nprograms=none\n'),
    refused('killasgroup off and stopasgroup on', ['-n'],
            config='[program:a]\ncommand=/bin/cat\nstopasgroup=true\nkillasgroup=false\n'),
]

SCENARIOS = OPTIONS + REFUSED
