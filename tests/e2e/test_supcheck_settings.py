"""supcheck's settings files, suppressions and baselines as a user meets them."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import PATIENCE, program

WEB = '[program:web]\ncommand=/bin/cat\nautosart=true\n'


class SupcheckTest(unittest.TestCase):
    """A test with a folder of configurations."""

    maxDiff = None

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='supcheck-'))
        self.addCleanup(shutil.rmtree, self.folder)
        self.write('.supcheck.toml', '')  # what lies above the folder counts for nothing

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w') as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def supcheck(self, *arguments, status=0, stdin='', cwd=None):
        env = {'PATH': os.environ['PATH'], 'HOME': self.folder, 'NO_COLOR': '1'}
        result = subprocess.run([program('supcheck'), *arguments], cwd=cwd or self.folder, env=env,
                                input=stdin.encode(), capture_output=True, check=False, timeout=3 * PATIENCE)
        self.errors = result.stderr.decode()
        self.assertEqual(result.returncode, status, result.stdout.decode() + self.errors)
        return result.stdout.decode()

    def rules(self, *arguments, **how):
        """Files and rules of what is found."""
        found = json.loads(self.supcheck('--format', 'json', *arguments, **how))
        return [(item['file'], item['rule'], item['severity']) for item in found]


class SettingsFiles(SupcheckTest):
    """.supcheck.toml and the options of the same names."""

    def test_each_file_gets_the_settings_of_its_folder(self):
        self.write('a/web.conf', WEB)
        self.write('b/web.conf', WEB)
        self.write('b/.supcheck.toml', 'severity = { SUP202 = "error" }\n')
        self.write('c/deep/web.conf', WEB)
        self.write('c/.supcheck.toml', 'ignore = ["unknown-option"]\n')
        paths = ['a', 'b', 'c/deep']
        self.assertEqual(self.rules(*paths, status=1), [('a/web.conf', 'SUP202', 'warning'),
                                                        ('b/web.conf', 'SUP202', 'error')])
        self.assertEqual(self.rules('--isolated', *paths, status=1),
                         [(name + '/web.conf', 'SUP202', 'warning') for name in paths])
        self.assertEqual(self.rules('--config', 'c/.supcheck.toml', *paths), [])
        self.assertEqual(self.rules('--extend-select', 'SUP202', 'c/deep', status=1),
                         [('c/deep/web.conf', 'SUP202', 'warning')])
        self.assertEqual(self.rules('web.conf', cwd=self.path('c/deep')), [])

    def test_an_included_file_is_reported_as_its_own_folder_says(self):
        self.write('supervisord.conf', '[supervisord]\nuser=app\nlogfil=1\n[include]\nfiles=conf.d/*.conf\n')
        self.write('conf.d/web.conf', WEB)
        self.write('conf.d/.supcheck.toml', 'select = []\n')
        self.assertEqual(self.rules('supervisord.conf', status=1),
                         [('supervisord.conf', 'SUP202', 'warning')])

    def test_matters_of_style_are_asked_for_by_folders(self):
        self.write('supervisord.conf', '[supervisord]\nuser=app\nnodaemon=false\n'
                                       '[include]\nfiles=conf.d/*.conf\n')
        self.write('conf.d/web.conf', '; The site.\n[program:web]\ncommand=/bin/cat\nautostart=true\n')
        self.write('conf.d/.supcheck.toml', 'style = true\n')
        self.assertEqual(self.rules('supervisord.conf'), [('conf.d/web.conf', 'SUP1501', 'style')])

    def test_standard_input_has_the_settings_of_its_name(self):
        self.write('c/.supcheck.toml', 'ignore = ["SUP2"]\n')
        self.assertEqual(self.rules('--stdin-filename', 'c/x.conf', '-', stdin=WEB), [])
        self.assertEqual(len(self.rules('-', stdin=WEB, status=1)), 1)

    def test_paths_and_excluded_files(self):
        self.write('.supcheck.toml', 'exclude = ["old.conf"]\n[[per-path]]\npaths = ["a/*"]\n'
                                     'severity = { SUP202 = "info" }\n')
        for name in ('a/web.conf', 'a/old.conf'):
            self.write(name, WEB)
        self.assertEqual(self.rules('a'), [('a/web.conf', 'SUP202', 'info')])
        self.assertEqual(len(self.rules('a/old.conf')), 1, 'it is named')
        self.assertIn('severity = { "SUP202" = "info" }', self.supcheck('--show-settings', 'a/x'))
        self.assertIn('# severity = {}', self.supcheck('--show-settings', 'b/x'))
        self.assertEqual(self.rules('a', '--exclude', 'a/**'), [])

    def test_thresholds(self):
        self.write('web.conf', WEB)
        self.supcheck('web.conf', status=1)
        self.supcheck('web.conf', '--failure-threshold', 'error')
        self.supcheck('web.conf', '--severity', 'SUP202=info')
        self.supcheck('web.conf', '--severity', 'SUP202=info', '--failure-threshold=style', status=1)
        self.supcheck('web.conf', '--exit-zero')
        self.write('.supcheck.toml', 'failure-threshold = "error"\n')
        self.supcheck('web.conf')
        self.supcheck('web.conf', '--failure-threshold', 'warning', status=1)

    def test_variables_and_dialect(self):
        self.write('p/.supcheck.toml', 'env-file = ["known.env"]\ntarget = "4.3"\n')
        self.write('p/known.env', 'A=1\n')
        self.write('p/web.conf', '[program:web]\ncommand=/bin/%(ENV_A)s %(ENV_B)s\n')
        self.assertEqual(self.rules('p', status=1), [('p/web.conf', 'SUP407', 'error')])
        self.assertEqual(self.rules('p', '--env', 'B=2'), [])
        self.assertIn('target = "4.4"\n', self.supcheck('--show-settings', '--target', '4.4', 'p'))
        self.write('p/.supcheck.toml', 'env-file = ["unknown.env"]\n')
        self.supcheck('p', status=2)
        self.assertIn('p/unknown.env', self.errors)

    def test_mistakes(self):
        self.write('web.conf', WEB)
        self.write('.supcheck.toml', 'ignroe = ["SUP202"]\nselect = ["unknown-optoin"]\n')
        self.assertEqual(self.supcheck('web.conf', status=2), '''\
.supcheck.toml:1:1: error: there is no setting `ignroe` [SUP1612 unknown-setting]
   1 | ignroe = ["SUP202"]
     | ^^^^^^ did you mean `ignore`?
.supcheck.toml:2:11: error: there is no rule `unknown-optoin` [SUP1613 invalid-setting]
   2 | select = ["unknown-optoin"]
     |           ^^^^^^^^^^^^^^^^ did you mean `unknown-option`?
2 errors in 0 files (0 rules)
''')
        self.supcheck('web.conf', '--isolated', status=1)
        self.supcheck('web.conf', '--config', 'none.toml', status=2)
        self.assertIn('none.toml', self.errors)
        self.supcheck('web.conf', '--isolated', '--select', 'SUPX', status=2)
        self.assertIn('--select: there is no rule `SUPX`', self.errors)

    def test_what_is_no_file(self):
        self.write('a/web.conf', WEB)
        os.symlink('.supcheck.toml', self.path('a/.supcheck.toml'))
        self.supcheck('a', status=2)
        self.assertIn('a/.supcheck.toml', self.errors)
        os.remove(self.path('a/.supcheck.toml'))
        os.symlink('.', self.path('a/circle.conf'))
        self.assertEqual(len(self.rules('a', status=1)), 1)
        os.mkdir(self.path('a/.supcheck.toml'))
        self.supcheck('a', status=2)


class Suppressions(SupcheckTest):
    """Comments that silence rules."""

    def test_fix_removes_unused_ones_only(self):
        text = ('[program:web] ; supcheck: disable=SUP204\ncommand=/bin/cat ; supcheck: disable=SUP201\n'
                '; supcheck: disable=SUP202,SUP203 -- mine\nautosart=true\n')
        self.write('web.conf', text)
        self.assertEqual([rule for _, rule, _ in self.rules('web.conf')], ['SUP1602'] * 3)
        self.supcheck('--fix', 'web.conf')
        self.assertEqual(self.read('web.conf'), '[program:web]\ncommand=/bin/cat\n'
                         '; supcheck: disable=SUP202 -- mine\nautosart=true\n')
        self.assertEqual(self.rules('web.conf'), [])

    def test_an_error_that_prevents_a_plan_remains(self):
        self.write('web.conf', '; supcheck: disable-file=ALL\n' + WEB + 'autostart=perhaps\n')
        out = self.supcheck('web.conf', '--ignore', 'SUP3', status=1)
        self.assertIn('SUP301', out)
        self.assertNotIn('SUP202', out)
        self.assertIn('no plan can be built', out)

    def test_many_comments_take_little_time(self):
        lines = ['; supcheck: disable=SUP202,no-such-rule\n'] * 20000
        self.write('web.conf', ''.join(lines) + WEB)
        self.supcheck('web.conf', '--format', 'json', status=1)
        self.write('web.conf', WEB + '; supcheck: disable=' + 'SUP203,' * 100000 + '\nstartsec=1\n')
        self.supcheck('web.conf', '--format', 'json', status=1)


class BaselineFiles(SupcheckTest):
    """--baseline and its friends."""

    def test_life(self):
        self.write('conf.d/web.conf', WEB + 'startsec=1\n')
        self.write('.supcheck.toml', 'baseline = "known/findings.json"\n')
        os.mkdir(self.path('known'))
        self.supcheck('conf.d', status=2)
        self.assertIn('--baseline-write', self.errors)
        self.supcheck('conf.d', '--baseline-write')
        self.assertIn('2 findings written to known/findings.json', self.errors)
        written = self.read('known/findings.json')
        self.assertIn('"file":"../conf.d/web.conf"', written)
        self.assertEqual(self.rules('conf.d'), [])
        self.assertEqual(self.rules('web.conf', cwd=self.path('conf.d')), [])

        self.write('conf.d/web.conf', '; moved\n' + WEB + 'log_stdout=1\n')
        self.assertEqual(self.rules('conf.d', status=1),
                         [('conf.d/web.conf', 'SUP204', 'warning')])
        self.assertIn('1 finding of known/findings.json gone', self.errors)
        self.assertEqual(self.read('known/findings.json'), written, 'nobody asked to write')
        self.supcheck('conf.d', '--baseline-prune', status=1)
        self.assertNotIn('startsec', self.read('known/findings.json'))
        self.assertIn('autosart', self.read('known/findings.json'))
        self.supcheck('conf.d', status=1)
        self.assertEqual(self.errors, '')

    def test_needs_a_file(self):
        self.write('web.conf', WEB)
        self.supcheck('web.conf', '--baseline-write', status=2)
        self.assertIn('--baseline', self.errors)
        with open(self.path('binary.json'), 'wb') as file:
            file.write(os.urandom(100000))
        self.supcheck('web.conf', '--baseline', 'binary.json', status=2)
        self.assertIn('binary.json: this is no baseline', self.errors)
        self.supcheck('web.conf', '--baseline', 'no/where.json', '--baseline-write', status=2)


if __name__ == '__main__':
    unittest.main()
