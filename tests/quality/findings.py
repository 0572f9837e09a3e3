"""What the scripts of this folder share: the corpus, and what supcheck says of a file."""

import collections
import csv
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CORPUS = os.path.join(ROOT, '..', 'shared', 'corpus')
SUPCHECK = os.path.join(ROOT, 'build', 'release', 'bin', 'supcheck')
SKIPPED = 77


def read_tsv(path):
    """Rows as dictionaries; lines of comments are left out."""
    with open(path, encoding='utf-8', newline='') as file:
        lines = [line for line in file if not line.startswith('#')]
    return list(csv.DictReader(lines, delimiter='\t', quoting=csv.QUOTE_NONE))


def load_oracle(corpus=CORPUS):
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location('oracle', os.path.join(corpus, 'oracle.py'))
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    return oracle


def read_lines(path):
    """The text's lines as supcheck counts them."""
    with open(path, 'rb') as file:
        text = file.read().decode('utf-8', 'replace')
    return text.replace('\r\n', '\n').replace('\r', '\n').split('\n')


def line_hash(lines, number):
    """Stands for a line of the corpus, of which nothing is copied here."""
    text = lines[number - 1].strip() if 0 < number <= len(lines) else ''
    return hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]


def check(supcheck, folder, *arguments):
    """Findings of one run of supcheck in `folder`, as --format json prints them."""
    # Judged beside Supervisor 4.2; a version that is asked for by name has remarks of its own (SUP13xx).
    run = subprocess.run([os.path.abspath(supcheck), '--target', '4.2', '--ignore', 'SUP13',
                          '--format', 'json', *arguments], cwd=folder, timeout=120,
                         stdin=subprocess.DEVNULL, capture_output=True)
    if run.returncode not in (0, 1):
        sys.exit('supcheck %s: exit status %d: %s' % (
            ' '.join(arguments), run.returncode, run.stderr.decode('utf-8', 'replace')))
    return json.loads(run.stdout)


def caused(findings, base_findings):
    """The findings that the same file had not before an edit, whatever line they stood on."""
    def key(finding):
        return finding['rule'], finding['severity'], finding['message']
    before = collections.Counter(key(finding) for finding in base_findings)
    new = []
    for finding in findings:
        if before[key(finding)] > 0:
            before[key(finding)] -= 1
        else:
            new.append(finding)
    return new


def stands_at(finding, line):
    return finding['line'] <= line <= max(finding['line'], finding['end_line'])


def points_at(finding, lines):
    """Whether it stands at one of these lines, or a note shows one of them."""
    if any(stands_at(finding, line) for line in lines):
        return True
    shown = (re.match(r'(.*):(\d+):\d+: ', note) for note in finding['notes'])
    return any(note and note.group(1) == finding['file'] and int(note.group(2)) in lines
               for note in shown)


def show(finding):
    return '%d:%d %s %s: %s' % (finding['line'], finding['column'], finding['severity'],
                                finding['rule'], finding['message'])
