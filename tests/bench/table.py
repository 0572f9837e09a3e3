"""The table: a row for each thing that is measured, a column for each system."""

import collections

# `floor` does only what must be done: a program of ../shared/bench, tests/bench/least_client.cpp, or
# (floor-alone) the same daemon without those clients. `readme`: in README.md.
Row = collections.namedtuple('Row', 'label bench params metric unit floor more_is_better readme')


def row(label, bench, params, metric, unit, floor=None, more_is_better=False, readme=False):
    return Row(label, bench, params, metric, unit, floor, more_is_better, readme)


PROGRAMS = {'n': 1000, 'group': 'programs'}
ROWS = [
    row('boot of 10 programs', 'boot', {'n': 10}, 'boot_ms', 'ms', 'floor-fast', readme=True),
    row('boot of 200', 'boot', {'n': 200}, 'boot_ms', 'ms', 'floor-fast'),
    row('boot of 1,000', 'boot', {'n': 1000}, 'boot_ms', 'ms', 'floor-fast', readme=True),
    row('boot of 1,000: CPU with fork to exec', 'boot', {'n': 1000}, 'total_cpu_ms', 'ms', 'floor-fast'),
    row('boot of 1,000: memory (PSS)', 'boot', {'n': 1000}, 'pss_kb', 'kB', 'floor-fast', readme=True),
    row('boot of 2,000', 'boot', {'n': 2000}, 'boot_ms', 'ms', 'floor-fast'),
    row('restart after kill -9, of 10', 'restart', {'n': 10}, 'p50_ms', 'ms', 'floor-fast'),
    row('restart after kill -9, of 1,000', 'restart', {'n': 1000}, 'p50_ms', 'ms', 'floor-fast',
        readme=True),
    row('restart, of 1,000: 99 of 100 within', 'restart', {'n': 1000}, 'p99_ms', 'ms', 'floor-fast'),
    row('idle with 1,000: wake-ups', 'idle', {'n': 1000}, 'wakeups_per_s', '/s', readme=True),
    row('idle with 1,000: CPU', 'idle', {'n': 1000}, 'cpu_us_per_s', 'µs/s'),
    row('stop of 1,000', 'shutdown', PROGRAMS, 'stop_ms_extrapolated', 'ms', 'floor-fast', readme=True),
    row('lines to a log', 'log', {'mode': 'line', 'children': 1}, 'mb_per_s', 'MB/s',
        'floor-tick', True),
    row('lines to a log: CPU', 'log', {'mode': 'line', 'children': 1}, 'daemon_cpu_s_per_gb', 's/GB', 'floor-tick',
        readme=True),
    row('50 writers of 1,000 lines/s: CPU', 'log', {'mode': 'paced', 'children': 50},
        'daemon_cpu_us_per_line', 'µs/line', 'floor-tick', readme=True),
    row('blocks of 64 kB to a log', 'log', {'mode': 'block', 'children': 1}, 'mb_per_s', 'MB/s',
        'floor-tick', True, readme=True),
    row('events to a listener, 16 callers', 'events',
        {'case': 'rce', 'callers': 16, 'listeners': 1}, 'events_per_s', '/s', 'floor-canned', True,
        readme=True),
    row('getState, 16 connections', 'rpc', {'n': 10, 'method': 'getState', 'conns': 16}, 'rps', '/s',
        'floor-canned', True),
    row('getAllProcessInfo of 1,000', 'rpc',
        {'n': 1000, 'method': 'getAllProcessInfo', 'conns': 1}, 'rps', '/s', 'floor-canned', True,
        readme=True),
    row('the command status, of 10', 'ctl', {'n': 10}, 'wall_ms', 'ms', readme=True),
    row('the command status, of 1,000', 'ctl', {'n': 1000}, 'wall_ms', 'ms', readme=True),
    row('check of 1,000 programs', 'parse', {'sections': 1000, 'files': 1}, 'wall_ms', 'ms',
        'floor-token', readme=True),
    row('check of 10,000 programs', 'parse', {'sections': 10000, 'files': 1}, 'wall_ms', 'ms',
        'floor-token', readme=True),
    row('check of 1,000 files', 'parse', {'sections': 1000, 'files': 1000}, 'wall_ms', 'ms',
        'floor-token'),
    row('reading a plan of 1,000', 'decode', {'n': 1000}, 'wall_ms', 'ms'),
    row('status as a process, of 10', 'status', {'n': 10}, 'wall_ms', 'ms', 'floor-client'),
    row('status as a process, of 1,000', 'status', {'n': 1000}, 'wall_ms', 'ms', 'floor-client'),
    row('update of 200, one changed', 'update', {'n': 200}, 'command_ms', 'ms'),
    row('update of 1,000, one changed', 'update', {'n': 1000}, 'command_ms', 'ms', readme=True),
    row('a TICK to 100 listeners', 'ticks', {'n': 100}, 'span_ms', 'ms'),
    row('a TICK to 1,000 listeners', 'ticks', {'n': 1000}, 'span_ms', 'ms', readme=True),
    row('a TICK to 1,000 listeners: CPU', 'ticks', {'n': 1000}, 'daemon_cpu_ms', 'ms'),
] + [
    row('restart beside %s%s' % (beside, which), 'burdens', {'beside': beside}, metric, 'ms',
        readme=metric == 'max_ms' and beside == '50 writers, a slow client')
    for beside in ('nothing', '50 writers', '50 writers, 4 clients', '50 writers, a slow client',
                   '50 writers, a slow disk')
    for metric, which in (('p50_ms', ''), ('max_ms', ', the longest'))
] + [
    row('restart beside %s%s' % (beside, which), 'streams', {'beside': beside}, metric, 'ms',
        'floor-alone')
    for beside in ('1,000 followers of a quiet log', '1,000 event streams')
    for metric, which in (('p50_ms', ''), ('max_ms', ', the longest'))
] + [
    row(label, 'crowd', {'connections': 'many'}, metric, unit, floor)
    for label, metric, unit, floor in (
        ('idle connections, none of them closed', 'count', '', None),
        ('getState beside them', 'p50_us', 'µs', 'floor-alone'),
        ('memory for one of them', 'kb_each', 'kB', None),
        ('CPU beside them while nobody asks', 'cpu_us_per_s', 'µs/s', None))
]

COLUMNS = ('suprun', 'supervisord', 'dinit', 's6', 'runit')


def number(value):
    if value == 0:
        return '0'
    if abs(value) >= 100:
        return '{:,.0f}'.format(value)
    return ('%.1f' if abs(value) >= 10 else '%.2f' if abs(value) >= 0.1 else '%.3f') % value


def times(ratio):
    return number(ratio) if ratio < 10 else '{:,.0f}'.format(ratio)


def place(each, system):
    return each.bench, each.params, each.metric, system


def with_unit(each, value):
    if each.unit == 'kB' and value >= 1000:
        return number(value / 1000) + ' MB'
    return number(value) + ('' if each.unit.startswith('/') else ' ') + each.unit


def compared(results, each, system):
    """ "×24", how many times what suprun takes, or gives."""
    ratio = results.ratio(*place(each, system), 'suprun')
    return '' if ratio is None else '×' + times(ratio)


def cell(results, each, system):
    value = results.median(*place(each, system))
    if value is None:
        return ''
    least, most = results.spread(*place(each, system))
    text = with_unit(each, value)
    if most > least:
        text += ' (%s…%s)' % (number(least), number(most))
    if system != 'suprun' and (ratio := compared(results, each, system)):
        text += ' ' + ratio
    return text


def floor_cell(results, each):
    """What suprun takes, or gives, in terms of the floor."""
    if each.floor is None or results.median(*place(each, each.floor)) is None:
        return ''
    ratio = results.ratio(*place(each, 'suprun'), each.floor)
    return with_unit(each, results.median(*place(each, each.floor))) + (
        '' if ratio is None else ', suprun ×' + times(ratio))


def rows_of(results):
    return [each for each in ROWS if results.median(*place(each, 'suprun')) is not None]


def columns_of(results, rows):
    return [name for name in COLUMNS
            if any(results.median(*place(each, name)) is not None for each in rows)]


def text_table(results):
    rows = rows_of(results)
    columns = columns_of(results, rows)
    table = [['', *columns, 'floor']]
    for each in rows:
        table.append([each.label, *(cell(results, each, name) for name in columns),
                      floor_cell(results, each)])
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    return '\n'.join('  '.join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
                     for line in table)


def markdown_table(results):
    """The rows of README.md: medians, and beside others how many times suprun's that is."""
    rows = [each for each in rows_of(results) if each.readme]
    columns = columns_of(results, rows)
    names = [name + (' ' + results.version(name).split('-')[0] if name != 'suprun' and
                     results.version(name) else '') for name in columns]
    lines = ['| | %s | floor |' % ' | '.join(names), '|---|' + '---:|' * (len(columns) + 1)]
    for each in rows:
        cells = []
        for name in columns:
            value = results.median(*place(each, name))
            text = '' if value is None else with_unit(each, value)
            if text and name == 'suprun':
                text = '**%s**' % text
            cells.append(text)
        floor = each.floor and results.median(*place(each, each.floor))
        cells.append('' if floor is None else with_unit(each, floor))
        lines.append('| %s | %s |' % (each.label, ' | '.join(cells)))
    return '\n'.join(lines) + '\n'
