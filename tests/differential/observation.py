"""What was seen of a daemon, without what may differ: times, pids, folders, serial numbers.

An observation is a dictionary from an aspect, such as `log/a` or `events/recorder/a stdout`, to a list of texts.
"""

import re

LINE = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]{4}) ', re.M)

# Lines whose number or place depends on times or on how a daemon is built.
PASSING = re.compile('|'.join((
    r'DEBG fd \d+ closed, stopped monitoring ',
    r'DEBG received SIGCHLD indicating a child quit',
    r'DEBG rebuffering event ',
    r'DEBG event \d+ sent to listener ',
    r"DEBG '\S+' stdout output:\nb'",  # of a listener, read by read; its log has the same
)))

NAMES = (r"spawned: '(.+)' with pid", r'(?:success|exited|stopped|gave up): (\S+) ',
         r'DEBG (\S+): (?:[A-Z]+ -> |event was )', r"killing '(.+)' \(", r'pool (\S+) event buffer',
         r"DEBG '(\S+)' std")

# What suprun says and supervisord does not.
ONLY_OURS = re.compile('|'.join((
    r'WARN @/s\.conf:\d+: ',  # what will not start, before it is started
    r'INFO pool \S+: \d+ events? (was|were) not delivered',  # B37: lost in silence
    r'WARN pool \S+: event \d+ was rejected again',  # B31: retried without delay
    r"WARN \S+: sent b['\"].* when it was ",  # B40: what broke the protocol
)))

# The start of a process that need not stay up is told only if it lives until the next pass of the loop.
AT_ONCE = re.compile(r'INFO success: .* stayed up for > than (0|-\d+) seconds')

# Of the two processes that every recorded scenario has.
OWN = ('recorder', 'fence')


class Normalizer:
    """Replaces in texts what is different at each run."""

    def __init__(self, daemon):
        self.folder = daemon.folder
        self.pids = {str(pid): name for pid, name in daemon.pid_names().items()}
        for text in re.findall(r'started with pid (\d+)', daemon.all_logs()):
            self.pids[text] = 'DAEMON'

    def __call__(self, text):
        text = text.replace(self.folder, '@')
        text = re.sub(r'(---[\w ]+-)[a-z0-9_]{8}(\.log)', r'\1XXXXXXXX\2', text)
        return re.sub(r'(?<![\w.])\d+(?![\w])', lambda match: self.pids.get(match[0], match[0]), text)


def log_lines(text):
    """Lines with their level and what follows them without a time."""
    starts = [match.start() for match in LINE.finditer(text)] + [len(text)]
    return [LINE.sub(r'\1 ', text[begin:end]).rstrip('\n')
            for begin, end in zip(starts, starts[1:])]


def observe_log(daemon, clean, seen):
    lines = [clean(line) for line in log_lines(daemon.read('s.log') or daemon.read('other.log'))]
    names = sorted({name for line in lines for pattern in NAMES
                    for name in re.findall(pattern, line)}, key=len, reverse=True)
    waits = False
    ending = False
    order = {'spawned': [], 'killed': []}
    for line in lines:
        match = re.match(r"INFO spawned: '(.+)' with|DEBG killing (\S+) \(", line)
        if match:
            starts, stops = match.groups()
            if starts and starts not in order['spawned'] + list(OWN):
                order['spawned'].append(starts)
            if stops and stops not in OWN:
                order['killed'].append(stops)
        if (PASSING.match(line) or AT_ONCE.match(line) or ONLY_OURS.match(line) or
                (ending and line.startswith('DEBG'))):
            continue
        if ' exit request' in line:
            ending = True
        if re.match('INFO waiting for .* to die', line):
            if waits:
                continue
            waits = True
            line = 'INFO waiting for %s to die' % ', '.join(
                name for name in line[17:-7].split(', ') if name not in OWN)
        subject = next((name for name in names
                        if re.search(r"(?<![\w./@-])%s(?![\w.-])" % re.escape(name), line)), 'daemon')
        if ' to die' in line or 'spawnerr: ' in line:
            subject = 'daemon'
        if line.startswith('ERRO pool '):
            subject = 'pool'
        if subject in OWN:
            continue
        texts = seen.setdefault('log/' + subject, [])
        # What came by one read or by two is all the same.
        shown = re.match(r"DEBG '\S+' std(out|err) output:\n", line)
        if shown and texts and texts[-1].startswith(shown[0]):
            texts[-1] += line[shown.end():] if texts[-1][-1] == '\n' else '\n' + line[shown.end():]
            continue
        # How often it is repeated depends on how soon it helps.
        if texts[-1:] != [line] or ' with SIGKILL' not in line:
            texts.append(line)
    if daemon.scenario.ordered:
        seen['order/first starts'] = order['spawned']
        seen['order/stops'] = order['killed']


def subject_of(event):
    name = event['header']['eventname']
    first = event['payload'].partition('\n')[0]
    values = dict(word.split(':', 1) for word in first.split() if ':' in word)
    if name.startswith('PROCESS_STATE'):
        return values['processname']
    if name.startswith(('PROCESS_LOG', 'PROCESS_COMMUNICATION')):
        return values['processname'] + (' stdout' if name.endswith('STDOUT') else ' stderr')
    return name.rpartition('_')[0]


def observe_events(daemon, listener, clean, seen):
    """Events by process and channel; what comes after the daemon began to stop stands apart."""
    stopping = False
    events = daemon.events(listener)
    if listener != 'recorder':
        # Several processes may write it.
        events.sort(key=lambda event: int(event['header']['poolserial']))
    for event in events:
        header = dict(event['header'])
        name = header['eventname']
        if name == 'SUPERVISOR_STATE_CHANGE_STOPPING':
            stopping = True
        elif header['poolserial'] == '0':
            stopping = False  # the first of another configuration
        if name.startswith('TICK'):
            period = int(name.rpartition('_')[2])
            event['payload'] = 'when: a multiple of %d: %s' % (
                period, int(event['payload'][5:]) % period == 0)
        subject = subject_of(event)
        if subject.split()[0] in OWN or event['payload'].strip() in (
                'groupname:recorder', 'groupname:fence'):
            continue
        for number in ('serial', 'poolserial', 'len'):
            if not header.pop(number).isdigit():
                seen.setdefault('events/%s/numbers' % listener, []).append(event['line'])
        if list(event['header']) != ['ver', 'server', 'serial', 'pool', 'poolserial', 'eventname', 'len']:
            seen.setdefault('events/%s/headers' % listener, []).append(event['line'])
        text = ' '.join('%s:%s' % pair for pair in header.items()) + '\n' + clean(event['payload'])
        if event['answer'] not in ('ok', 'hang'):
            text += '\n-> ' + event['answer']
        key = 'events/%s/%s%s' % (listener, subject, ' while stopping' if stopping else '')
        texts = seen.setdefault(key, [])
        # What came by one read or by two is all the same.
        if name.startswith('PROCESS_LOG') and texts and texts[-1].startswith(
                text[:text.index('\n', text.index('\n') + 1)]):
            texts[-1] += text.split('\n', 2)[2]
        else:
            texts.append(text)


def serials_fault(daemon, listener):
    """Whether serials are those of one pool that lost nothing; only for one process that accepts all."""
    events = daemon.events(listener)
    serials = [int(event['header']['serial']) for event in events]
    if serials != sorted(set(serials)):
        return 'serials are not growing: %s' % serials
    expected = 0
    for event in events:
        got = int(event['header']['poolserial'])
        if got == 0:
            expected = 0  # after a restart
        if got != expected:
            return 'poolserial %d instead of %d' % (got, expected)
        expected += 1
    return None


def observe(daemon):
    clean = Normalizer(daemon)
    scenario = daemon.scenario
    seen = {'status': [str(daemon.status)]}
    observe_log(daemon, clean, seen)
    for listener in (('recorder',) if scenario.records else ()) + tuple(scenario.listeners):
        observe_events(daemon, listener, clean, seen)
    if scenario.records:
        fault = serials_fault(daemon, 'recorder')
        if fault:
            seen['events/recorder/serials'] = [fault]
    for name, (mode, content) in daemon.file_facts().items():
        if name.endswith('.keeper'):
            continue  # the socket by which the next suprun finds what a killed one left
        content = content.replace(daemon.folder, '@')
        lines = content.split('\n') if not name.startswith(('s.log', 'other.log', 'SYSLOG')) else [
            line for line in map(clean, log_lines(content)) if not AT_ONCE.match(line)]
        seen['file/' + clean(name)] = [mode] + lines
    for name, said in (('stdout', daemon.said), ('stderr', daemon.errors)):
        text = clean(said.decode(errors='backslashreplace'))
        text = re.sub(r'For help, use \S+ -h', 'For help, use PROGRAM -h', text)
        text = re.sub(r"\S+: UserWarning: (.*)\n.*warn\(", r'\1', text)
        # The reason is said in other words.
        text = re.sub(r"(invalid value for \S+ '.*?': ).*", r'\1...', text)
        lines = log_lines(text) if name == 'stdout' and LINE.match(text) else text.split('\n')
        seen['daemon/' + name] = [line for line in lines if not PASSING.match(line)]
    seen['alive'] = [name for name in daemon.alive_at_end if name.split('#')[0] not in OWN]
    seen['left behind'] = daemon.left
    return seen


def is_part_of(few, many):
    """Whether all of `few` stand in `many` in the same order."""
    rest = iter(many)
    return all(any(each == other for other in rest) for each in few)


def differences(theirs, ours):
    """Aspects that differ, with both sides."""
    found = []
    for aspect in sorted(set(theirs) | set(ours)):
        left = theirs.get(aspect, [])
        right = ours.get(aspect, [])
        # Supervisor loses what waits for listeners when it ends (quirks.md B37).
        if aspect.endswith(' while stopping') and is_part_of(left, right):
            continue
        if left != right:
            found.append((aspect, left, right))
    return found
