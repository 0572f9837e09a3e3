#!/usr/bin/python3
"""What ships for editors and continuous integration: the grammar, the problem matcher, the hooks.

Usage: check.py ROOT BIN_DIR

The grammar is what the option table makes of it, and gives samples the scopes that they should
have. That is read here as TextMate reads it (the first pattern that matches furthest left), in the
part of its language that the grammar uses; tokenize.cjs asks the real one where it is installed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT, BIN = (os.path.abspath(each) for each in sys.argv[1:3])
VSCODE = os.path.join(ROOT, 'packaging', 'vscode')
ACTION = os.path.join(ROOT, 'packaging', 'github-action')
GRAMMAR = os.path.join(VSCODE, 'syntaxes', 'supervisor.tmLanguage.json')

# Line -> text and scope of each token that has one.
SAMPLES = {
    '; a comment': [('; a comment', 'comment.line')],
    '  # another': [('# another', 'comment.line')],
    '[supervisord]': [('[', 'punctuation.definition.section'), ('supervisord', 'entity.name.section'),
                      (']', 'punctuation.definition.section')],
    '[program:web] ; x': [('[', 'punctuation.definition.section'), ('program', 'storage.type.section'),
                          (':', 'punctuation.separator'), ('web', 'entity.name.section'),
                          (']', 'punctuation.definition.section'), ('; x', 'comment.line')],
    '[other]': [('[', 'punctuation.definition.section'), ('other', 'entity.name.section.other'),
                (']', 'punctuation.definition.section')],
    'autostart = true': [('autostart', 'keyword.other.option'), ('=', 'keyword.operator.assignment'),
                         (' true', 'constant.language')],
    'AutoStart=no ;x': [('AutoStart', 'keyword.other.option'), ('=', 'keyword.operator.assignment'),
                        ('no', 'constant.language'), (';x', 'comment.line')],
    'autosart=true': [('autosart', 'variable.other.option'), ('=', 'keyword.operator.assignment'),
                      ('true', 'constant.language')],
    'stdout_logfile_maxbytes=50MB': [('stdout_logfile_maxbytes', 'keyword.other.option'),
                                     ('=', 'keyword.operator.assignment'), ('50MB', 'constant.numeric')],
    'command=/bin/x;y %(process_num)02d %%': [
        ('command', 'keyword.other.option'), ('=', 'keyword.operator.assignment'),
        ('%(process_num)02d', 'constant.other.placeholder'), ('%%', 'constant.character.escape')],
    'environment: A="b c",D=\'e\'': [
        ('environment', 'keyword.other.option'), (':', 'keyword.operator.assignment'),
        ('"b c"', 'string.quoted.double'), ("'e'", 'string.quoted.single')],
    'events=PROCESS_STATE,TICK_60': [
        ('events', 'keyword.other.option'), ('=', 'keyword.operator.assignment'),
        ('PROCESS_STATE', 'support.constant.event'), ('TICK_60', 'support.constant.event')],
}


def load(path):
    with open(path) as file:
        return json.load(file)


def run(program, *arguments, **more):
    return subprocess.run([os.path.join(BIN, program), *arguments], capture_output=True, text=True,
                          check=False, **more)


def rules_of(grammar, patterns):
    for pattern in patterns:
        if 'include' in pattern:
            inner = grammar['repository'][pattern['include'][1:]]
            yield from rules_of(grammar, inner['patterns'])
        else:
            yield pattern


def as_python(match):
    """Flags inside of a group of alternatives, which Python has as well, and nothing else."""
    return re.compile(match)


def tokens(grammar, line):
    rules = [(as_python(each['match']), each) for each in rules_of(grammar, grammar['patterns'])]
    found = []
    at = 0
    while at <= len(line):
        best = None
        for pattern, rule in rules:
            match = pattern.search(line, at)
            if match and match.group() and (best is None or match.start() < best[0].start()):
                best = match, rule
        if best is None:
            break
        match, rule = best
        if 'name' in rule:
            found.append((match.group(), rule['name']))
        for number, capture in rule.get('captures', {}).items():
            if match.group(int(number)):
                found.append((match.group(int(number)), capture['name']))
        at = match.end()
    return found


class Grammar(unittest.TestCase):
    def test_is_made_of_the_option_table(self):
        schema = run('supc', 'schema', '--format', 'json').stdout
        made = subprocess.run(
            [sys.executable, os.path.join(VSCODE, 'make_grammar.py'),
             os.path.join(ROOT, 'schema', 'events.def')],
            input=schema, capture_output=True, text=True, check=True).stdout
        with open(GRAMMAR) as file:
            self.assertEqual(made, file.read(), 'packaging/vscode/make_grammar.py renews it')

    def test_samples(self):
        grammar = load(GRAMMAR)
        for line, expected in SAMPLES.items():
            with self.subTest(line):
                self.assertEqual(tokens(grammar, line),
                                 [(text, scope + '.supervisor') for text, scope in expected])

    def test_samples_in_textmate(self):
        node = shutil.which('node')
        modules = os.environ.get('SUP_NODE_MODULES', os.path.join(ROOT, 'build', 'node_modules'))
        if node is None or not os.path.isdir(os.path.join(modules, 'vscode-textmate')):
            self.skipTest('no vscode-textmate in %s (npm install --prefix build vscode-textmate '
                          'vscode-oniguruma)' % os.path.relpath(modules, ROOT))
        asked = subprocess.run(
            [node, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'tokenize.cjs'), modules,
             GRAMMAR], input=json.dumps(list(SAMPLES)), capture_output=True, text=True, check=False)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        for (line, expected), got in zip(SAMPLES.items(), json.loads(asked.stdout), strict=True):
            with self.subTest(line):
                self.assertEqual([tuple(each) for each in got],
                                 [(text, scope + '.supervisor') for text, scope in expected])

    def test_extension(self):
        manifest = load(os.path.join(VSCODE, 'package.json'))
        language, grammar = manifest['contributes']['languages'][0], manifest['contributes']['grammars'][0]
        self.assertEqual(language['id'], grammar['language'])
        self.assertEqual(grammar['scopeName'], load(GRAMMAR)['scopeName'])
        for path in (language['configuration'], grammar['path']):
            load(os.path.join(VSCODE, path))


class ContinuousIntegration(unittest.TestCase):
    # An error, a warning, a remark and a matter of style.
    CONF = ('[supervisord]\n\n[program:web]\ncommand=/bin/cat\nautostart=perhaps\nautosart=true\n'
            'startsecs=1\n')

    def test_problem_matcher(self):
        arguments = ['--style', '--stdin-filename', 'etc/supervisord.conf', '-']
        said = run('supcheck', '--format', 'text', *arguments, input=self.CONF).stdout
        wanted = json.loads(run('supcheck', '--format', 'json', *arguments, input=self.CONF).stdout)
        matched = []
        for matcher in load(os.path.join(ACTION, 'problem-matcher.json'))['problemMatcher']:
            pattern = matcher['pattern'][0]
            for line in said.splitlines():
                match = re.search(pattern['regexp'], line)
                if not match:
                    continue
                severity = match[pattern['severity']] if 'severity' in pattern else matcher['severity']
                matched.append((match[pattern['file']], int(match[pattern['line']]),
                                int(match[pattern['column']]), severity, match[pattern['code']]))
        self.assertEqual({each[3] for each in matched}, {'error', 'warning', 'notice'})
        self.assertEqual(sorted(matched), sorted(
            (each['file'], each['line'], each['column'],
             each['severity'] if each['severity'] in ('error', 'warning') else 'notice', each['rule'])
            for each in wanted))

    def test_yaml(self):
        try:
            import yaml
        except ImportError:
            self.skipTest('no Python package yaml')
        with open(os.path.join(ACTION, 'action.yml')) as file:
            action = yaml.safe_load(file)
        self.assertEqual(action['runs']['using'], 'composite')
        for step in action['runs']['steps']:
            self.assertEqual(step['shell'], 'bash')
            checked = subprocess.run(['bash', '-n'], input=step['run'], text=True, check=False)
            self.assertEqual(checked.returncode, 0)
        with open(os.path.join(ROOT, '.pre-commit-hooks.yaml')) as file:
            hooks = yaml.safe_load(file)
        self.assertEqual([hook['id'] for hook in hooks], ['supcheck', 'supc-fmt'])
        for hook in hooks:
            self.assertEqual(run(hook['entry'].split()[0], *hook['entry'].split()[1:], '--help').returncode, 0)
            for path, is_meant in {'supervisord.conf': True, 'etc/supervisor/conf.d/web.conf': True,
                                   'deploy/supervisor-web.ini': True, 'nginx/conf.d/web.conf': False,
                                   'supervisor/readme.md': False}.items():
                self.assertEqual(bool(re.search(hook['files'], path)), is_meant, path)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
