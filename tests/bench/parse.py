"""The parse part of the benchmark: supcheck and supc beside Supervisor's parser and libinih.

By ../shared/bench where it is there: its configurations, its floors, and its runner, which measures
from exec to exit. Times are ratios within one run; of several rounds the median counts, and the best
one is shown beside it, as on a busy machine that says more.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile



class Rows:
    """What bench.py printed: values by system, configuration, metric and round."""

    def __init__(self, lines):
        self.values = {}
        for line in lines:
            row = json.loads(line)
            params = row['params']
            for metric, value in row['metrics'].items():
                if isinstance(value, (int, float)):
                    key = (row['system'], params.get('sections'), params.get('files'), metric)
                    self.values.setdefault(key, {})[row['round']] = value

    def all(self, system, sections, metric='wall_ms', files=1):
        return self.values.get((system, sections, files, metric), {})

    def median(self, *args, **kwargs):
        values = self.all(*args, **kwargs)
        return statistics.median(values.values()) if values else None

    def least(self, *args, **kwargs):
        values = self.all(*args, **kwargs)
        return min(values.values()) if values else None

    def ratios(self, system, other, sections, files=1):
        """In each round; of what was measured once, that value in all of them."""
        ours = self.all(system, sections, files=files)
        theirs = self.all(other, sections, files=files)
        if not ours or not theirs:
            return []
        once = next(iter(theirs.values()))
        return [value / theirs.get(number, once) for number, value in ours.items()]


def run_parse(harness, systems, quick, environment):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, 'out.jsonl')
        command = [sys.executable, os.path.join(harness, 'bench.py'), '--bench', 'parse',
                   '--systems', ','.join(systems), '--out', out]
        command += ['--quick'] if quick else ['--rounds', '5']
        subprocess.run(command, env=environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out) as file:
            return Rows(file)


def show_parse(rows, show, quick):
    """The goals of supcheck, and how far supc build is from them."""
    large = 1000 if quick else 10000

    def goal(value):
        return None if quick else value

    for system, program in (('suprun', 'supcheck'), ('suprun-plan', 'supc build')):
        is_check = system == 'suprun'
        for sections in (10, 1000, 10000, 100000):
            if rows.median(system, sections) is None:
                continue
            show('%s of %d programs' % (program, sections), rows.median(system, sections),
                 3 if is_check and sections == 10 else None, 'ms', rows.least(system, sections))
        faster = [1 / ratio for ratio in rows.ratios(system, 'supervisord', large)]
        if faster:
            middle, best = statistics.median(faster), max(faster)
            show('%s of %d: times as fast as Supervisor' % (program, large), middle,
                 goal(60) if is_check else None, best=best, at_least=True)
            show('%s of %d: times as fast, the aim' % (program, large), middle,
                 goal(100) if is_check else None, best=best, at_least=True)
        for other, sections, files, limit in (('inih', large, 1, 1.3),
                                              ('floor-token', 100000, 1, 10),
                                              ('floor-token', 1000, 1000, 2),
                                              ('cat', 1000, 1000, 2)):
            found = rows.ratios(system, other, sections, files)
            if found:
                what = '%d programs in %d files' % (sections, files) if files > 1 else \
                       '%d programs' % sections
                show('%s of %s / %s' % (program, what, other), statistics.median(found),
                     goal(limit) if is_check else None, best=min(found))
        if rows.median(system, 100000) and rows.median(system, 10000):
            show('%s: 100000 programs / 10000, 10 is linear' % program,
                 rows.median(system, 100000) / rows.median(system, 10000),
                 12 if is_check else None)
        for sections, limit in ((10000, 80000), (100000, 200000)):
            memory = rows.median(system, sections, 'maxrss_kb')
            if memory:
                text = rows.median(system, sections, 'bytes') / 1000
                show('%s of %d programs: peak memory' % (program, sections), memory,
                     limit if is_check else None, 'kB')
                # Without what the program itself takes, as with ten programs.
                itself = rows.median(system, 10, 'maxrss_kb') or 0
                show('%s of %d programs: beyond the text, each' % (program, sections),
                     (memory - itself - text) / sections, 2 if is_check else None, 'kB')


def show_decode(binaries, folder, conf, show, rounds):
    """Reading a plan of 1,000 programs, by a program of the tests that does nothing else."""
    plan = os.path.join(folder, 'thousand.bin')
    supc = os.path.join(binaries, 'supc')
    subprocess.run([supc, 'build', conf, '-o', plan], check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    decode = os.path.join(binaries, 'decode_plan')
    if not os.path.exists(plan) or not os.path.exists(decode):
        print('plan: skipped, there is no %s' % (decode if os.path.exists(plan) else plan))
        return
    result = subprocess.run([decode, plan, str(rounds)], check=True, capture_output=True, text=True)
    times = [float(word) for word in result.stdout.split()]
    show('reading a plan of 1000 programs', statistics.median(times), 5, 'ms', min(times))


def show_corpus(binaries, corpus, show, rounds):
    """All configurations of the corpus in one call, in CPU time."""
    files = []
    for part in ('dev', 'mutants-dev'):
        for folder, _, names in os.walk(os.path.join(corpus, part)):
            files += [os.path.join(folder, name) for name in names
                      if re.search(r'\.(conf|ini)$', name)]
    if not files:
        print('corpus: skipped, there is none beside the repository')
        return
    times = []
    for _ in range(rounds):
        child = subprocess.Popen([os.path.join(binaries, 'supcheck')] + sorted(files),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        times.append((usage.ru_utime + usage.ru_stime) * 1000)
    show('supcheck of the %d files of the corpus, CPU' % len(files), statistics.median(times), 100,
         'ms', min(times))
