"""Single mistakes that are put into a configuration, each of a kind.

A mutation takes the lines of a file and a random generator and gives (lines, numbers of the lines
that are new or changed, counted from 1, what was done, expected), or None where there is no place
for it. `expected` is what supcheck is to say there when Supervisor accepts the result:

  warn    the value cannot have been meant: a warning or an error at one of these lines
  silent  legal and plausible: no new warning or error there
  any     both can be argued

Where Supervisor refuses the result, an error is expected whatever stands here.
"""

import re

WARN, SILENT, ANY = 'warn', 'silent', 'any'

HEADER = re.compile(r'\[(.+)\]')
OPTION = re.compile(r'([A-Za-z_.]+)(\s*[=:]\s*)(.*)')


class Text:
    """Sections of a file: (line of the header, name, {key: line}, line after the last option)."""

    def __init__(self, lines):
        self.lines = lines
        self.sections = []
        for i, line in enumerate(lines):
            header = HEADER.match(line)
            option = OPTION.match(line)
            if header:
                self.sections.append([i, header.group(1), {}, i + 1])
            elif option and self.sections:
                self.sections[-1][2][option.group(1).lower()] = i
                self.sections[-1][3] = self.after(i)

    def after(self, i):
        """The line after an option with its continuation lines."""
        i += 1
        while i < len(self.lines) and self.lines[i][:1] in (' ', '\t') and self.lines[i].strip():
            i += 1
        return i

    def pick(self, rng, *kinds):
        found = [section for section in self.sections
                 if section[1].split(':')[0] in kinds and (':' in section[1] or section[1] in kinds)]
        return rng.choice(found) if found else None


PROGRAMS = ('program', 'fcgi-program', 'eventlistener')


def put(text, section, lines):
    """Inserts lines behind the last option of a section."""
    at = section[3]
    new = text.lines[:at] + lines + text.lines[at:]
    return new, set(range(at + 1, at + len(lines) + 1))


def set_value(text, section, key, value):
    """Replaces an option, or adds it."""
    if key in section[2]:
        at = section[2][key]
        new = text.lines[:at] + ['%s=%s' % (key, value)] + text.lines[text.after(at):]
        return new, {at + 1}
    return put(text, section, ['%s=%s' % (key, value)])


def option(kinds, keys, values):
    """A kind of mutation that writes one of `values`: {expected: [value, ...]}."""
    pairs = [(value, expected) for expected, group in values.items() for value in group]

    def mutate(text, rng):
        section = text.pick(rng, *kinds)
        if section is None:
            return None
        key = rng.choice(keys)
        value, expected = rng.choice(pairs)
        lines, at = set_value(text, section, key, value)
        return lines, at, '%s=%s in [%s]' % (key, value, section[1]), expected
    return mutate


def append(blocks):
    """A kind of mutation that adds a section: {expected: [lines, ...]}; {p} is a program's name."""
    pairs = [(block, expected) for expected, group in blocks.items() for block in group]

    def mutate(text, rng):
        section = text.pick(rng, 'program')
        if section is None:
            return None
        block, expected = rng.choice(pairs)
        block = [line.replace('{p}', section[1].split(':', 1)[1].strip()) for line in block]
        lines = text.lines + [''] + block
        return lines, set(range(len(text.lines) + 2, len(lines) + 1)), ' / '.join(block), expected
    return mutate


def misspell(word, rng):
    i = rng.randrange(len(word))
    how = rng.randrange(4)
    if how == 0 and len(word) > 3:
        return word[:i] + word[i + 1:]
    if how == 1:
        return word[:i] + word[i] + word[i:]
    if how == 2 and i + 1 < len(word):
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    return word[:i] + ('x' if word[i] != 'x' else 'y') + word[i + 1:]


def misspelled_option(text, rng):
    section = text.pick(rng, *PROGRAMS, 'supervisord', 'group', 'unix_http_server',
                        'inet_http_server')
    if section is None or not section[2]:
        return None
    key = rng.choice(sorted(section[2]))
    new = rng.choice([misspell(key, rng), misspell(key, rng), key.replace('_', '-'),
                      key.replace('_', ''), key + 's'])
    if new == key or not OPTION.match(new + '='):
        return None
    at = section[2][key]
    match = OPTION.match(text.lines[at])
    lines = list(text.lines)
    lines[at] = new + match.group(2) + match.group(3)
    return lines, {at + 1}, '%s -> %s in [%s]' % (key, new, section[1]), WARN


def misspelled_section(text, rng):
    section = text.pick(rng, *PROGRAMS, 'group', 'unix_http_server', 'inet_http_server',
                        'supervisord', 'rpcinterface', 'include', 'supervisorctl')
    if section is None:
        return None
    kind, colon, name = section[1].partition(':')
    new = rng.choice([misspell(kind, rng), misspell(kind, rng), kind + 's', kind.capitalize(),
                      kind.upper(), kind.replace('_', '-'), kind.replace('-', '_')])
    if new == kind:
        return None
    at = section[0]
    lines = list(text.lines)
    lines[at] = '[%s%s%s]' % (new, colon, name)
    # Names of servers are matched by their beginning, what hangs on them is another matter.
    return lines, {at + 1}, '[%s] -> %s' % (section[1], lines[at]), WARN


def missing_bracket(text, rng):
    if len(text.sections) < 2:
        return None
    section = rng.choice(text.sections)
    at = section[0]
    lines = list(text.lines)
    lines[at] = rng.choice(['[' + section[1], section[1] + ']', section[1]])
    return lines, {at + 1}, 'header is now ' + lines[at], WARN


def odd_header(text, rng):
    section = text.pick(rng, *PROGRAMS)
    if section is None:
        return None
    kind, _, name = section[1].partition(':')
    pairs = [('[%s:%s ]', SILENT), ('[%s: %s]', SILENT), ('[ %s:%s]', WARN), ('[%s :%s]', WARN),
             ('[%s:%s] text', WARN), ('[%s:%s] ; comment', SILENT), ('[[%s:%s]', WARN),
             ('[%s %s]', WARN), ('[%s-%s]', WARN), ('[%s:%s:x]', WARN), ('[%s:%s]]', WARN)]
    form, expected = rng.choice(pairs)
    lines = list(text.lines)
    lines[section[0]] = form % (kind, name.strip())
    return lines, {section[0] + 1}, 'header is now ' + lines[section[0]], expected


def header_without_name(text, rng):
    section = text.pick(rng, *PROGRAMS, 'group')
    if section is None:
        return None
    lines = list(text.lines)
    lines[section[0]] = rng.choice(['[%s]', '[%s:]', '[%s: ]']) % section[1].split(':')[0]
    return lines, {section[0] + 1}, 'header is now ' + lines[section[0]], WARN


def duplicate_section(text, rng):
    section = text.pick(rng, *PROGRAMS, 'group')
    if section is None:
        return None
    block = ['[%s]' % section[1]] + rng.choice([[], ['priority=4'], ['command=/bin/other']])
    lines = text.lines + [''] + block
    return lines, set(range(len(text.lines) + 2, len(lines) + 1)), 'again: ' + ' / '.join(block), WARN


def duplicate_option(text, rng):
    section = text.pick(rng, *PROGRAMS, 'supervisord')
    if section is None:
        return None
    single = [key for key, at in section[2].items()
              if text.after(at) == at + 1 and key != 'environment']
    if not single:
        return None
    key = rng.choice(sorted(single))
    value = rng.choice({'command': ['/bin/other --x'], 'autostart': ['true', 'false'],
                        'autorestart': ['true', 'false', 'unexpected'], 'priority': ['3', '1000'],
                        'user': ['nobody', 'root'], 'startsecs': ['7'], 'numprocs': ['1'],
                        'loglevel': ['warn']}.get(key, ['second', '/tmp/second', '5']))
    old = OPTION.match(text.lines[section[2][key]]).group(3)
    if old.split(';')[0].split('#')[0].strip() == value:
        return None
    lines, at = put(text, section, ['%s=%s' % (rng.choice([key, key.upper()]), value)])
    # The first is the place of the mistake as well as the second.
    return lines, at | {section[2][key] + 1}, 'second %s=%s' % (key, value), WARN


def indented_option(text, rng):
    section = text.pick(rng, *PROGRAMS, 'supervisord', 'unix_http_server')
    if section is None:
        return None
    places = [at for at in section[2].values() if at > min(section[2].values())]
    if not places:
        return None
    at = rng.choice(sorted(places))
    before = max(other for other in section[2].values() if other < at)
    if OPTION.match(text.lines[before]).group(1).lower() == 'environment':
        return None
    lines = list(text.lines)
    lines[at] = rng.choice([' ', '  ', '\t']) + lines[at]
    return lines, {at + 1}, 'indented: ' + lines[at].strip()[:60], WARN


def indented_header(text, rng):
    places = [section for section in text.sections
              if section[0] > 0 and section is not text.sections[0]]
    if not places:
        return None
    section = rng.choice(places)
    lines = list(text.lines)
    lines[section[0]] = '  ' + lines[section[0]]
    return lines, {section[0] + 1}, 'indented: [%s]' % section[1], WARN


def outdented_continuation(text, rng):
    places = [i for i, line in enumerate(text.lines)
              if line[:1] in (' ', '\t') and line.strip() and i and OPTION.match(text.lines[i - 1])]
    if not places:
        return None
    at = rng.choice(places)
    lines = list(text.lines)
    lines[at] = lines[at].strip()
    if HEADER.match(lines[at]) or lines[at][:1] in ';#':
        return None
    return lines, {at + 1}, 'outdented: ' + lines[at][:60], ANY


def continuation_oddity(text, rng):
    section = text.pick(rng, *PROGRAMS)
    if section is None or 'command' not in section[2]:
        return None
    at = text.after(section[2]['command'])
    block, expected = rng.choice([(['  key=value'], WARN), (['', '  --after-blank'], WARN),
                                  (['  --more', '  --arguments'], SILENT),
                                  (['; comment', '  --more'], SILENT),
                                  (['  [program:inner]'], WARN), (['\tautostart=true'], WARN)])
    lines = text.lines[:at] + block + text.lines[at:]
    return lines, set(range(at + 1, at + len(block) + 1)), 'then: %r' % (block,), expected


def stray_line(text, rng):
    section = text.pick(rng, *PROGRAMS)
    if section is None:
        return None
    line = rng.choice(['export A=1', 'rem comment', '// comment', '-- comment', 'autostart',
                       'autostart true', '}', 'set -e', 'command /bin/x', '!include x', '* * *',
                       'source /etc/x: y', '/bin/app --port 80', '"""'])
    at = section[3]
    return (text.lines[:at] + [line] + text.lines[at:], {at + 1}, 'line: ' + line, WARN)


def before_first_section(text, rng):
    line, expected = rng.choice([('#!/bin/sh', SILENT), ('; -*- conf -*-', SILENT), ('', SILENT),
                                 ('nodaemon=true', WARN), ('hello', WARN), ('---', WARN)])
    return [line] + text.lines, {1}, 'first line: ' + line, expected


def missing_required(text, rng):
    section = text.pick(rng, *PROGRAMS, 'inet_http_server', 'unix_http_server', 'group',
                        'rpcinterface', 'include')
    if section is None:
        return None
    keys = [key for key in ('command', 'events', 'socket', 'port', 'file', 'files', 'programs',
                            'supervisor.rpcinterface_factory') if key in section[2]]
    if not keys:
        return None
    key = rng.choice(keys)
    at = section[2][key]
    lines = text.lines[:at] + text.lines[text.after(at):]
    return lines, {section[0] + 1}, 'no %s in [%s]' % (key, section[1]), WARN


def daemon_lost(text, rng):
    section = text.pick(rng, 'supervisord')
    if section is None:
        return None
    lines = list(text.lines)
    lines[section[0]] = rng.choice(['[supervisord:main]', ';[supervisord]', '[supervisor]',
                                    '[Supervisord]', '[supervisord', '[ supervisord ]', ''])
    return lines, {section[0] + 1}, '[supervisord] is now ' + lines[section[0]], WARN


def group_of(text, rng):
    names = [section[1].split(':', 1)[1] for section in text.sections
             if section[1].startswith('program:')]
    if not names:
        return None
    name = rng.choice(names)
    other = rng.choice(names)
    value, expected = rng.choice([
        (name, SILENT), (name + ',', WARN), (name + ',nosuch', WARN), (name + ' ' + other, WARN),
        (misspell(name, rng), WARN), (name + ',' + name, WARN), ('program:' + name, WARN),
        ('', WARN), (name + ' ; comment', SILENT), ('"%s"' % name, WARN), (name + ':*', WARN)])
    block = ['[group:gg]', 'programs=' + value]
    lines = text.lines + [''] + block
    return (lines, {len(text.lines) + 2, len(text.lines) + 3}, ' / '.join(block), expected)


def numprocs_mistake(text, rng):
    section = text.pick(rng, 'program', 'eventlistener')
    if section is None or 'process_name' in section[2] or 'numprocs' in section[2]:
        return None
    block, expected = rng.choice([
        (['numprocs=2'], WARN), (['numprocs=0'], WARN), (['numprocs=-2'], WARN),
        (['numprocs=2', 'process_name=x_%(process_num)02x'], SILENT),
        (['numprocs=3', 'process_name=x_%%(process_num)d'], WARN),
        (['numprocs=3', 'process_name=x_%(process_num)d'], SILENT),
        (['numprocs=3', 'process_name=%(program_name)_%(process_num)d'], WARN),
        (['numprocs=3', 'process_name=%(program_name)s'], WARN),
        (['process_name=a b'], WARN), (['process_name=a:b'], WARN), (['process_name='], WARN),
        (['process_name="x"'], WARN), (['process_name=x/y'], WARN)])
    lines, at = put(text, section, block)
    return lines, at, ' / '.join(block), expected


def listener_mistake(text, rng):
    section = text.pick(rng, 'eventlistener')
    if section is None:
        return None
    key, value, expected = rng.choice([
        ('stdout_capture_maxbytes', '1MB', WARN), ('stderr_capture_maxbytes', '1MB', WARN),
        ('stdout_capture_maxbytes', '1', WARN), ('redirect_stderr', 'true', WARN),
        ('redirect_stderr', 'false', SILENT), ('buffer_size', '0', WARN),
        ('buffer_size', '100', SILENT), ('buffer_size', '-1', WARN),
        ('events', 'TICK_5,PROCESS_STATE', SILENT), ('events', '', WARN), ('events', '*', WARN),
        ('events', 'PROCESS_STATE TICK_60', WARN), ('events', 'TICK_10', WARN),
        ('events', 'PROCESS_STATE,PROCESS_STATE_EXITED', WARN), ('events', 'tick_60', SILENT),
        ('result_handler', 'nocolon', WARN), ('result_handler', '', WARN)])
    lines, at = set_value(text, section, key, value)
    return lines, at, '%s=%s in [%s]' % (key, value, section[1]), expected


NUMBERS = {ANY: ['0', '+5', '1_0', '010', '-5', '-1'], SILENT: ['5', ' 7 ', '12 ; comment', '120'],
           WARN: ['five', '1.5', '5s', '0x10', '', '1e3', '"5"', '5 seconds', '1,000', 'None']}
SIZES = {ANY: ['0MB'], SILENT: ['5MB', '512kb', '1GB', '10 MB', '1048576'],
         WARN: ['50M', '1.5MB', '-1', 'MB', '10MiB', '1TB', 'none', '"5MB"', '-1MB', '']}
BOOLEANS = {SILENT: ['true', 'False', 'yes', 'Off', '1'],
            WARN: ['maybe', '"true"', 't', '', 'true;', 'enabled', 'y', '0.0', 'none', '2']}
LOGS = {SILENT: ['/tmp/x.log', 'AUTO', 'none', '%(here)s/x.log', '~/x.log', 'off'],
        WARN: ['"/tmp/x.log"', 'x.log', '$HOME/x.log', '/tmp/', '/tmp/%(program_name).log',
               '/tmp/%(nosuch)s.log', '', '/tmp/%s.log', '/tmp/100%.log']}

KINDS = {
    'misspelled-option': misspelled_option,
    'misspelled-section': misspelled_section,
    'missing-bracket': missing_bracket,
    'odd-header': odd_header,
    'header-without-name': header_without_name,
    'duplicate-section': duplicate_section,
    'duplicate-option': duplicate_option,
    'indented-option': indented_option,
    'indented-header': indented_header,
    'outdented-continuation': outdented_continuation,
    'continuation-oddity': continuation_oddity,
    'stray-line': stray_line,
    'before-first-section': before_first_section,
    'missing-required': missing_required,
    'supervisord-section-lost': daemon_lost,
    'group-membership': group_of,
    'numprocs': numprocs_mistake,
    'listener': listener_mistake,
    'bad-boolean': option(PROGRAMS, ['autostart', 'stopasgroup', 'stdout_events_enabled'],
                          BOOLEANS),
    'bad-integer': option(PROGRAMS, ['startsecs', 'priority', 'startretries', 'stopwaitsecs',
                                     'stdout_logfile_backups'], NUMBERS),
    'bad-byte-size': option(PROGRAMS, ['stdout_logfile_maxbytes', 'stderr_logfile_maxbytes'],
                            SIZES),
    'bad-signal': option(PROGRAMS, ['stopsignal'], {
        SILENT: ['int', 'SIGQUIT', '15', 'usr1', '2'], ANY: ['KILL', '10', '6'],
        WARN: ['SIGTEM', '99', '', 'STOPIT', '0', '_DFL', 'CONT', '-9', '"TERM"', 'INT,QUIT']}),
    'bad-exit-codes': option(PROGRAMS, ['exitcodes'], {
        ANY: ['0,2'], SILENT: ['0', '0, 1'],
        WARN: ['0 2', '0,', '256', '-1', 'zero', '', '0,,2', '0-2']}),
    'bad-autorestart': option(PROGRAMS, ['autorestart'], {
        SILENT: ['unexpected', 'TRUE', 'unexpected '], ANY: ['false'],
        WARN: ['always', 'never', 'on-failure', '', 'expected', '"true"']}),
    'bad-umask': option(PROGRAMS, ['umask'], {
        SILENT: ['022', '0o22', '077 ; c', '002'],
        WARN: ['rwxr-xr-x', '999', '', '7777777', '-1', '0x12']}),
    'bad-user': option(PROGRAMS, ['user'], {
        SILENT: ['www-data', '0', 'root', '1000'], ANY: ['nosuchuser'],
        WARN: ['', '"root"', 'no such user', '-1', 'www-data:www-data', '$USER']}),
    'bad-directory': option(PROGRAMS, ['directory'], {
        SILENT: ['/tmp', '%(here)s'], ANY: ['/no/such/directory', 'relative/dir', '.', '..'],
        WARN: ['$HOME/app', '"/tmp"', '', '~', '~/app', '/tmp/%(process_num', '${X}/y', '/a/%d']}),
    'bad-log': option(PROGRAMS, ['stdout_logfile', 'stderr_logfile'], LOGS),
    'command': option(PROGRAMS, ['command'], {
        SILENT: ['/bin/x %%h', '/bin/sh -c "exec /bin/x; true"', "/bin/x 'a b'", '/bin/x a;b',
                 '/bin/x -n "%(program_name)s"', '/bin/x ; a comment', '/bin/x --a=b,c'],
        ANY: ['/bin/x ${HOME} $(date) `id`', '"/bin/x y"'],
        WARN: ['', ' ', '; nothing', '# nothing', '" "', "/bin/sh -c 'it''s", '/bin/sh -c "echo hi',
               '/bin/sh -c "a ; b"', '/bin/x %(nosuch)s', '/bin/x 100%', '/bin/x %s', '/bin/x %',
               '/bin/x > /tmp/y', 'cd /x && ./y', 'A=1 /bin/x', '~/x', '$HOME/x', '/bin/x &',
               '/bin/x %(program_name)d', '/bin/x a\\', '/bin/a && /bin/b', "it's", '""']}),
    'bad-environment': option(PROGRAMS, ['environment'], {
        SILENT: ['A="1",B="2"', 'A=1', 'A="%(program_name)s"', "A='1'", 'A="x", B="y"', 'A="a=b"'],
        ANY: ['a-b=1', 'A="a\\"b"', ''],
        WARN: ['A', 'A=', 'A=1;B=2', 'A=http://h:80/p?q=1', 'A="1" B="2"', 'A=a b', 'A="1',
               '"A"="1"', 'A=a@b.c', 'A: 1', 'A="1",,B="2"', 'A=$HOME', 'A="%(nosuch)s"',
               'A="100%"', 'export A=1', 'A="1",A="2"', '{"A": "1"}']}),
    'supervisord': option(('supervisord',), ['minfds'], {
        SILENT: ['1024', '65536 ; c'], WARN: ['many', '', '1k', '1.5', '"1024"']}),
    'supervisord-boolean': option(('supervisord',), ['nodaemon', 'silent', 'nocleanup'], BOOLEANS),
    'supervisord-level': option(('supervisord',), ['loglevel'], {
        SILENT: ['critical', 'WARN', 'info'], ANY: ['debug', 'trace', 'blather'],
        WARN: ['warning', '10', '', 'verbose', '"info"']}),
    'supervisord-path': option(('supervisord',), ['childlogdir', 'directory'], {
        SILENT: ['/tmp', '%(here)s'], ANY: ['/no/such/dir', '~/x'],
        WARN: ['', '"/tmp"', '$HOME/x', '${X}', '%(nosuch)s']}),
    'supervisord-log': option(('supervisord',), ['logfile', 'pidfile'], {
        SILENT: ['/tmp/x', '%(here)s/x'], ANY: ['~/x', '/dev/null'],
        WARN: ['"/tmp/x"', '$HOME/x', 'x', '', '/tmp/%(program_name)s']}),
    'supervisord-size': option(('supervisord',), ['logfile_maxbytes'], SIZES),
    'supervisord-umask': option(('supervisord',), ['umask'], {
        SILENT: ['022', '0o22'], WARN: ['999', 'abc', '', 'rwx']}),
    'supervisord-user': option(('supervisord',), ['user'], {
        ANY: ['root', 'nosuchuser', 'nobody', '0'], WARN: ['', '"root"', 'a b', 'root:root']}),
    'supervisord-environment': option(('supervisord',), ['environment'], {
        SILENT: ['A="%(ENV_PATH)s:/x"', 'A="1"'], ANY: ['A="%%%%d"'],
        WARN: ['A', 'A="%%d"', 'A=1;B=2', 'A="%(nosuch)s"', 'A="50%"', 'A=a b']}),
    'unix-server': option(('unix_http_server',), ['chmod', 'file', 'chown', 'username'], {
        ANY: ['0700', '0o700', '/tmp/x.sock', 'nobody:nogroup', '777', 'nosuch', 'alice', 'rwx',
              '', '"x"', '$HOME/x', 'a:b:c', '999']}),
    'inet-server': option(('inet_http_server',), ['port'], {
        SILENT: ['127.0.0.1:9001', 'localhost:80'], ANY: [':9001', '*:9001', '9001', 'HOST:80'],
        WARN: ['', 'http', '127.0.0.1', '99999', '0', ':', '[::1]:9001', '"9001"', 'http://x:80',
               '9001,9002', '-1']}),
    'credentials': option(('unix_http_server', 'inet_http_server'), ['username', 'password'], {
        ANY: ['', 'alice', '"alice"', '{SHA}xyz']}),
    'include': option(('include',), ['files'], {
        ANY: ['/etc/nosuch/*.conf'],
        WARN: ['', '%(here)s/*.none', '"conf.d/*.conf"', '~/x/*.conf', '$HOME/*.conf', 'nothere.ini',
               'a/*.conf,b/*.conf', '%(nosuch)s/*.conf', '%(ENV_X)/*.conf']}),
    'group': option(('group',), ['priority', 'programs'], {
        ANY: ['5', '-1'], WARN: ['first', '', 'nosuch,']}),
    'rpcinterface': option(('rpcinterface',), ['supervisor.rpcinterface_factory'], {
        SILENT: ['supervisor.rpcinterface:make_main_rpcinterface'], WARN: ['', 'not a spec', 'x']}),
    'fcgi': option(('fcgi-program',), ['socket', 'socket_backlog', 'socket_mode', 'socket_owner'], {
        ANY: ['tcp://localhost:9002', 'unix:///tmp/x.sock', '/run/x.sock', 'udp://h:1', 'x', '',
              '0700', 'unix://x', 'tcp://h', '999', '-1', 'nosuch:nosuch']}),
    'numprocs-start': option(('program',), ['numprocs_start'], {
        SILENT: ['0', '9000'], ANY: ['-1'], WARN: ['first', '', '1.5']}),
    'killasgroup': option(('program',), ['killasgroup'], {ANY: ['false', 'true']}),
    'new-section': append({
        WARN: [['[DEFAULT]', 'startsecs=x'], ['[DEFAULT]', 'user=nobody', 'priority=3'],
               ['[default]', 'autostart=false'], ['[eventlistener:l]', 'command=/bin/l'],
               ['[eventlistener:l]', 'command=/bin/l', 'events=NOPE'],
               ['[eventlistener:l]', 'command=/bin/l', 'events=TICK_5', 'redirect_stderr=true'],
               ['[eventlistener:]', 'command=/bin/l', 'events=TICK_5'],
               ['[eventlistener:{p}]', 'command=/bin/l', 'events=TICK_5'],
               ['[fcgi-program:f]', 'command=/bin/f'],
               ['[fcgi-program:f]', 'command=/bin/f', 'socket=udp://h:1'],
               ['[fcgi-program:f]', 'command=/bin/f', 'socket=/run/f.sock'],
               ['[fcgi-program:f]', 'command=/bin/f', 'socket=tcp://localhost:9002',
                'socket_mode=0700'],
               ['[program:]', 'command=/bin/x'], ['[program:a b]', 'command=/bin/x'],
               ['[program:a/b]', 'command=/bin/x'], ['[program:zz]'], ['[group:]', 'programs={p}'],
               ['[group:zz]'], ['[group:a b]', 'programs={p}'], ['[inet_http_server]', 'port='],
               ['[rpcinterface:x]'], ['[program:zz]', 'command = ']],
        SILENT: [['[eventlistener:l]', 'command=/bin/l', 'events=TICK_5'],
                 ['[program:zz]', 'command=/bin/x'], ['[x-notes]', 'a=b'],
                 ['[fcgi-program:f]', 'command=/bin/f', 'socket=tcp://localhost:9002']]}),
}
