"""Results of a benchmark: rows as ../shared/bench prints them, with what they were measured on.

The file is JSON: {"machine": …, "command": …, "rows": […]}. Of the machine it has its processors and
its kernel, and nothing that tells which machine it is.
"""

import json
import os
import platform
import statistics


def machine():
    """ "x86_64, 2 processors, Linux 6.1", as far as numbers depend on it."""
    release = '.'.join(platform.release().split('-')[0].split('.')[:2])
    return '%s, %d processors, Linux %s' % (platform.machine(), os.cpu_count(), release)


class Results:
    def __init__(self, rows, command='', quick=False, about=None):
        self.command, self.quick = command, quick
        self.machine = about or machine()
        self.rows = [row for row in rows if 'failed' not in row['metrics']]
        self.values = {}
        for row in self.rows:
            metrics = dict(row['metrics'])
            if row['bench'] == 'boot' and 'daemon_cpu_ms' in metrics:
                metrics['total_cpu_ms'] = metrics['daemon_cpu_ms'] + metrics['children_cpu_ms']
            for metric, value in metrics.items():
                if isinstance(value, (int, float)):
                    key = (row['bench'], self.key(row['params']), metric)
                    self.values.setdefault(key, {}).setdefault(row['system'], {})[row['round']] = value

    @staticmethod
    def key(params):
        return tuple(sorted(params.items()))

    @classmethod
    def read(cls, path):
        with open(path) as file:
            data = json.load(file)
        return cls(data['rows'], data['command'], data['quick'], data['machine'])

    def write(self, path, wanted):
        """Keeps the metrics that `wanted(bench, metric)` says, a row in a line."""
        kept = []
        for row in self.rows:
            metrics = {name: round(value, 4) for name, value in row['metrics'].items()
                       if isinstance(value, (int, float)) and wanted(row['bench'], name)}
            if metrics:
                kept.append({name: row[name] for name in
                             ('bench', 'system', 'version', 'round', 'params') if row.get(name)
                             is not None} | {'metrics': metrics})
        with open(path, 'w') as file:
            file.write('{"machine": %s,\n "command": %s,\n "quick": %s,\n "rows": [\n%s\n]}\n' % (
                json.dumps(self.machine), json.dumps(self.command), json.dumps(self.quick),
                ',\n'.join(json.dumps(row) for row in kept)))

    def cell(self, bench, params, metric, system):
        """Values by round."""
        return self.values.get((bench, self.key(params), metric), {}).get(system, {})

    def median(self, *place):
        values = self.cell(*place)
        return statistics.median(values.values()) if values else None

    def spread(self, *place):
        """Least and greatest."""
        values = self.cell(*place).values()
        return (min(values), max(values)) if values else None

    def ratio(self, bench, params, metric, system, other):
        """The median of the ratios within each round, in which both were measured side by side."""
        ours, theirs = (self.cell(bench, params, metric, name) for name in (system, other))
        pairs = [ours[number] / theirs[number] for number in ours
                 if number in theirs and theirs[number]]
        return statistics.median(pairs) if pairs else None

    def systems(self):
        return {row['system'] for row in self.rows}

    def version(self, system):
        return next((row['version'] for row in self.rows
                     if row['system'] == system and row.get('version')), None)

    def points(self, bench, metric, system):
        """(n, median) in order, of a measurement that has an n."""
        found = {}
        for (name, params, which), cells in self.values.items():
            if name == bench and which == metric and system in cells and 'n' in dict(params):
                found[dict(params)['n']] = statistics.median(cells[system].values())
        return sorted(found.items())
