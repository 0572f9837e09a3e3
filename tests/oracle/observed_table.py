"""What Supervisor 4.2 was observed to do, by rule."""

import os
import shlex
import signal
import stat

from real_supervisor import Run

# The fixture that is named after the rule is refused, and the first thing that is said is this.
REFUSED = [
    ('SUP101', r'File contains no section headers'),
    ('SUP102', r'Source contains parsing errors'),
    ('SUP103', r'\.ini file does not include supervisord section'),
    ('SUP110', r"Invalid name: '.*' because of character: "),
    ('SUP111', r'has \[include\] section, but no files setting'),
    ('SUP121', r'File contains no section headers'),
    ('SUP301', r"not a valid boolean value: 'maybe'"),
    ('SUP302', r'invalid literal for int\(\) with base 10'),
    ('SUP303', r"invalid literal for int\(\) with base 10: '50m'"),
    ('SUP306', r"invalid 'autorestart' value 'always'"),
    ('SUP307', r"not a valid list of exit codes: '0 2'"),
    ('SUP309', r"value 'SIGTEM' is not a valid signal name"),
    ('SUP311', r'can not be converted to an octal type'),
    ('SUP313', r"bad logging level name 'warning'"),
    ('SUP314', r'Invalid user name'),
    ('SUP315', r"not a valid port number: '127\.0\.0\.1'"),
    ('SUP317', r'%\(process_num\) must be present within process_name when numprocs > 1'),
    ('SUP321', r"\('Bad socket format %s', "),  # the tuple is not formatted
    ('SUP322', r'socket_owner and socket_mode params should only be used with a Unix domain'),
    ('SUP323', r'Invalid socket_backlog value 0'),
    ('SUP324', r'Cannot set stopasgroup=true and killasgroup=false'),
    ('SUP325', r'contains incomplete authentication'),
    ('SUP326', r'does not specify a supervisor\.rpcinterface_factory'),
    ('SUP327', r"bad logging level name '\"info\"'"),
    ('SUP401', r"contains names \('HERE'\) which cannot be expanded"),
    ('SUP403', r'is badly formatted: incomplete format'),
    ('SUP405', r'is badly formatted: (incomplete format|unsupported format character)'),
    ('SUP406', r'%d format: a real number is required'),
    ('SUP407', r"contains names \('ENV_B'\) which cannot be expanded"),
    ('SUP408', r"contains names \('program_name'\) which cannot be expanded"),
    ('SUP507', r'names unknown program or fcgi-program'),
    ('SUP509', r'names unknown program or fcgi-program a b'),
    ('SUP514', r'name a is ambiguous \(exists as program and fcgi-program\)'),
    ('SUP517', r"EntryPoint must be in 'name=module:attrs \[extras\]' format"),
    ('SUP601', r'section requires an "events" line'),
    ('SUP602', r'Unknown event type PROCESS_STATES in \[eventlistener:l\] events'),
    ('SUP603', r'Unknown event type PROCESS_STATE TICK_60'),
    ('SUP604', r'redirect_stderr=true but this is not allowed because it will interfere'),
    ('SUP607', r'section sets invalid buffer_size \(0\)'),
    ('SUP624', r"EntryPoint must be in 'name=module:attrs \[extras\]' format"),
    ('SUP910', r'Unexpected end of key/value pairs in value'),
    ('SUP1004', r'is not an existing directory'),
    ('SUP1005', r'The directory named as part of the path .* does not exist'),
    ('SUP1007', r'Invalid user name www'),
]

A = '[program:a]\ncommand=/bin/cat\n'


def environment(text):
    return A + 'environment=' + text + '\n'


# A check returns True, or what is wrong.
def has(name, value):
    """The process has this attribute."""
    def check(seen):
        found = getattr(seen.process(), name)
        return True if found == value else 'it is %r' % (found,)
    return check


def sets(**variables):
    """environment= is read as these variables and no others."""
    return has('environment', variables)


def is_refused(text):
    return lambda seen: bool(seen.error) and text in seen.error


# A configuration, and what is true of what the parser made of it.
READ = [
    ('SUP104', A + '[program:a]\ncommand=/bin/true\n', has('command', '/bin/true')),
    ('SUP105', '[program:a]\ncommand=/bin/sh -c "while :; do x ; sleep 1; done"\n',
     has('command', '/bin/sh -c "while :; do x')),
    ('SUP106', A + '  autostart=false\n', has('command', '/bin/cat\nautostart=false')),
    ('SUP106', A + '\n  [program:b]\n  command=/bin/true\n', lambda seen: list(seen.groups) == ['a']),
    ('SUP107', environment('A="1"') + 'environment=B="2"\n', sets(B='2')),
    ('SUP108', '[program:a] my app\ncommand=/bin/cat\n', lambda seen: list(seen.groups) == ['a']),
    ('SUP108', '[program:a] [x]\ncommand=/bin/cat\n', is_refused('Invalid name')),
    ('SUP109', '[program:]\ncommand=/bin/cat\n', lambda seen: list(seen.processes) == ['']),
    ('SUP110', '[program: a]\ncommand=/bin/cat\n', lambda seen: list(seen.groups) == ['a']),
    ('SUP112', '[supervisord]\n[include]\nfiles=none/*.conf\n',
     lambda seen: 'No file matches via include' in ''.join(seen.options.parse_warnings)),
    ('SUP113', {'supervisord.conf': '[supervisord]\n[include]\nfiles=a.conf,b.conf\n',
                'a.conf': A, 'b.conf': A.replace('a]', 'b]')}, lambda seen: not seen.groups),
    ('SUP114', {'supervisord.conf': '[supervisord]\n[include]\nfiles=conf.d\n', 'conf.d/a.conf': A},
     lambda seen: not seen.groups
     and 'Included extra file' in ''.join(seen.options.parse_infos)),
    ('SUP116', {'supervisord.conf': '[supervisord]\n[include]\nfiles=a.conf\n',
                'a.conf': A + '[include]\nfiles=b.conf\n', 'b.conf': A.replace('a]', 'b]')},
     lambda seen: list(seen.groups) == ['a']),
    ('SUP117', {'supervisord.conf': '[supervisord]\n[include]\nfiles=conf.d/*\n',
                'conf.d/b.conf': A, 'conf.d/b.conf~': A.replace('cat', 'true')},
     has('command', '/bin/true')),
    ('SUP119', {'supervisord.conf': '[supervisord]\n[include]\nfiles="a.conf"\n', 'a.conf': A},
     lambda seen: not seen.groups),
    ('SUP120', {'supervisord.conf': '[supervisord]\n[include]\nfiles=*.inc a.inc\n', 'a.inc': A},
     lambda seen: list(seen.processes) == ['a']),
    ('SUP122', '[program:a]\ncommand=/bin/c\0at\n', has('command', '/bin/c\0at')),
    ('SUP123', '[DEFAULT]\nautostart=false\n' + A, has('autostart', False)),
    ('SUP124', '', lambda seen: seen.error is None and not seen.groups),
    ('SUP125', {'supervisord.conf': '[supervisord]\nloglevel=info\n[include]\nfiles=z.conf\n',
                'z.conf': '[supervisord]\nloglevel=debug\n'},
     lambda seen: seen.options.configroot.supervisord.loglevel == 10),
    ('SUP126', A + '\u00a0autostart=false\n', has('autostart', True)),
    ('SUP128', '[program:a]\ncommand=/bin/cat \\\n  -n\n',
     lambda seen: shlex.split(seen.process().command) == ['/bin/cat', '\n-n']),
    ('SUP327', A + 'stdout_logfile="a.log"\n', has('stdout_logfile', '"a.log"')),
    ('SUP201', A.replace('program', 'progam'), lambda seen: not seen.groups),
    ('SUP202', A + 'autosart=false\n', has('autostart', True)),
    ('SUP203', A + 'port=9001\n', lambda seen: seen.error is None),
    ('SUP204', A + 'log_stdout=true\n', lambda seen: seen.error is None),
    ('SUP206', A + 'WorkingDirectory=/srv\n', has('directory', None)),
    ('SUP207', A.replace('program', 'Program'), lambda seen: not seen.groups),
    ('SUP304', A + 'stdout_logfile_maxbytes=-1\n', has('stdout_logfile_maxbytes', -1)),
    ('SUP305', A + 'stdout_logfile_backups=-1\n', has('stdout_logfile_backups', -1)),
    ('SUP308', A + 'exitcodes=\n', has('exitcodes', [])),
    ('SUP310', A + 'stopsignal=SIG_DFL\n', has('stopsignal', 0)),
    ('SUP311', A + 'umask=22\n', has('umask', 0o22)),
    ('SUP311', A + 'umask=0o22\n', has('umask', 0o22)),
    ('SUP312', A + 'umask=7777777\n', has('umask', 0o7777777)),
    ('SUP316', A + 'numprocs=0\n', lambda seen: list(seen.groups) == ['a'] and not seen.processes),
    ('SUP318', A + 'numprocs=3\nprocess_name=x%%(process_num)s\n',
     lambda seen: [process.name for process in seen.groups['a'].process_configs]
     == ['x%(process_num)s'] * 3),
    ('SUP319', A + 'startsecs=-5\n', has('startsecs', -5)),
    ('SUP320', A + 'stopwaitsecs=-1\n', has('stopwaitsecs', -1)),
    ('SUP327', A + 'directory="/tmp"\n', has('directory', '"/tmp"')),
    ('SUP327', '[unix_http_server]\nfile=/tmp/s.sock\nusername="u"\npassword="p"\n',
     lambda seen: seen.options.server_configs[0]['username'] == '"u"'),
    ('SUP402', '[program:a]\ncommand=/bin/date +%s\n',
     lambda seen: "'ENV_PATH': " in seen.process().command),
    ('SUP404', '[supervisord]\nenvironment=A="%%s"\n' + A,
     lambda seen: 'ENV_PATH' in seen.options.configroot.supervisord.environment['A']),
    ('SUP409', '[program:a]\ncommand=$HOME/bin/x ${A}\n', has('command', '$HOME/bin/x ${A}')),
    ('SUP410', environment('A=%(ENV_PATH)s,B="2"').replace('%(ENV_PATH)s', '/usr/bin:/bin'),
     sets(A='/usr/bin:/bin', B='2')),
    ('SUP501', A + '[program:b]\ncommand=/bin/cat\n[group:b]\nprograms=a\n',
     lambda seen: [group.name for group in seen.options.process_group_configs] == ['b', 'b']),
    ('SUP502', A + '[eventlistener:a]\ncommand=/bin/cat\nevents=TICK_60\n',
     lambda seen: [(group.name, group.priority) for group in seen.options.process_group_configs]
     == [('a', -1), ('a', 999)]),
    ('SUP507', A + '[group:g]\nprograms=a,bb\n', is_refused('[program:a] names unknown program')),
    ('SUP508', '[group:g]\npriority=5\n', lambda seen: list(seen.groups) == ['g']),
    ('SUP509', A + '[program:b]\ncommand=/bin/cat\n[group:g]\nprograms=a,\n  b\n',
     lambda seen: set(seen.processes) == {'a', 'b'}),
    ('SUP510', A + '[group:g]\nprograms=a\n[group:h]\nprograms=a\n',
     lambda seen: len(seen.groups['g'].process_configs + seen.groups['h'].process_configs) == 2),
    ('SUP515', A.replace(':a', ':all'), lambda seen: list(seen.groups) == ['all']),
    ('SUP518', A + 'serverurl=nowhere\n', has('serverurl', 'nowhere')),
    ('SUP602', '[eventlistener:l]\ncommand=/bin/cat\nevents=tick_60\n',
     lambda seen: [event.__name__ for event in seen.groups['l'].pool_events] == ['Tick60Event']),
    ('SUP605', '[eventlistener:l]\ncommand=/bin/cat\nevents=TICK_60\nstderr_capture_maxbytes=1KB\n',
     has('stderr_capture_maxbytes', 1024)),
    ('SUP608', '[eventlistener:l]\ncommand=/bin/cat\nevents=TICK_60,TICK_60\n',
     lambda seen: len(seen.groups['l'].pool_events) == 1),
    ('SUP704', A + 'redirect_stderr=true\nstderr_logfile=/tmp/e\n',
     lambda seen: seen.process().redirect_stderr is True
     and 'stderr_logfile has also been set' in ''.join(seen.options.parse_warnings)),
    ('SUP711', A + 'stdout_logfile=syslog\n',
     lambda seen: seen.process().stdout_syslog is True and seen.process().stdout_logfile is None),
    ('SUP717', A + 'stdout_logfile=\n', has('stdout_logfile', '')),
    ('SUP807', A + 'startretries=-1\n', has('startretries', -1)),
    ('SUP821', A + 'stopasgroup=true\n', has('killasgroup', True)),
    ('SUP901', '[program:a]\ncommand=\n', has('command', '')),
    ('SUP911', environment('A=x y'), sets(A='x')),
    ('SUP911', environment('A=$HOME'), sets(A='$')),
    ('SUP911', environment('A=1#c'), sets(A='1')),
    ('SUP911', environment('U=http://h/p?a=1&b=2'), sets(U='http://h/p', a='1', b='2')),
    ('SUP911', environment('A=caf\u00e9'), sets(A='caf')),
    ('SUP912', environment('A="1"; B="2"'), sets(A='1', B='2')),
    ('SUP913', environment('A="1",A="2"'), sets(A='2')),
    ('SUP914', environment('"A"=1'), sets(**{'"A"': '1'})),
    ('SUP917', environment('PATH="$PATH:/x"'), sets(PATH='$PATH:/x')),
    ('SUP918', environment('K=\'"quoted"\''), sets(K='quoted')),
    ('SUP1303', A + 'stopsignal=10\n', has('stopsignal', 10)),
    ('SUP1305', environment('A="a\\"b"'), sets(A='a\\')),
    ('SUP1306', '[supervisord]\nenvironment=A="100%%%%"\n' + A,
     lambda seen: seen.options.configroot.supervisord.environment == {'A': '100%'}),
    ('SUP1307', '[program:a]\ncommand=/bin/echo a;b;c ;d #e\n',
     has('command', '/bin/echo a;b;c ;d')),
    ('SUP1308', '[supervisord]\nminfds=1_000\n' + A,
     lambda seen: seen.options.configroot.supervisord.minfds == 1000),
    ('SUP1505', A.replace('\n', '\r\n'), has('command', '/bin/cat')),
    ('SUP1506', A.replace('command', 'COMMAND'), has('command', '/bin/cat')),
]

# Whatever ends has not started, however busy the machine is.
ONCE = 'startretries=0\nstartsecs=60\n'


def program(command, more=ONCE):
    return '[program:a]\ncommand=%s\n%s' % (command, more)


def listener(command, more=''):
    return '[eventlistener:l]\ncommand=%s\nevents=TICK_3600\n%s' % (command, more)


def socket_mode(run):
    return stat.S_IMODE(os.stat(run.path('s.sock')).st_mode) == 0o777


def rotated_away(run):
    """The log has lost its beginning, and nothing keeps it."""
    text = run.read_text('a.out')
    return text != '' and not text.startswith('line 1\n')


def shell_left_its_child(run):
    """The group of the shell has a member when the shell is gone; it is ended."""
    group = int(run.read_text('pid'))
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def delivered(run):
    return run.read_text('seen').splitlines()


def delivered_twice(run):
    seen = delivered(run)
    return any(seen.count(line) == 2 for line in seen if line.endswith('PROCESS_STATE_STARTING'))


# Writes serial and name of each event into the file seen.
NOTES_EVENTS = {'notes': '''#!/usr/bin/python3
import sys
while True:
    print('READY', flush=True)
    head = dict(word.split(':') for word in sys.stdin.readline().split())
    sys.stdin.read(int(head['len']))
    with open('@/seen', 'a') as seen:
        print(head['serial'], head['eventname'], file=seen)
    print('RESULT 2\\nOK', end='', flush=True)
'''}


def notes(events, more=''):
    return '[eventlistener:l]\ncommand=@/notes\nevents=%s\n%s' % (events, more)


UNIX_SERVER = '[unix_http_server]\nfile=@/s.sock\n'
RPC = ('[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = '
       'supervisor.rpcinterface:make_main_rpcinterface\n')
STARTED = r'supervisord started with pid'
SLEEP = '/bin/sleep 1000'
# Minds no SIGTERM.
DEAF = '/bin/sh -c \'trap "" TERM; echo deaf; while :; do sleep 1; done\''

# A configuration (@: its folder), what its log comes to say, how often, and what then is true.
RUNS = [
    Run('SUP109', '[program:]\ncommand=%s\n' % SLEEP, r"spawned: '' with pid"),
    Run('SUP122', program('/bin/c\0at'), dies=r'ValueError: embedded null byte'),
    Run('SUP123', '[DEFAULT]\nautostart=false\n[unix_http_server]\nfile=@/s.sock\n'
        '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = '
        'supervisor.rpcinterface:make_main_rpcinterface\n',
        dies=r'Could not make supervisor rpc interface'),
    Run('SUP310', program(SLEEP, 'stopsignal=0\nstopwaitsecs=1\nstartsecs=0\n'), r'entered RUNNING',
        after_stop=r"killing 'a' \(\d+\) with SIGKILL"),
    Run('SUP318', program(SLEEP, 'numprocs=3\nprocess_name=x%%(process_num)s\nstartsecs=0\n'),
        r'entered RUNNING', in_log_once=r"spawned: 'x%\(process_num\)s'"),
    Run('SUP319', program(SLEEP, 'startsecs=-5\n'), r'stayed up for > than -5 seconds'),
    Run('SUP320', program(DEAF, 'stopwaitsecs=-1\nstdout_logfile=@/a.out\n'),
        wait_file=('a.out', 'deaf'), after_stop=r"killing 'a' \(\d+\) with SIGKILL"),
    Run('SUP327', program(SLEEP, ONCE + 'directory="/tmp"\nstderr_logfile=@/a.err\n'),
        wait_file=('a.err', 'couldn\'t chdir to "/tmp"')),
    Run('SUP409', program('$HOME/bin/x'), r"can't find command '\$HOME/bin/x'"),
    Run('SUP501', '[program:a]\ncommand=%s\n[program:b]\ncommand=%s\n[group:b]\nprograms=a\n'
        % (SLEEP, SLEEP), r"entered RUNNING", in_log_once=r"spawned: 'a'"),
    Run('SUP502', '[program:l]\ncommand=%s\n' % SLEEP + listener(SLEEP), r'entered RUNNING',
        in_log_once=r"spawned: 'l'"),
    Run('SUP503', UNIX_SERVER + RPC + '[supervisorctl]\nserverurl=unix://@/other.sock\n',
        STARTED, ctl=('pid', r'unix://.*/other\.sock no such file')),
    Run('SUP504', UNIX_SERVER + 'username=u\npassword=p\n' + RPC +
        '[supervisorctl]\nserverurl=unix://@/s.sock\n',
        STARTED, ctl=('pid', r'Server requires authentication')),
    Run('SUP505', UNIX_SERVER + '[supervisorctl]\nserverurl=unix://@/s.sock\n',
        STARTED, ctl=('status', r'did not recognize the supervisor namespace commands')),
    Run('SUP506', UNIX_SERVER + RPC + '[include]\nfiles=ctl.conf\n', STARTED,
        files={'ctl.conf': '[supervisorctl]\nserverurl=unix://@/s.sock\n'},
        ctl=('pid', r'does not include supervisorctl section')),
    Run('SUP510', program(SLEEP) + '[group:g]\nprograms=a\n[group:h]\nprograms=a\n',
        r"spawned: 'a'", count=2),
    Run('SUP511', program(SLEEP, 'startsecs=0\n') + '[group:g]\nprograms=a,a\n', r'entered RUNNING',
        in_log_once=r"spawned: 'a'"),
    Run('SUP512', program(SLEEP, 'process_name=x\n') + '[program:b]\ncommand=%s\nprocess_name=x\n'
        '[group:g]\nprograms=a,b\n' % SLEEP, r'entered RUNNING', in_log_once=r"spawned: 'x'"),
    Run('SUP516', ''.join('[inet_http_server:%s]\nport=127.0.0.1:%%(port)s\n' % name
                          for name in 'ab'), dies=r'Another program is already listening'),
    Run('SUP608', notes('PROCESS_STATE,PROCESS_STATE_STARTING'), files=NOTES_EVENTS,
        until=delivered_twice),
    # The output comes before the end, and would have been told before it.
    Run('SUP609', notes('PROCESS_LOG,PROCESS_STATE_EXITED') + program(
        '/bin/echo hello', 'startsecs=0\nautorestart=false\n'), files=NOTES_EVENTS,
        until=lambda run: 'PROCESS_STATE_EXITED' in run.read_text('seen'),
        check=lambda run: 'PROCESS_LOG' not in run.read_text('seen')),
    Run('SUP613', listener('/bin/sh -c "echo hello; exec sleep 1000"'),
        r'has entered the UNKNOWN state and will no longer receive events'),
    Run('SUP614', listener('/bin/sh -c "echo ready; exec sleep 1000"'),
        r'has entered the UNKNOWN state and will no longer receive events'),
    Run('SUP617', notes('PROCESS_STATE', 'priority=1000\n') + program(SLEEP, 'startsecs=0\n'),
        files=NOTES_EVENTS, until=lambda run: 'PROCESS_STATE_RUNNING' in run.read_text('seen'),
        after_stop=r'stopped: a ', after=lambda run: 'STOP' not in run.read_text('seen')),
    Run('SUP701', program(SLEEP), supervisord='logfile=/dev/stdout\n', piped=True,
        dies=r'Illegal seek'),
    Run('SUP701', program('/bin/sh -c "echo hello; exec sleep 1000"', 'stdout_logfile=/dev/stdout\n'),
        r"unknown error making dispatchers for 'a': ESPIPE|Illegal seek", piped=True),
    Run('SUP707', program(SLEEP), supervisord='logfile=/dev/stdout\nlogfile_maxbytes=0\n',
        printed=(r"spawned: 'a' with pid", 2)),
    Run('SUP710', program(SLEEP), supervisord='logfile=NONE\n', wait_file=('NONE', 'spawned')),
    Run('SUP712', program(SLEEP, ONCE + 'stdout_logfile=@/\n'),
        r"unknown error making dispatchers for 'a': EISDIR"),
    Run('SUP714', program(
        '/bin/sh -c "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done"',
        'stdout_logfile=@/a.out\nstdout_logfile_maxbytes=1KB\nstdout_logfile_backups=0\n'),
        until=rotated_away, check=lambda run: not os.path.exists(run.path('a.out.1'))),
    Run('SUP801', program('/bin/sh -c "sleep 1 >/dev/null 2>&1 &"'), r'a entered FATAL state'),
    Run('SUP802', program('/bin/sleep 1 &', ONCE + 'stderr_logfile=@/a.err\n'),
        wait_file=('a.err', 'invalid time interval')),
    Run('SUP805', program('/bin/true', 'startsecs=0\nautorestart=true\n'), r"spawned: 'a'", count=3),
    Run('SUP806', program('/bin/false', 'startsecs=0\nstartretries=1\n'), r"spawned: 'a'", count=4),
    Run('SUP807', program('/bin/false', 'startretries=-1\nstartsecs=60\n'), r'a entered FATAL state',
        in_log_once=r"spawned: 'a'"),
    Run('SUP808', program('/bin/true', 'autorestart=false\nstartretries=1\nstartsecs=60\n'),
        r'a entered FATAL state', in_log_twice=r"spawned: 'a'"),
    Run('SUP809', program('/bin/true', 'autorestart=true\nexitcodes=0\nstartsecs=0\n'), r"spawned: 'a'",
        count=2),
    Run('SUP811', program('/bin/sh -c "echo $$ > @/pid; /bin/sleep 60; true"', 'startsecs=0\n'),
        until=lambda run: run.read_text('pid').endswith('\n'), after_stop=r'stopped: a ',
        after=shell_left_its_child),
    Run('SUP813', program(DEAF, 'stopwaitsecs=1\nstdout_logfile=@/a.out\n'),
        wait_file=('a.out', 'deaf'), after_stop=r"killing 'a' \(\d+\) with SIGKILL"),
    Run('SUP822', program(SLEEP, ONCE + 'user=daemon\nstderr_logfile=@/a.err\n'),
        supervisord='user=nobody\n', as_root=True, wait_file=('a.err', "couldn't setuid to")),
    Run('SUP823', program('/bin/sh -c "pwd; umask; exec sleep 1000"', 'stdout_logfile=@/a.out\n'),
        supervisord='directory=/tmp\numask=077\n', wait_file=('a.out', '@\n0022\n')),
    Run('SUP901', program(''), r'spawnerr: command is empty'),
    Run('SUP902', program('/bin/sh -c "echo a'), r"can't parse command .*No closing quotation"),
    Run('SUP903', program('"/bin/sleep 60"'), r"can't find command '/bin/sleep 60'"),
    Run('SUP905', program('cd /app'), r"can't find command 'cd'"),
    Run('SUP906', program('FOO=1 /bin/cat'), r"can't find command 'FOO=1'"),
    Run('SUP907', program('~/bin/x'), r"can't find command '~/bin/x'"),
    Run('SUP908', program('./sleep 1000', ONCE + 'directory=/bin\n'),
        r"can't find command './sleep'"),
    Run('SUP916', program('sleep 1000', ONCE + 'environment=PATH="/opt/none"\n'),
        r"can't find command 'sleep'"),
    Run('SUP919', program('/bin/sh -c "echo got $SUPERVISOR_PROCESS_NAME; exec sleep 1000"',
                          'environment=SUPERVISOR_PROCESS_NAME="mine"\nstdout_logfile=@/a.out\n'),
        wait_file=('a.out', 'got mine')),
    Run('SUP1001', program('/none/x'), r"can't find command '/none/x'"),
    Run('SUP1002', program('/etc/passwd'), r"command at '/etc/passwd' is not executable"),
    Run('SUP1002', program('/bin/'), r"command at '/bin/' is a directory"),
    Run('SUP1003', program('@/script', ONCE + 'stderr_logfile=@/a.err\n'),
        files={'script': 'echo\n'}, wait_file=('a.err', "couldn't exec @/script: ENOEXEC")),
    Run('SUP1004', program(SLEEP, ONCE + 'directory=@/none\nstderr_logfile=@/a.err\n'),
        wait_file=('a.err', "couldn't chdir to @/none: ENOENT")),
    Run('SUP1008', '[unix_http_server]\nfile=/tmp/%s\n' % ('x' * 100), dies=r'path too long'),
    Run('SUP1009', '[unix_http_server]\nfile=@/none/s.sock\n', dies=r'errno\.ENOENT'),
    # More than the kernel lets anybody have.
    Run('SUP1012', program(SLEEP), supervisord='minfds=2000000000\n',
        dies=r'The minimum number of file descriptors required to run this process is 2000000000'),
    Run('SUP1101', '[unix_http_server]\nfile=@/s.sock\n' + program(SLEEP),
        r'running without any HTTP authentication checking'),
    Run('SUP1103', '[unix_http_server]\nfile=@/s.sock\nchmod=0777\n' + program(SLEEP),
        r"spawned: 'a'", check=socket_mode),
    Run('SUP1309', '[inet_http_server]\nport=[::1]:%(port)s\n',
        dies=r'socket\.error reported -(2|9)'),
]
