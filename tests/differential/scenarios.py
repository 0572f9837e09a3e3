"""The scenarios: whatever makes a daemon do something without its control socket."""

import os
import signal

from daemon import PYTHON
from scenario import Scenario

SLEEP = '/bin/sleep 1000'
TIMES = '/bin/sh @/bin/times @/starts'


def program(name, command, *options):
    return '[program:%s]\ncommand=%s\n%s\n' % (name, command, '\n'.join(options))


def listener(name, answers='', events='REMOTE_COMMUNICATION', *options):
    return '[eventlistener:%s]\ncommand=%s -I -S @/bin/listener @/%s.seen %s\nevents=%s\n%s\n' % (
        name, PYTHON, name, answers, events, '\n'.join(options))


def running(*names):
    return [('log', 'success: %s entered RUNNING' % name) for name in names]


def exited(*names):
    return [('log', 'exited: %s (' % name) for name in names]


QUICK = ('startsecs=0', 'autorestart=false')

# ---------------------------------------------------------------------------------- lives

LIVES = [
    Scenario('boot and end', program('a', SLEEP) + program('b', SLEEP, 'startsecs=0'),
             running('a', 'b')),
    Scenario('autostart off', program('a', SLEEP) + program('b', SLEEP, 'autostart=false'),
             running('a')),
    Scenario('crash loop', program('a', '/bin/sh -c "exit 1"', 'startsecs=5', 'startretries=2'),
             ('log', 'gave up: a')),
    Scenario('no retries', program('a', '/bin/false', 'startsecs=5', 'startretries=0'), ('log', 'gave up: a')),
    Scenario('crashes and then stays',
             program('a', TIMES + " 'exit 1' 'exit 0' 'kill -SEGV $$' 'exec sleep 1000'",
                     'startsecs=3', 'startretries=3'), running('a')),
    Scenario('dies before startsecs',
             program('a', TIMES + " 'sleep 0.1; exit 3' 'exec sleep 1000'", 'startsecs=3'),
             running('a')),
    Scenario('exits after startsecs',
             program('a', '/bin/sh -c "sleep 2; exit 3"', 'startsecs=1', 'autorestart=false'),
             exited('a')),
    Scenario('no startsecs', program('a', '/bin/true', *QUICK) + program('b', '/bin/false', *QUICK) +
             program('c', '/bin/true', 'startsecs=-5', 'autorestart=false'), exited('a', 'b', 'c')),
    Scenario('autorestart unexpected',
             program('a', TIMES + " 'exit 3' 'kill -KILL $$' 'exit 0'", 'startsecs=0'),
             ('log', 'exited: a (exit status 0; expected)')),
    Scenario('autorestart always',
             program('a', TIMES + " 'exit 0' 'exit 1' 'exec sleep 1000'", 'startsecs=0',
                     'autorestart=true'), [('log', "spawned: 'a'", 3), ('event', 'PROCESS_STATE_RUNNING', ':a ', 3)]),
    Scenario('autorestart never', program('a', '/bin/sh -c "exit 5"', *QUICK) +
             program('b', '/bin/true', *QUICK), exited('a', 'b')),
    Scenario('exit codes', ''.join(
        program('e%d' % code, '/bin/sh -c "exit %d"' % code, 'exitcodes=3,4', *QUICK)
        for code in (0, 2, 3, 4, 255)), exited('e0', 'e2', 'e3', 'e4', 'e255')),
    Scenario('deaths by signal', ''.join(
        program('s%d' % number, '/bin/sh -c "ulimit -c 0; kill -%d $$"' % number, *QUICK)
        for number in (1, 2, 6, 9, 11, 13, 15, 34, 64)),
        exited('s1', 's2', 's6', 's9', 's11', 's13', 's15', 's34', 's64')),
    Scenario('numprocs', program('p', SLEEP, 'numprocs=11', 'process_name=p%(process_num)d', 'startsecs=0'),
             [('log', 'success: p', 11)], ordered=True, loglevel='debug'),
    Scenario('numprocs from 5', program('p', '/bin/echo %(program_name)s %(process_num)02d %(group_name)s %(numprocs)d',
                                        'numprocs=2', 'numprocs_start=5', 'process_name=p%(process_num)d',
                                        'stdout_logfile=@/%(process_num)d.out', *QUICK), exited('p5', 'p6')),
    Scenario('priorities', program('a', SLEEP, 'priority=30', 'startsecs=0') + program('b', SLEEP, 'priority=-1', 'startsecs=0') +
             program('c', SLEEP, 'startsecs=0') + program('d', SLEEP, 'priority=30', 'startsecs=0'),
             running('a', 'b', 'c', 'd'), ordered=True, loglevel='debug'),
    Scenario('groups', program('a', SLEEP, 'priority=5', 'startsecs=0') + program('b', SLEEP, 'priority=1', 'startsecs=0') +
             program('c', SLEEP, 'startsecs=0') + program('z', SLEEP, 'priority=1', 'startsecs=0') +
             '[group:g]\nprograms=c,a,b\npriority=10\n', running('a', 'b', 'c', 'z'), ordered=True, loglevel='debug'),
    Scenario('a program in two groups', program('a', SLEEP, 'startsecs=0') +
             '[group:g]\nprograms=a\n[group:h]\nprograms=a\n[group:none]\n',
             [('log', 'success: a', 2)]),
    Scenario('an empty program', program('a', SLEEP, 'numprocs=0') + program('b', SLEEP, 'startsecs=0'),
             running('b')),
]

# ------------------------------------------------------------------------------ not started

SPAWN_ERRORS = [
    Scenario('a missing command', program('a', 'no-such-command', 'startretries=0') +
             program('b', '@/nothing here', 'startretries=1'),
             [('log', 'gave up: a'), ('log', 'gave up: b')]),
    Scenario('a command that is no program', program('a', '@/plain', 'startretries=0') +
             program('b', '@/folder', 'startretries=0') + program('c', 'folder', 'environment=PATH="@"', 'startretries=0'),
             [('log', 'gave up: %s' % name) for name in 'abc'],
             files={'plain': 'text\n'},
             before=lambda daemon: (os.chmod(daemon.path('plain'), 0o644), os.mkdir(daemon.path('folder')))),
    Scenario('a command without interpreter', program('a', '@/text', 'startretries=0', 'stderr_logfile=@/a.err') +
             program('b', '@/script', 'startretries=0', 'stderr_logfile=@/b.err') +
             program('c', '@/text', 'startretries=0', 'redirect_stderr=true', 'stdout_logfile=@/c.out'),
             [('log', 'gave up: %s' % name) for name in 'abc'],
             files={'text': 'no program\n', 'script': '#!/no/such/interpreter\n'}),
    Scenario('a missing directory', program('a', '/bin/true', 'directory=@/none', 'startretries=0', 'stderr_logfile=@/a.err'),
             ('log', 'gave up: a')),
    Scenario('a user that one cannot become',
             program('a', '/bin/true', 'user=root', 'startretries=0', 'stderr_logfile=@/a.err') +
             program('b', '/usr/bin/id -un', 'user=nobody', 'stdout_logfile=@/b.out', *QUICK),
             [('log', 'gave up: a'), ('log', 'exited: b')], supervisord='user=nobody', open_folder=True),
    Scenario('a log that cannot be opened', program('a', '/bin/true', 'stdout_logfile=@', 'startretries=1') +
             program('b', '/bin/true', 'stderr_logfile=@/none', 'startretries=0'),
             [('log', 'gave up: a'), ('log', 'gave up: b')],
             before=lambda daemon: os.mkdir(daemon.path('none'))),
    Scenario('quotes of a command', program('a', '/bin/echo "unfinished', 'startretries=0') +
             program('b', "/bin/echo 'single quotes' \"double \\\" quotes\" a\\ b '' \"\"", 'stdout_logfile=@/b.out', *QUICK),
             [('log', 'gave up: a'), ('log', 'exited: b')]),
    Scenario('a command behind one that cannot run', program('a', 'tool', 'environment=PATH="@/first:@/second"', 'stdout_logfile=@/a.out', *QUICK),
             ('log', "spawn"), files={'first/tool': 'no program\n', 'second/tool': '#!/bin/sh\necho second\n'},
             before=lambda daemon: os.chmod(daemon.path('first/tool'), 0o644), records=False),
    Scenario('a relative command', program('a', './only', 'directory=@/folder', *QUICK) +
             program('b', './tool', 'stdout_logfile=@/b.out', *QUICK) +
             program('c', './tool', 'directory=@/folder', 'stdout_logfile=@/c.out', *QUICK), exited('b', 'c'),
             files={'tool': '#!/bin/sh\necho from above\n', 'folder/tool': '#!/bin/sh\necho from the folder\n', 'folder/only': '#!/bin/sh\necho from the folder\n'}),
]

# ------------------------------------------------------------------------------ what children get

def small_folder(daemon):
    os.mkdir(daemon.path('folder'))


INHERITED = [
    Scenario('environment', program(
        'a', '/bin/sh -c "env | grep -v -e ^_= -e DIFFERENTIAL | sort"', 'stdout_logfile=@/a.out',
        'environment=A_PROGRAMS="x y",A_BOTH="program",SUPERVISOR_PROCESS_NAME="mine",A_PATH=%(here)s', *QUICK) +
        program('b', '/bin/sh -c "env | grep -v -e ^_= -e DIFFERENTIAL | sort"', 'stdout_logfile=@/b.out',
                'serverurl=http://there:1', *QUICK),
        exited('a', 'b'),
        supervisord='environment=A_DAEMONS=changed,A_BOTH=daemon,A_GLOBAL="1",SUPERVISOR_ENABLED=2'),
    Scenario('umask and folder', ''.join(program(
        name, '/bin/sh -c "pwd; umask; touch %s.made"' % name, 'stdout_logfile=@/%s.out' % name, *(options + QUICK))
        for name, options in (('a', ()), ('b', ('umask=077',)), ('c', ('directory=@/folder', 'umask=002')))),
        exited('a', 'b', 'c'), before=small_folder, supervisord='umask=027\ndirectory=/usr'),
    Scenario('a user', program('a', '/bin/sh -c "id; echo $HOME $USER"', 'user=nobody', 'stdout_logfile=@/a.out', *QUICK) +
             program('b', '/usr/bin/id', 'user=1', 'stdout_logfile=@/b.out', *QUICK) +
             program('c', '/usr/bin/id', 'user=root', 'stdout_logfile=@/c.out', *QUICK), exited('a', 'b', 'c')),
    Scenario('descriptors and signals', program(
        'a', '/bin/sh -c "ls /proc/self/fd | wc -l; grep -e SigIgn -e SigBlk /proc/self/status; ls -l /proc/$$/fd | grep -o \' [012] -> [a-z]*\'"',
        'stdout_logfile=@/a.out', *QUICK), exited('a')),
    Scenario('standard input stays open', program(
        'a', '/bin/sh -c "read line; echo end of input"', 'stdout_logfile=@/a.out', 'startsecs=1'),
        running('a')),
    Scenario('a process group of its own', program(
        'a', '/bin/sh -c "test $(cut -d\\  -f5 /proc/$$/stat) = $$ && echo leads; test $(cut -d\\  -f6 /proc/$$/stat) = $$ || echo no session"',
        'stdout_logfile=@/a.out', *QUICK), exited('a')),
    Scenario('expansions', program(
        'a', '/bin/echo %(host_node_name)s %(here)s %(program_name)s %(ENV_A_DAEMONS)s %(ENV_K)s 100%%',
        'environment=K=v', 'stdout_logfile=@/%%(program_name)s.out', *QUICK), exited('a')),
]

# ------------------------------------------------------------------------------------- stops

GRANDCHILD = '/bin/sh -c "trap \'exit 0\' TERM; sleep 1001 & sleep 1002 & echo up; wait"'
SIGNALS = ('HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'TERM')
STUBBORN = "/bin/sh -c \"trap '' TERM; echo up; while :; do sleep 0.1; done\""

STOPS = [
    Scenario('stubborn', program('a', STUBBORN, 'stopwaitsecs=1', 'stdout_logfile=@/a.out', 'killasgroup=true'),
             [('file', 'a.out', 'up')] + running('a')),
    Scenario('stopwaitsecs 0', program('a', STUBBORN, 'stopwaitsecs=0', 'stdout_logfile=@/a.out', 'killasgroup=true'),
             [('file', 'a.out', 'up')] + running('a')),
    Scenario('stop signals', ''.join(program(
        name, "/bin/sh -c \"trap 'echo got %s; exit %d' %s; echo up; while :; do sleep 0.1; done\"" % (name, code, name),
        'stopsignal=' + name, 'stdout_logfile=@/%s.out' % name, 'exitcodes=0,3')
        for code, name in enumerate(SIGNALS)),
        [('file', '%s.out' % name, 'up') for name in SIGNALS] + running(*SIGNALS)),
    Scenario('grandchildren are left', program('a', GRANDCHILD, 'stdout_logfile=@/a.out'), [('file', 'a.out', 'up')] + running('a')),
    Scenario('stopasgroup', program('a', GRANDCHILD, 'stdout_logfile=@/a.out', 'stopasgroup=true'), [('file', 'a.out', 'up')] + running('a')),
    Scenario('killasgroup', program('a', STUBBORN, 'stdout_logfile=@/a.out', 'killasgroup=true', 'stopwaitsecs=1'),
             [('file', 'a.out', 'up')] + running('a')),
    Scenario('a stop during the start', program('a', SLEEP, 'startsecs=60'), ('log', "spawned: 'a'")),
    Scenario('a stop during backoff', program('a', TIMES + " 'exit 1'", 'startsecs=5', 'startretries=50') ,
             [('log', 'exited: a', 3)]),
    Scenario('INT', program('a', SLEEP), running('a'), end=signal.SIGINT),
    Scenario('QUIT', program('a', SLEEP), running('a'), end=signal.SIGQUIT),
    Scenario('TERM twice', program('a', STUBBORN, 'stopwaitsecs=3', 'stdout_logfile=@/a.out', 'killasgroup=true'),
             [('file', 'a.out', 'up')] + running('a'),
             end=lambda daemon: (daemon.send(signal.SIGTERM), daemon.log('indicating exit request'),
                                 daemon.send(signal.SIGHUP), daemon.log('ignored SIGHUP'))),
]


# ------------------------------------------------------------------------- HUP and USR2

def hang_up(text=None, count=2):
    def drive(daemon):
        if text is not None:
            daemon.configure(text)
        if daemon.scenario.records:
            daemon.pass_fence()
        daemon.send(signal.SIGHUP)
        daemon.log('supervisord started with pid', count)
    return drive


def rename_and_reopen(daemon):
    for name in ('s.log', 'a.out'):
        os.rename(daemon.path(name), daemon.path(name + '.old'))
    daemon.send(signal.SIGUSR2)
    daemon.wait(lambda: os.path.exists(daemon.path('a.out')), 'the new log')
    daemon.write('go', '')
    daemon.wait_text('a.out', 'after')


def term_during_restart(daemon):
    daemon.send(signal.SIGHUP)
    daemon.log('indicating restart request')
    daemon.log('to die')
    daemon.send(signal.SIGTERM)


RELOADS = [
    Scenario('HUP with the same configuration', program('a', SLEEP), running('a'),
             drive=lambda daemon: (hang_up()(daemon), daemon.log('success: a', 2)), compat='hup-restart'),
    Scenario('HUP with another configuration', program('a', SLEEP) + program('b', SLEEP), running('a', 'b'),
             drive=lambda daemon: (hang_up(program('b', SLEEP, 'startsecs=0') + program('c', SLEEP, 'startsecs=0'))(daemon),
                                   daemon.log('success: c'), daemon.log('success: b', 2)), compat='hup-restart'),
    Scenario('TERM during a restart', program('a', STUBBORN, 'stopwaitsecs=4', 'stdout_logfile=@/a.out', 'killasgroup=true'),
             [('file', 'a.out', 'up')] + running('a'), records=False, end=term_during_restart,
             compat='hup-restart'),
    Scenario('USR2 after renaming', program(
        'a', '/bin/sh -c "echo before; while ! test -e @/go; do sleep 0.1; done; echo after; exec sleep 1000"',
        'stdout_logfile=@/a.out'), [('file', 'a.out', 'before')] + running('a'), drive=rename_and_reopen, records=False),
]

# ------------------------------------------------------------------------------------- logs

BEGIN = '<!--XSUPERVISOR:BEGIN-->'
END = '<!--XSUPERVISOR:END-->'


def say(name, *texts, options=()):
    words = ' '.join("'%s'" % text.replace('%', '%%') for text in texts)
    return program(name, '/bin/sh @/bin/say ' + words, 'stdout_logfile=@/%s.out' % name, 'startsecs=0', *options)


LOGS = [
    Scenario('both channels', program('a', '/bin/sh -c "echo out; echo err >&2"', 'stdout_logfile=@/a.out', 'stderr_logfile=@/a.err', *QUICK),
             exited('a')),
    Scenario('redirect_stderr', program('a', '/bin/sh -c "echo out; echo err >&2; echo out"', 'stdout_logfile=@/a.out',
                                        'redirect_stderr=true', 'stderr_logfile=@/a.err', *QUICK), exited('a')),
    Scenario('automatic logs', program('a', '/bin/sh -c "echo out; echo err >&2"', *QUICK), exited('a'),
             files={'old-stdout---supervisor-abcdefgh.log': 'old', 'old-stdout---other-abcdefgh.log': 'old'}),
    Scenario('automatic logs are kept', program('a', '/bin/echo out', *QUICK), exited('a'), supervisord='nocleanup=true',
             files={}, before=lambda daemon: daemon.write('old-stdout---supervisor-abcdefgh.log', 'old')),
    Scenario('no logs', program('a', '/bin/sh -c "echo out; echo err >&2"', 'stdout_logfile=NONE', 'stderr_logfile=off', *QUICK),
             exited('a')),
    Scenario('a log is appended to', program('a', TIMES + " 'echo first; exit 1' 'echo second; exit 0'", 'stdout_logfile=@/a.out', 'startsecs=0'),
             [('log', 'exited: a', 2)]),
    Scenario('rotation', say('a', *['%d' % n * 30 + '\\n' for n in range(8)],
                             options=('stdout_logfile_maxbytes=50', 'stdout_logfile_backups=2')) +
             say('b', *['%d' % n * 30 + '\\n' for n in range(7)],
                 options=('stdout_logfile_maxbytes=50', 'stdout_logfile_backups=0')) +
             say('c', *['%d' % n * 30 + '\\n' for n in range(7)], options=('stdout_logfile_maxbytes=0',)),
             [('file', 'c.out', '6' * 30), ('file', 'a.out.1', '7' * 30), ('file', 'b.out', '6' * 30)]),
    Scenario('rotation of the activity log', program('a', '/bin/false', 'startsecs=5', 'startretries=2'),
             lambda daemon: daemon.wait(lambda: 'gave up: a' in daemon.all_logs(), 'the end of a'), supervisord='logfile_maxbytes=100\nlogfile_backups=100', records=False),
    Scenario('much output', program('a', '/bin/seq 1 300000', 'stdout_logfile=@/a.out', 'stdout_logfile_maxbytes=0', *QUICK), exited('a')),
    Scenario('output without a line end', say('a', 'no end'), ('file', 'a.out', 'no end')),
    Scenario('capture', say('a', 'before\\n' + BEGIN + 'told' + END + 'after, and it is long enough to be logged\\n',
                            BEGIN[:9], BEGIN[9:] + 'in ' + 'parts' + END[:5], END[5:] + 'and once more with enough text\\n',
                            options=('stdout_capture_maxbytes=1KB',)),
             [('event', 'PROCESS_COMMUNICATION_STDOUT', 'in parts'), ('file', 'a.out', 'once more')]),
    Scenario('capture of stderr', program('a', "/bin/sh -c \"echo '%stold%s and then a text that is long enough'>&2; exec sleep 1000\"" % (BEGIN, END),
                                          'stderr_logfile=@/a.err', 'stderr_capture_maxbytes=100'),
             [('event', 'PROCESS_COMMUNICATION_STDERR', 'told'), ('file', 'a.err', 'and then')] + running('a')),
    Scenario('more than capture_maxbytes', say('a', BEGIN, *(['%s' % letter * 30 for letter in 'ABCDEF'] + [END + 'some more text that is long enough\\n']),
                                               options=('stdout_capture_maxbytes=64',)),
             ('event', 'PROCESS_COMMUNICATION_STDOUT', 'FFF')),
    Scenario('events of output', say('a', 'one\\n', 'zw\\303\\266lf\\n', 'bad\\377byte\\n', options=('stdout_events_enabled=true',)) +
             program('b', '/bin/sh -c "echo err>&2; exec sleep 1000"', 'stderr_events_enabled=true', 'stderr_logfile=@/b.err', 'startsecs=0'),
             [('event', 'PROCESS_LOG_STDOUT', 'Undecodable'), ('event', 'PROCESS_LOG_STDERR', 'err')]),
    Scenario('events of captured output', say('a', 'x' + BEGIN + 'told' + END + 'y, and a text that is long enough\\n',
                                              options=('stdout_events_enabled=true', 'stdout_capture_maxbytes=1KB')),
             ('event', 'PROCESS_LOG_STDOUT', 'long')),
    Scenario('strip_ansi', say('a', '\\033[31mred\\033[0m plain\\033[K\\033[2J\\n', 'x\\033]0;title\\007y\\n', options=('stdout_events_enabled=true',)),
             ('event', 'PROCESS_LOG_STDOUT', 'title'), supervisord='strip_ansi=true'),
    Scenario('output in the debug log', say('a', 'one\\n', 'zw\\303\\266lf\\n', 'bad\\377byte\\n'), ('file', 'a.out', 'byte'), loglevel='debug'),
    Scenario('closed output', program('a', '/bin/sh -c "exec >&- 2>&-; sleep 1; exit 7"', 'stdout_logfile=@/a.out', *QUICK), exited('a')),
    Scenario('a grandchild holds the output', program('a', '/bin/sh -c "sleep 1001 & echo out"', 'stdout_logfile=@/a.out', *QUICK), exited('a')),
]

# -------------------------------------------------------------------------------- listeners

def events(name, *wanted):
    """Waits for events that a listener wrote down."""
    return [lambda daemon, each=each: daemon.wait_event(*each, listener=name + '.seen') for each in wanted]


def ready(count):
    return [('log', 'DEBG l: ACKNOWLEDGED -> READY', count)]


def one_listener(name, answers, until, *options, extra='', loglevel='debug', **keywords):
    config = program('a', TIMES + " 'sleep 1; exit 1' 'sleep 1; exit 0'", 'startsecs=0') + extra
    return Scenario(name, listener('l', answers, 'PROCESS_STATE_EXITED', 'startsecs=0', 'stderr_logfile=@/l.err',
                                   'stdout_logfile=@/l.out', *options) + config,
                    exited('a') + [('log', 'exited: a (exit status 0')] + until, loglevel=loglevel, listeners=('l.seen',), **keywords)


LISTENERS = [
    one_listener('a good listener', 'ok', ready(3)),
    one_listener('a listener that fails at first', 'fail fail ok', ready(5)),
    one_listener('a listener that dies with an event', 'once=@/once die', ready(4),
                 'autorestart=true'),
    one_listener('a listener that leaves with an event', 'leave', [('log', 'exited: l (exit status 0; expected)')]),
    one_listener('a listener that hangs', 'hang', events('l', ('PROCESS_STATE_EXITED', 'expected:0'))),
    one_listener('a listener that babbles before it is ready', 'start=hello', [('log', 'has entered the UNKNOWN state')], compat='unknown-listener'),
    one_listener('a listener that babbles when it is ready', 'start=READY~hello', [('log', 'has entered the UNKNOWN state')], compat='unknown-listener'),
    one_listener('a listener with CRLF', 'start=READY^~', [('log', 'has entered the UNKNOWN state')], compat='unknown-listener'),
    one_listener('a listener with a bad result', 'say:RESULT_many~', [('log', 'bad result line')], compat='unknown-listener'),
    one_listener('a listener with another word', 'say:FOOBAR_+2_~OKREADY~', ready(3)),
    one_listener('a listener that answers in parts', 'say:RES|ULT_2|~O|KREA|DY~', ready(3)),
    one_listener('a listener with a line end too much', 'say:RESULT_2~OK~READY~', [('log', 'has entered the UNKNOWN state')], compat='unknown-listener'),
    one_listener('a listener that says something else', 'say:RESULT_2~okREADY~ ok', ready(3)),
    Scenario('a listener that is late', listener('l', '', 'PROCESS_STATE_EXITED', 'startsecs=2', 'stderr_logfile=@/l.err') +
             program('a', '/bin/true', *QUICK), exited('a') + running('l') + events('l', ('PROCESS_STATE_EXITED', '')),
             listeners=('l.seen',)),
    Scenario('a flood of events', listener('l', '', 'PROCESS_COMMUNICATION', 'startsecs=0', 'buffer_size=3000', 'stderr_logfile=@/l.err') +
             program('a', '/bin/sh -c "sleep 3; i=0; while test $i -lt 200; do echo \'%s\'number $i\'%s\'; i=$((i+1)); done; echo enough text to see the last; exec sleep 1000"'
                     % (BEGIN, END), 'stdout_logfile=NONE', 'stdout_capture_maxbytes=1MB'),
             events('l', ('PROCESS_COMMUNICATION_STDOUT', 'number 199')), listeners=('l.seen',)),
    Scenario('two pools', listener('one', '', 'PROCESS_STATE_EXITED,process_state_starting', 'startsecs=0', 'buffer_size=100') +
             listener('two', '', 'PROCESS_COMMUNICATION,PROCESS_LOG', 'startsecs=0', 'buffer_size=100') +
             say('a', 'x' + BEGIN + 'told' + END + 'some text that is long enough\\n', options=('stdout_events_enabled=true', 'stdout_capture_maxbytes=1KB')) +
             program('b', '/bin/true', *QUICK),
             events('two', ('PROCESS_LOG_STDOUT', 'long')) + events('one', ('PROCESS_STATE_EXITED', ':b ')),
             listeners=('one.seen', 'two.seen')),
    Scenario('a pool of two of which one hangs',
             listener('l', '%(process_num)d', 'PROCESS_STATE_EXITED', 'startsecs=0', 'numprocs=2', 'process_name=l%(process_num)d',
                      'stdout_logfile=@/l%(process_num)d.out') +
             # The first of two that are ready gets an event: both must be.
             program('a', TIMES + " 'until grep -q READY @/l0.out && grep -q READY @/l1.out; do sleep 0.1; done; exit 1' 'exit 2'",
                     'startsecs=0', 'autorestart=unexpected', 'exitcodes=2'),
             [('log', 'exited: a (exit status 2')] + events('l', ('PROCESS_STATE_EXITED', 'expected:1')), listeners=('l.seen',)),
    Scenario('a buffer that overflows', listener('l', 'hang', 'PROCESS_STATE_EXITED', 'startsecs=0', 'buffer_size=2') +
             program('a', TIMES + " 'sleep 2; exit 1' 'exit 1' 'exit 1' 'exit 1' 'exit 1' 'exit 0'", 'startsecs=0'),
             [('log', 'exited: a (exit status 0'), ('log', 'discarding event', 3)], listeners=('l.seen',), records=False),
    Scenario('more events at the start than the buffer holds', listener('l', '', 'PROCESS_STATE_STARTING', 'startsecs=4', 'buffer_size=3') +
             ''.join(program('p%d' % n, SLEEP, 'startsecs=0') for n in range(8)), running('l', 'p7') + events('l', ('PROCESS_STATE_STARTING', 'p7')),
             listeners=('l.seen',), records=False),
    Scenario('a listener and the end of the daemon', listener('l', '', 'PROCESS_STATE,SUPERVISOR_STATE_CHANGE', 'startsecs=0', 'buffer_size=100', 'stdout_logfile=NONE') +
             program('a', SLEEP, 'startsecs=0') + program('b', SLEEP, 'startsecs=0'),
             running('a', 'b'), listeners=('l.seen',)),
    Scenario('ticks', listener('l', '', 'TICK_5', 'startsecs=0', 'stderr_logfile=@/l.err') , events('l', ('TICK_5', '')), listeners=('l.seen',),
             records=False, end=signal.SIGTERM),
    Scenario('output of a listener', "[eventlistener:l]\ncommand=/bin/sh -c \"printf 'READY\\\\n'; echo problem >&2; exec sleep 1000\"\nevents=TICK_3600\n"
             'stdout_logfile=@/l.out\nstderr_logfile=@/l.err\nstderr_events_enabled=true\nstartsecs=0\n',
             [('event', 'PROCESS_LOG_STDERR', 'problem'), ('file', 'l.out', 'READY')], loglevel='debug'),
    Scenario('a listener of childutils', '[eventlistener:l]\ncommand=%s @/standard\nevents=PROCESS_STATE_EXITED\nstartsecs=0\n' % PYTHON +
             program('a', '/bin/sh -c "sleep 1; exit 3"', *QUICK), [('file', 'said', 'expected:0')],
             files={'standard': 'from supervisor import childutils\nwhile True:\n    headers, payload = childutils.listener.wait()\n'
                    "    with open('@/said', 'a') as file:\n        file.write(payload.rpartition(' pid')[0])\n    childutils.listener.ok()\n"}),
    Scenario('another identifier', program('a', SLEEP, 'startsecs=0'), running('a'), supervisord='identifier=other'),
]


# --------------------------------------------------------------------------------- FastCGI

FASTCGI = [
    Scenario('fcgi on a UNIX socket', '[fcgi-program:f]\ncommand=/bin/sh -c "readlink /proc/$$/fd/0 | cut -d: -f1; exec sleep 1000"\n'
             'socket=unix://@/f.sock\nsocket_mode=0640\nnumprocs=2\nprocess_name=f%(process_num)d\nstartsecs=0\nstdout_logfile=@/%(process_num)d.out\n',
             running('f0', 'f1') + [('file', '0.out', 'socket'), ('file', '1.out', 'socket')]),
    Scenario('fcgi that is started again', '[fcgi-program:f]\ncommand=' + TIMES + " 'exit 1' 'readlink /proc/$$/fd/0 | cut -d: -f1; exec sleep 1000'\n"
             'socket=unix://@/f.sock\nstartsecs=0\nstdout_logfile=@/f.out\n', [('event', 'PROCESS_STATE_RUNNING', ':f ', 2), ('file', 'f.out', 'socket')]),
    Scenario('fcgi that cannot be started', '[fcgi-program:f]\ncommand=no-such-command\nsocket=unix://@/f.sock\nstartretries=1\n', ('log', 'gave up: f')),
]

# ------------------------------------------------------------------- what a configuration says

ECHO = '[program:a]\nstdout_logfile=@/a.out\nstartsecs=0\nautorestart=false\n'


def means(name, config, until=('log', 'exited: a ('), **keywords):
    return Scenario('means: ' + name, config, until, **keywords)


CONFIGURATION = [
    means('sections and keys that stand twice', ECHO + 'command=/bin/echo one\n[program:a]\ncommand=/bin/echo two\ncommand=/bin/echo three\n'),
    means('a section that an included file goes on with', '[include]\nfiles=@/more.ini\n' + ECHO + 'command=/bin/echo main\n',
          files={'more.ini': '[program:a]\ncommand=/bin/echo included\n'}),
    means('keys in capitals and with colons', ECHO + 'COMMAND: /bin/echo a=b:c\n[Program:x]\ncommand=/bin/echo x\n'),
    means('comments behind values', ECHO + 'command=/bin/echo x;y ;z #w\n'),
    means('comments in quotes', ECHO + 'command=/bin/echo "x ; y\nstartretries=0\n', ('log', 'gave up: a')),
    means('lines that go on', ECHO + 'command=/bin/echo one\n  autostart=false\n  [program:b]\n'),
    means('the section of defaults', '[DEFAULT]\nautorestart=false\nstdout_logfile=@/a.out\n[program:a]\ncommand=/bin/echo one\nstartsecs=0\n'),
    means('text behind a header', ECHO.replace(']', '] junk') + 'command=/bin/echo one\n'),
    means('here in an included file', '[include]\nfiles=@/conf.d/*.ini\n', files={'conf.d/a.ini': ECHO + 'command=/bin/echo %(here)s\n'}),
    means('percent signs of logs', ECHO.replace('a.out', '%%%%x.out') + 'command=/bin/echo 100%%\n'),
    means('variables of the section', ECHO + 'command=/bin/echo %(ENV_K)s\nenvironment=K=v\n'),
    means('separators of an environment', ECHO + 'command=/bin/sh -c "echo $A $B"\nenvironment=A=1;B=2\n'),
    means('blanks around a name', ECHO.replace('program:a', 'program: a ') + 'command=/bin/echo %(program_name)s\n'),
    means('a size with a blank', ECHO + 'command=/bin/echo one\nstdout_logfile_maxbytes=1 MB\n'),
    means('words for no log', ECHO.replace('@/a.out', 'nOnE') + 'command=/bin/echo one\nstderr_logfile=OFF\n'),
    means('syslog in capitals', ECHO + 'command=/bin/echo one\n', ('file', 'SYSLOG', 'exited: a'), supervisord='logfile=@/SYSLOG', records=False),
    means('a mask that is for the background', ECHO + 'command=/bin/sh -c umask\n', supervisord='umask=077\ndirectory=/usr'),
    means('the order of listeners and programs', ECHO + 'command=/bin/echo one\n' + listener('z', '', 'TICK_3600', 'startsecs=0') +
          program('b', SLEEP, 'startsecs=0', 'priority=-5') + program('c', SLEEP, 'startsecs=0', 'priority=0'),
          [('log', 'exited: a ('), ('log', 'success: z'), ('log', 'DEBG z: ACKNOWLEDGED -> READY'),
           ('log', 'success: b'), ('log', 'success: c')], ordered=True, loglevel='debug'),
]

SCENARIOS = CONFIGURATION + LIVES + SPAWN_ERRORS + INHERITED + STOPS + RELOADS + LOGS + LISTENERS + FASTCGI
