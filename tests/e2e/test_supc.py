"""supc as a user sees it: diff, explain, and what goes into a plan."""

import json
import os
import shutil
import subprocess
import unittest

from harness import FolderTest, program

SUPERVISORD = '[supervisord]\n'


class SupcTest(FolderTest):
    """A test with a folder of configurations."""

    needed = 'supc'

    def supc(self, *arguments, status=0, stdin='', cwd=None, **variables):
        env = {'PATH': os.environ['PATH'], 'HOME': self.folder, **variables}
        result = subprocess.run([program('supc'), *arguments], cwd=cwd or self.folder, env=env,
                                input=stdin.encode(), capture_output=True, check=False)
        self.errors = result.stderr.decode()
        self.assertEqual(result.returncode, status, self.errors)
        return result.stdout.decode()


class SupcDiff(SupcTest):
    """supc diff."""

    OLD = (SUPERVISORD + '[program:web]\ncommand=/bin/web\nnumprocs=2\n'
           'process_name=web%(process_num)d\n[program:old]\ncommand=/bin/old\npriority=1\n')
    NEW = (SUPERVISORD + '[program:web]\ncommand=/bin/web -v\nnumprocs=2\n'
           'process_name=web%(process_num)d\nstopwaitsecs=20\n'
           '[program:new]\ncommand=/bin/new\nautostart=false\n')

    def test_text(self):
        self.write('a.conf', self.OLD)
        self.write('b.conf', self.NEW)
        self.assertEqual(self.supc('diff', 'a.conf', 'b.conf', status=1), '''\
remove  program:old                               a.conf:6
add     program:new
  command=/bin/new                                b.conf:8
  autostart=false                                 b.conf:9
restart program:web: web:web0, web:web1
  command (restart)
    - /bin/web                                    a.conf:3
    + /bin/web -v                                 b.conf:3
  stopwaitsecs
    - 10                                          default
    + 20                                          b.conf:6
in this order
  stop    web:web1, web:web0
  stop    old
  add     new, not started: autostart=false
  start   web:web0, web:web1
programs: 1 added, 1 removed, 1 restarted, 0 changed in place, 0 unchanged
''')

    def test_json(self):
        self.write('a.conf', self.OLD)
        self.write('b.conf', self.NEW)
        found = json.loads(self.supc('diff', '--json', 'a.conf', 'b.conf', status=1))
        self.assertFalse(found['same'])
        actions = {d['section']: d['action'] for d in found['differences']}
        self.assertEqual(actions, {'program:old': 'remove', 'program:new': 'add',
                                   'program:web': 'restart'})
        web = next(d for d in found['differences'] if d['section'] == 'program:web')
        self.assertEqual(web['values'][0]['after'], {'value': '/bin/web -v', 'hidden': False,
                                                     'origin': 'b.conf:3', 'open': False})
        self.assertEqual([s['process'] for s in found['steps'] if s['step'] == 'stop'],
                         ['web:web1', 'web:web0', 'old'])

    def test_nothing_to_say_about_the_same(self):
        self.write('a.conf', self.OLD)
        self.supc('build', 'a.conf', '-o', 'a.bin')
        self.assertEqual(self.supc('diff', 'a.conf', 'a.bin'), '')
        self.assertEqual(self.supc('diff', 'a.bin', '-', stdin=self.OLD), '')
        self.assertTrue(json.loads(self.supc('diff', '--json', 'a.conf', 'a.conf'))['same'])

    def test_trouble(self):
        self.write('a.conf', self.OLD)
        self.write('bad.conf', SUPERVISORD + '[program:x]\nautostart=perhaps\n')
        self.write('cut.bin', 'SUPPLAN')
        self.supc('diff', 'a.conf', 'none.conf', status=2)
        self.supc('diff', 'a.conf', status=2)
        self.supc('diff', '-', '-', status=2)
        self.supc('diff', 'bad.conf', 'a.conf', status=2)
        self.assertIn('bad.conf cannot be compared', self.errors)
        self.supc('diff', 'a.conf', 'a.conf', '--env', '=x', status=2)

    def test_standard_input_has_the_folder_of_its_name(self):
        text = SUPERVISORD + 'logfile=%(here)s/x.log\n'
        self.write('d/x.conf', text)
        self.assertEqual(self.supc('diff', 'd/x.conf', '-', '--stdin-filename', 'd/x.conf',
                                   stdin=text), '')
        self.write('x.conf', text)
        self.assertEqual(self.supc('diff', 'x.conf', '-', stdin=text), '')

    def test_secrets_are_told_as_changed_and_not_shown(self):
        def conf(password, url):
            return (SUPERVISORD + '[inet_http_server]\nport=9001\nusername=u\npassword=%s\n'
                    '[program:a]\ncommand=x --key %%(ENV_API_KEY)s\n'
                    'environment=DB_PASSWORD="%s",URL="pg://u:%s@h/d"\n' % (password, password, url))
        self.write('a.conf', conf('hunter2', 'hunter3'))
        self.write('b.conf', conf('hunter4', 'hunter5'))
        for extra in ([], ['--json'], ['--env', 'API_KEY=hunter6']):
            told = self.supc('diff', 'a.conf', 'b.conf', *extra, status=1)
            self.assertNotIn('hunter', told)
            for name in ('password', 'DB_PASSWORD', 'URL'):
                self.assertIn(name, told)
        self.assertIn('hunter5', self.supc('diff', '--show-secrets', 'a.conf', 'b.conf', status=1))
        for extra in ([], ['--json'], ['--json', '--resolved']):
            self.assertNotIn('hunter', self.supc('dump', 'a.conf', '--env', 'API_KEY=hunter6', *extra))
        for extra in ([], ['--json']):
            self.assertNotIn('hunter',
                             self.supc('explain', 'a.conf', '--env', 'API_KEY=hunter6', *extra))

    def test_a_hostile_value_does_not_steer_the_terminal(self):
        self.write('a.conf', SUPERVISORD + '[program:a]\ncommand=x\n')
        self.write('b.conf', SUPERVISORD + '[program:a]\ncommand=x \x1b[2J\x07 \x9b\n')
        told = self.supc('diff', 'a.conf', 'b.conf', status=1)
        self.assertNotIn('\x1b', told)
        self.assertNotIn('\x9b', told)
        self.assertIn('\\x1b[2J', told)


@unittest.skipUnless(shutil.which('git'), 'no git')
class SupcGit(SupcTest):
    """git:REV:path."""

    def git(self, *arguments):
        env = {'PATH': os.environ['PATH'], 'HOME': self.folder, 'GIT_CONFIG_NOSYSTEM': '1'}
        subprocess.run(['git', '-c', 'user.name=t', '-c', 'user.email=t@localhost', *arguments],
                       cwd=self.path('repo'), env=env, check=True, capture_output=True)

    def setUp(self):
        super().setUp()
        self.write('repo/etc/main.conf', SUPERVISORD + '[include]\nfiles=conf.d/*.conf /other/*.conf\n')
        self.write('repo/etc/conf.d/web.conf', '[program:web]\ncommand=%(here)s/web\n')
        self.write('repo/lib/real.conf', '[program:linked]\ncommand=x\n')
        os.symlink('../../lib/real.conf', self.path('repo/etc/conf.d/linked.conf'))
        os.symlink('loop.conf', self.path('repo/etc/loop.conf'))
        self.git('init', '-q')
        self.git('add', '.')
        self.git('commit', '-q', '-m', 'first')
        self.git('tag', 'v1')

    def diff(self, *arguments, status, cwd='repo'):
        return self.supc('diff', *arguments, status=status, cwd=self.path(cwd))

    def test_a_revision_beside_the_working_tree(self):
        self.assertEqual(self.diff('git:HEAD:etc/main.conf', 'etc/main.conf', status=0), '')
        self.write('repo/etc/conf.d/web.conf', '[program:web]\n\ncommand=%(here)s/web -v\n')
        told = self.diff('git:v1:etc/main.conf', 'etc/main.conf', status=1)
        self.assertIn('- %s/etc/conf.d/web ' % self.path('repo'), told)
        self.assertIn('v1:etc/conf.d/web.conf:2', told)
        self.assertIn(' etc/conf.d/web.conf:3', told)
        self.assertIn('1 restarted, 0 changed in place, 1 unchanged', told)
        # The same from a folder below, by a path from there and by one from the top.
        self.diff('git:HEAD:./main.conf', 'main.conf', status=1, cwd='repo/etc')
        self.diff('git:HEAD:etc/main.conf', 'main.conf', status=1, cwd='repo/etc')
        self.diff('git:HEAD:main.conf', 'main.conf', status=2, cwd='repo/etc')
        self.assertIn('did you mean git:HEAD:./main.conf?', self.errors)

    def test_two_revisions_without_the_files(self):
        self.write('repo/etc/conf.d/new.conf', '[program:new]\ncommand=x\n')
        self.git('add', '.')
        self.git('commit', '-q', '-m', 'second')
        shutil.rmtree(self.path('repo/etc'))
        told = self.diff('git:HEAD~1:etc/main.conf', 'git:HEAD:etc/main.conf', status=1)
        self.assertIn('add     program:new', told)
        self.assertIn('HEAD:etc/conf.d/new.conf:2', told)

    def test_plans_and_other_commands(self):
        self.supc('build', 'git:v1:etc/main.conf', '-o', 'plan.bin', cwd=self.path('repo'))
        self.git('add', 'plan.bin')
        self.git('commit', '-q', '-m', 'plan')
        self.diff('git:HEAD:plan.bin', 'git:v1:etc/main.conf', status=0)
        self.assertIn('v1:etc/conf.d/web.conf:2',
                      self.supc('explain', 'git:v1:etc/main.conf', 'web', cwd=self.path('repo')))

    def test_what_is_not_there(self):
        marker = self.path('repo/marker')
        for name, words in (
                ('git:HEAD:none.conf', 'No such file or directory'),
                ('git:nowhere:etc/main.conf', 'knows no revision `nowhere`'),
                ('git:HEAD', 'expected git:REV:path'),
                ('git::etc/main.conf', 'there is no revision'),
                ('git:HEAD:', 'no path'),
                ('git:--output=marker:etc/main.conf', 'does not begin with -'),
                ('git:HEAD..HEAD:etc/main.conf', 'knows no revision'),
                ('git:$(touch marker):etc/main.conf', 'knows no revision'),
                ('git:HEAD:../../../../etc/passwd', 'cannot read'),
                ('git:HEAD:--help', 'No such file'),
                ('git:HEAD:etc', 'Is a directory'),
                ('git:HEAD:etc/loop.conf', 'Too many levels'),
                ('git:' + 'x' * 100000 + ':etc/main.conf', ''),
                ('git:HEAD:' + 'y/' * 50000, '')):
            self.diff(name, 'etc/main.conf', status=2)
            self.assertIn(words, self.errors, name)
        self.assertFalse(os.path.exists(marker))
        self.supc('diff', 'git:HEAD:a', 'git:HEAD:b', status=2)
        self.assertIn('not a git repository', self.errors)


class SupcExplain(SupcTest):
    """supc explain."""

    CONF = ('[DEFAULT]\nstopwaitsecs=5\n' + SUPERVISORD + 'environment=REGION="eu"\n'
            '[program:web]\ncommand=/bin/web %(process_num)d %(ENV_PORT)s %(ENV_REGION)s\n'
            'process_name=web%(process_num)d\nnumprocs=3\nautostart=yes\n'
            '[eventlistener:l]\ncommand=x\nevents=TICK_5\n[group:g]\nprograms=web\n')

    def lines(self, *arguments, **keywords):
        self.write('a.conf', self.CONF)
        out = self.supc('explain', 'a.conf', *arguments, **keywords).splitlines()
        return [' '.join(line.split()) for line in out]

    def test_every_value_has_its_origin(self):
        lines = self.lines('web')
        for line in ('[program:web] ; a.conf:5',
                     '; group g, processes g:web0, g:web1, g:web2',
                     'autostart=true ; a.conf:9',
                     '; written as yes',
                     'stopwaitsecs=5 ; a.conf:2, from [DEFAULT]',
                     'startsecs=1 ; default',
                     'exitcodes=0 ; default, since 4.0.0, `0,2` before',
                     'environment=REGION=eu ; a.conf:4, from [supervisord]',
                     'command=/bin/web %(process_num)d %(ENV_PORT)s %(ENV_REGION)s ; a.conf:6,'
                     ' not known before boot',
                     '; PORT: of the machine that runs it; --env PORT=... assumes a value',
                     '; REGION: from environment= of [supervisord], a.conf:4'):
            self.assertIn(line, lines)

    def test_given_variables_and_processes_that_differ(self):
        lines = self.lines('program:web', '--env', 'PORT=80')
        self.assertIn('command=/bin/web 0 80 eu ; a.conf:6', lines)
        self.assertIn('; PORT: given, 80', lines)
        self.assertIn('; the first and the last process differ in', lines)
        self.assertIn('; /bin/web 2 80 eu', lines)

    def test_names(self):
        for name in ('web', 'program:web', '[program:web]', 'group:g', 'l', 'supervisord'):
            self.assertEqual(sum(line.startswith('[') for line in self.lines(name)), 1, name)
        self.assertEqual(sum(line.startswith('[') for line in self.lines()), 4)
        self.lines('program:wep', status=2)
        self.assertIn('did you mean `program:web`?', self.errors)
        self.lines('--', '--json', status=2)

    def test_a_plan_and_json(self):
        self.write('a.conf', self.CONF)
        self.supc('build', 'a.conf', '-o', 'a.bin')
        found = json.loads(self.supc('explain', 'a.bin', 'web', '--json'))
        values = {v['option']: v for v in found['sections'][0]['values']}
        self.assertEqual(values['command']['variables'][0]['from'], 'unknown')
        self.assertTrue(values['command']['open'])
        self.assertEqual(values['autostart']['written'], 'yes')
        self.assertEqual(values['startsecs']['source'], 'default')

    def test_processes_and_groups_without_a_section(self):
        for name in ('g:web1', 'g:web', 'g:*', '[g:web0]'):
            self.assertTrue(self.lines(name)[0].startswith('[program:web]'), name)
        self.assertTrue(self.lines('group:l')[0].startswith('[eventlistener:l]'))

    def test_include(self):
        self.write('conf.d/x.conf', '[program:x]\ncommand=x\n')
        self.write('i.conf', SUPERVISORD + '[include]\nfiles=conf.d/*.conf\n')
        out = self.supc('explain', 'i.conf', 'include')
        self.assertTrue(out.startswith('[include]  ; i.conf:2\n; reads '), out)
        self.assertIn('conf.d/x.conf', out)
        self.assertIn('files=conf.d/*.conf', out)
        self.supc('build', 'i.conf', '-o', 'i.bin')
        files = json.loads(self.supc('explain', '--json', 'i.bin', 'include'))['sections'][0]['files']
        self.assertEqual(len(files), 1)
        self.write('a.conf', self.CONF)
        self.supc('explain', 'a.conf', 'include', status=2)
        self.assertIn('nothing is included', self.errors)

    def test_mistakes_are_told(self):
        self.write('bad.conf', SUPERVISORD + '[program:x]\ncommand=x\nautostart=perhaps\n')
        self.supc('explain', 'bad.conf', status=1)
        self.assertIn('perhaps', self.errors)
        self.supc('explain', 'none.conf', status=2)


class SupcMigrate(SupcTest):
    """supc migrate: what is written, where, and what is refused."""

    MAIN = '[supervisord]\n[include]\nfiles=conf.d/*.conf\n[program:a]\ncommand=/bin/cat\n'
    PART = '[program:b]\ncommand=/bin/cat\nlogfile=/b.log\n'
    MIGRATED = PART.replace('logfile', 'stdout_logfile')
    # Seen alone it is one of Supervisor 2, whose defaults were others.
    ALONE = MIGRATED + 'stderr_logfile=NONE\nautorestart=true\nexitcodes=0,2\n'
    COUNTED = '1 kept, 4 changed, 0 lost\n'

    def setUp(self):
        super().setUp()
        self.write('main.conf', self.MAIN)
        self.write('conf.d/b.conf', self.PART)
        os.chmod(self.path('conf.d/b.conf'), 0o600)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def test_to_standard_output_with_the_report_beside_it(self):
        self.assertEqual(self.supc('migrate', 'conf.d/b.conf', '-o', '-'), self.ALONE)
        self.assertIn('conf.d/b.conf:3:1: changed: `logfile` in [program:b] is called '
                      '`stdout_logfile` today\n', self.errors)
        self.assertTrue(self.errors.endswith(self.COUNTED), self.errors)
        self.assertEqual(self.supc('migrate', '-', '--stdin-filename', 'x.conf', '-o', '-',
                                   stdin=self.PART), self.ALONE)
        self.assertIn('x.conf:3:1: changed', self.errors)

    def test_to_a_file_and_the_report_to_another(self):
        told = self.supc('migrate', 'conf.d/b.conf', '-o', 'new.conf', '--report', 'report')
        self.assertEqual((told, self.errors), (self.COUNTED, ''))
        self.assertIn('conf.d/b.conf:3:1: changed', self.read('report'))
        self.assertEqual(self.read('new.conf'), self.ALONE)
        self.assertEqual(os.stat(self.path('new.conf')).st_mode & 0o777, 0o600)
        self.supc('migrate', 'conf.d/b.conf', '-o', 'new.conf', '--report', 'none/report', status=2)
        self.assertIn('none/report', self.errors)

    def test_to_a_folder_for_all_files(self):
        self.supc('migrate', 'main.conf', '-o', 'new/')
        self.assertEqual(self.read('new/conf.d/b.conf'), self.MIGRATED)
        self.assertEqual(self.read('new/main.conf'), self.MAIN)
        self.assertEqual(self.read('conf.d/b.conf'), self.PART)
        self.write('sub/main.conf', self.MAIN.replace('conf.d', '../conf.d'))
        self.supc('migrate', 'sub/main.conf', '-o', 'new/', status=2)
        self.assertIn('conf.d/b.conf is included, but does not lie below ', self.errors)

    def test_here_was_the_folder_of_the_main_file(self):
        self.write('conf.d/b.conf', '[program:b]\ncommand=%(here)s/b\nautostart=true\n')
        self.supc('migrate', 'main.conf', '--dialect', 'supervisor-3', '-o', 'new/')
        self.assertIn('command=%(here)s/../b\n', self.read('new/conf.d/b.conf'))
        self.supc('migrate', 'main.conf', '--dialect', 'supervisor-3', '--to', '3.4', '-o', 'old/')
        self.assertIn('command=%(here)s/b\n', self.read('old/conf.d/b.conf'))

    def test_files_that_the_go_supervisord_reads_besides(self):
        self.write('conf.d/b.conf', '[program:b]\ncommand=/b\nrestartpause=1\n')
        for name in ('b.conf.bak', '.hidden.conf', 'b.txt'):
            self.write('conf.d/' + name, '[program:c]\ncommand=/c\n')
        report = self.supc('migrate', 'main.conf', '-o', 'new/')
        for name in ('b.conf.bak', '.hidden.conf'):
            self.assertIn('conf.d/%s` is read by the Go supervisord' % name, report)
        self.assertNotIn('b.txt', report)

    def test_what_cannot_be_migrated_is_named(self):
        for text, product in (('[[programs]]\nname = "a"\ncommand = "/bin/a"\n', 'supervisord-rs'),
                              ('[global]\nname=x\n[supervisor:s]\nurl=host:9001\n', 'Multivisor'),
                              ('[Unit]\nDescription=x\n', 'systemd')):
            self.supc('migrate', '-', '-o', '-', stdin=text, status=2)
            self.assertIn('is a configuration of %s' % product, self.errors)

    def test_in_place(self):
        self.write('main.conf', self.MAIN)
        os.chmod(self.path('main.conf'), 0o400)  # nothing changes in it

        def state():
            found = os.stat(self.path('main.conf'))  # but for when it was read
            return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns

        before = state()
        self.supc('migrate', 'main.conf', '--in-place')
        self.assertEqual(self.read('conf.d/b.conf'), self.MIGRATED)
        self.assertEqual(os.stat(self.path('conf.d/b.conf')).st_mode & 0o777, 0o600)
        self.assertEqual(state(), before)

    def test_refused(self):
        for arguments, words in (
                (['main.conf'], 'name the new file with -o, or overwrite the old one with --in-place'),
                (['main.conf', '-o', '-'], 'main.conf includes further files (conf.d/b.conf): name a folder'),
                (['main.conf', '-o', 'new.conf'], 'name a folder for all of them with -o FOLDER/'),
                (['conf.d/b.conf', '-o', 'main.conf/../conf.d/b.conf'], 'b.conf'),
                (['conf.d/b.conf', '-o', './conf.d/b.conf'], 'would be overwritten; say --in-place if that'),
                (['-', '-o', 'conf.d'], 'standard input has no name: name a file with -o'),
                (['-', '--in-place'], 'standard input cannot be written'),
                (['main.conf', '-o', '-', '--to', '9'], 'cannot migrate to 9; known are 3.4, 4.2, '),
                (['main.conf', '-o', '-', '--dialect', 'x'], 'unknown dialect x; known are supervisor-4, '),
                (['none.conf', '-o', 'new.conf'], 'none.conf')):
            self.assertEqual(self.supc('migrate', *arguments, status=2), '', arguments)
            self.assertIn(words, self.errors)
            self.assertEqual(self.errors.count('\n'), 1, self.errors)
        self.assertEqual(self.read('conf.d/b.conf'), self.PART)
        self.assertFalse(os.path.exists(self.path('new.conf')))

    def test_what_a_person_must_mend(self):
        self.write('conf.d/b.conf', self.PART + 'autostart=perhaps\n')
        self.supc('migrate', 'conf.d/b.conf', '--in-place', '--fragment', status=1)
        self.assertIn('conf.d/b.conf:4:11: error: [program:b] autostart: `perhaps`', self.errors)
        self.assertTrue(self.errors.endswith(
            'supc: the result has 1 error that migration does not mend\n'), self.errors)
        self.assertEqual(self.read('conf.d/b.conf'),
                         self.ALONE.replace('stderr', 'autostart=perhaps\nstderr'))


class SupcBinding(SupcTest):
    """Variables in plans."""

    CONF = (SUPERVISORD + '[program:a]\ncommand=/bin/a --port %(ENV_PORT)s\n'
            'environment=DB_PASSWORD="%(ENV_DB_PASSWORD)s"\nnumprocs=%(ENV_N)s\n'
            'process_name=a%(process_num)d\n')

    def setUp(self):
        super().setUp()
        self.write('a.conf', self.CONF)

    def plan(self):
        with open(self.path('plan.bin'), 'rb') as file:
            return file.read()

    def needs(self, *arguments):
        plan = json.loads(self.supc('dump', 'plan.bin', '--json', *arguments))
        return {v['name']: v['given'] for v in plan['needs_environment']}

    def test_nothing_is_baked_unless_asked_for(self):
        self.supc('build', 'a.conf', '--env', 'DB_PASSWORD=hunter2', PORT='8421', N='2')
        self.assertNotIn(b'hunter2', self.plan())
        self.assertNotIn(b'8421', self.plan())
        self.assertEqual(self.needs('--env', 'N=1'), {'DB_PASSWORD': False, 'N': True, 'PORT': False})

    def test_named_variables_alone_are_baked(self):
        self.supc('build', 'a.conf', '--bake-env=PORT,N', '--env', 'N=2', PORT='8421', N='9',
                  DB_PASSWORD='hunter2', UNRELATED='hunter3')
        self.assertIn('plan.bin holds the values of N, PORT', self.errors)
        self.assertIn('plan.bin needs at boot DB_PASSWORD', self.errors)
        self.assertIn(b'8421', self.plan())
        self.assertNotIn(b'hunter', self.plan())
        self.assertEqual(self.needs(), {'DB_PASSWORD': False})
        resolved = json.loads(self.supc('dump', 'plan.bin', '--json', '--resolved', '--env',
                                        'DB_PASSWORD=x'))
        processes = resolved['groups'][0]['processes']
        self.assertEqual([p['command'] for p in processes], ['/bin/a --port 8421'] * 2)

    def test_all_that_the_plan_needs(self):
        # The next argument is not taken for names.
        self.supc('build', '--bake-env', 'a.conf', PORT='8421', N='2', DB_PASSWORD='hunter2',
                  UNRELATED='hunter3')
        self.assertIn(b'hunter2', self.plan())
        self.assertNotIn(b'hunter3', self.plan())
        self.assertEqual(self.needs(), {})

    def test_names_that_cannot_be_baked(self):
        self.supc('build', 'a.conf', '--bake-env=PROT', PROT='1', status=2)
        self.assertIn('did you mean `PORT`?', self.errors)
        self.supc('build', 'a.conf', '--bake-env=PORT', status=2)
        self.assertIn('`PORT` has no value', self.errors)
        self.assertFalse(os.path.exists(self.path('plan.bin')))

    def test_a_dump_says_what_is_needed_and_where(self):
        self.assertTrue(self.supc('dump', 'a.conf', '--env', 'PORT=1').startswith('''\
; plan 4.4, from a.conf
; needs at boot:
;   DB_PASSWORD (not given)
;     [program:a] environment, a.conf:4
;   N (not given)
;     [program:a] numprocs, a.conf:5
;   PORT (given)
;     [program:a] command, a.conf:3
'''))

    def test_no_secret_is_printed(self):
        for name, word in (('a.conf', 'hunter2'), ('b.conf', 'hunter3')):
            self.write(name, SUPERVISORD + (
                'environment=DB_PASSWORD="@WORD@"\n[inet_http_server]\nport=127.0.0.1:1\nusername=u\n'
                'password=@WORD@\n[program:a]\ncommand=/bin/a --password=@WORD@ --url http://u:@WORD@@h/\n'
                'environment=API_TOKEN="@WORD@",X="%(ENV_TOKEN)s"\n').replace('@WORD@', word))
        given = ['--env', 'TOKEN=hunter4']
        for arguments in (['dump', 'a.conf'], ['dump', '--json', 'a.conf'],
                          ['dump', '--json', '--resolved', 'a.conf'], ['explain', 'a.conf'],
                          ['explain', '--json', 'a.conf'], ['diff', 'a.conf', 'b.conf'],
                          ['diff', '--json', 'a.conf', 'b.conf']):
            out = self.supc(*arguments, *given, status=1 if arguments[0] == 'diff' else 0)
            self.assertNotIn('hunter', out + self.errors, arguments)
            shown = self.supc(*arguments, *given, '--show-secrets',
                              status=1 if arguments[0] == 'diff' else 0)
            self.assertIn('hunter', shown, arguments)

    def test_what_is_not_known_is_not_made_up_in_silence(self):
        out = self.supc('dump', '--json', '--resolved', 'a.conf', '--env', 'PORT=1', status=1)
        self.assertIn('that need DB_PASSWORD, N are shown with their defaults', self.errors)
        self.assertEqual([(o['option'], o['origin']) for o in json.loads(out)['open']],
                         [('numprocs', 'a.conf:5'), ('environment', 'a.conf:4')])
        out = self.supc('dump', '--json', '--resolved', 'a.conf', '--env', 'PORT=1', '--env', 'N=1',
                        '--env', 'DB_PASSWORD=x')
        self.assertNotIn('open', json.loads(out))

    def test_a_named_variable_must_be_set(self):
        self.supc('dump', 'a.conf', '--env', 'PORT', status=2)
        self.assertIn('--env PORT: it is not set here', self.errors)
        self.assertIn('PORT (given)', self.supc('dump', 'a.conf', '--env', 'PORT', PORT=''))

    EVERYWHERE = ('[unix_http_server]\nfile=/tmp/%(ENV_API_TOKEN)s.sock\n' + SUPERVISORD +
                  '[program:web]\ncommand=/bin/@NAME@ %(ENV_API_TOKEN)s\n'
                  'process_name=@NAME@-%(ENV_API_TOKEN)s\n'
                  'stdout_logfile=/tmp/%(ENV_API_TOKEN)s.log\n'
                  'environment=URL="x-%(ENV_API_TOKEN)s"\n'
                  '[fcgi-program:f]\ncommand=/bin/f\nsocket=unix:///tmp/%(ENV_API_TOKEN)s.sock\n')

    def write_secrets_everywhere(self):
        self.write('a.conf', self.EVERYWHERE.replace('@NAME@', 'web'))
        self.write('b.conf', self.EVERYWHERE.replace('@NAME@', 'wob'))

    def assert_hidden(self, *commands, given=()):
        for arguments in commands:
            differs = 1 if arguments[0] == 'diff' else 0
            out = self.supc(*arguments, *given, status=differs)
            self.assertNotIn('hunter', out + self.errors, arguments)
            self.assertIn('hunter', self.supc(*arguments, *given, '--show-secrets', status=differs))

    def test_a_secret_is_hidden_wherever_it_was_expanded(self):
        self.write_secrets_everywhere()
        self.assert_hidden(['dump', '--json', '--resolved', 'a.conf'], ['explain', 'a.conf'],
                           ['explain', '--json', 'a.conf'], ['diff', 'a.conf', 'b.conf'],
                           ['diff', '--json', 'a.conf', 'b.conf'],
                           given=['--env', 'API_TOKEN=hunter2'])

    def test_a_baked_plan_remembers_what_is_secret(self):
        self.write_secrets_everywhere()
        for name in 'ab':
            self.supc('build', '--bake-env', name + '.conf', '-o', name + '.bin',
                      API_TOKEN='hunter' + name)
        self.assert_hidden(['dump', 'a.bin'], ['dump', '--json', 'a.bin'],
                           ['dump', '--json', '--resolved', 'a.bin'], ['explain', 'a.bin'],
                           ['diff', 'a.bin', 'b.bin'], ['diff', '--json', 'a.bin', 'b.bin'])

    def test_findings_do_not_tell_secrets(self):
        self.write_secrets_everywhere()
        self.write('b.conf', self.EVERYWHERE + 'startsecs=%(ENV_API_TOKEN)s\n'
                   'user=%(ENV_API_TOKEN)s\ndirectory=/%(ENV_API_TOKEN)s\n')
        given = ['--env', 'API_TOKEN=hunter2']
        self.supc('build', '--host', 'b.conf', *given, status=1)
        self.assertIn('`********` is not a whole number', self.errors)
        self.assertNotIn('hunter', self.errors)
        for more in ([], ['--facts'], ['--format', 'json'], ['--fix', '--unsafe-fixes', '--diff']):
            checked = subprocess.run([program('supcheck'), 'b.conf', *given, *more],
                                     cwd=self.folder, capture_output=True, check=False)
            self.assertIn(b'********' if '--diff' not in more else b'supervisor', checked.stdout)
            self.assertNotIn(b'hunter', checked.stdout + checked.stderr, more)

    def test_env_and_files_are_read_alike_everywhere(self):
        self.write('env', '# comment\nexport PORT="80"\nN=1\n\nDB_PASSWORD\n')
        self.write('bad', 'PORT=80\nnot a variable\n')
        arguments = ['--env-file', 'env', '--env', 'PORT=81']
        for command in (['dump', '--json', '--resolved', 'a.conf'],):
            out = json.loads(self.supc(*command, *arguments, DB_PASSWORD='hunter2'))
            process = out['groups'][0]['processes'][0]
            self.assertEqual(process['command'], '/bin/a --port 81')
        self.supc('dump', 'a.conf', '--env-file', 'bad', status=2)
        self.assertIn('bad:2: expected NAME=VALUE', self.errors)
        checked = subprocess.run([program('supcheck'), 'a.conf', '--env-file', 'bad'],
                                 cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(checked.returncode, 2)
        self.assertIn(b'bad:2: expected NAME=VALUE', checked.stderr)


if __name__ == '__main__':
    unittest.main()
