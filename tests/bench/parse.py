"""The goals of supcheck: beside Supervisor's parser, libinih and a program that only splits the text.

Times are ratios within one run; of several rounds the median counts, and the best one is shown beside
it, as on a busy machine that says more.
"""

import os
import re
import statistics
import subprocess

import yardstick

CORPUS = os.path.join(os.path.dirname(yardstick.ROOT), 'shared', 'corpus')


class Shown:
    """Prints a line for each value and remembers which is beyond its goal."""

    def __init__(self):
        self.misses = []

    def __call__(self, what, value, goal=None, unit='x', best=None, at_least=False):
        verdict = '' if best is None else '   best %9.3f' % best
        if goal is not None:
            reached = value >= goal if at_least else value <= goal
            verdict += '   goal %s%g: %s' % ('at least ' if at_least else '', goal,
                                             'reached' if reached else 'MISSED')
            if not reached:
                self.misses.append(what)
        print('%-58s %9.3f %s%s' % (what, value, unit, verdict), flush=True)


class Rows:
    """Values of the parse measurement by system, configuration and metric."""

    def __init__(self, results):
        self.results = results

    def all(self, system, sections, metric='wall_ms', files=1):
        params = {'sections': sections, 'files': files}
        return self.results.cell('parse', params, metric, system)

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


def show_goals(results, binaries, quick):
    """False if one is missed."""
    show = Shown()
    show_parse(Rows(results), show, quick)
    show_corpus(binaries, CORPUS, show, 3 if quick else 7)
    decoding = results.median('decode', {'n': 1000}, 'wall_ms', 'suprun')
    if decoding is not None:
        show('reading a plan of 1000 programs', decoding, 5, 'ms')
    if show.misses:
        print('missed: ' + '; '.join(show.misses))
    return not show.misses
