"""The measurements of ../shared/bench, where that is beside the repository."""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HARNESS = os.path.join(os.path.dirname(ROOT), 'shared', 'bench')

BENCHES = ('boot', 'restart', 'idle', 'log', 'events', 'rpc', 'ctl', 'shutdown', 'parse')
# Those that say most in two minutes.
QUICK = ('boot', 'restart', 'log', 'rpc', 'ctl', 'parse')
QUICK_SYSTEMS = ('floor-fast', 'suprun', 'supervisord', 'dinit')
SYSTEMS = ('floor-fast', 'suprun', 'suprun-plan', 'supervisord', 'dinit', 's6', 'runit')


def is_there():
    return os.path.exists(os.path.join(HARNESS, 'bench.py'))


def measure(names, binaries, quick, note):
    """Rows; its notes, such as which system is left out and why, are passed on."""
    environment = dict(os.environ, SUP_BIN_DIR=binaries)
    environment.setdefault('BENCH_BUILD_DIR', os.path.join(ROOT, 'build', 'bench', 'helpers'))
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, 'out.jsonl')
        command = [sys.executable, os.path.join(HARNESS, 'bench.py'), '--bench', ','.join(names),
                   '--systems', ','.join(QUICK_SYSTEMS if quick else SYSTEMS), '--out', out]
        command += ['--quick'] if quick else []
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True)
        for line in child.stderr:
            note(line.strip().lstrip('# '))
        if child.wait() != 0:
            note('%s ended with %d' % (command[1], child.returncode))
        if not os.path.exists(out):
            return
        with open(out) as file:
            for line in file:
                yield json.loads(line)


def show_goals(rows):
    """Each goal of goals.json, reached or not; false if one is not."""
    with tempfile.NamedTemporaryFile('w', suffix='.jsonl') as file:
        for row in rows:
            file.write(json.dumps(row) + '\n')
        file.flush()
        return subprocess.run([sys.executable, os.path.join(HARNESS, 'report.py'), file.name,
                               '--goals', os.path.join(HARNESS, 'goals.json')]).returncode == 0
