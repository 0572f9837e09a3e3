"""supcheck lsp as a process: frames, exit statuses, and a real editor."""

import json
import os
import shutil
import subprocess
import unittest

from harness import PATIENCE, FolderTest, program
from lsp_client import Client, frame, uri

DAEMON = '[supervisord]\n'


class LspTest(FolderTest):
    """A test with a folder and servers that are ended with it."""

    needed = 'supcheck'

    def client(self):
        client = Client(program('supcheck'), cwd=self.folder)
        self.addCleanup(client.close)
        return client


class LspProcess(LspTest):
    """The life of the process, and what comes over its pipes."""

    def test_life(self):
        client = self.client()
        result = client.initialize()
        self.assertEqual(result['serverInfo']['name'], 'supcheck')
        self.assertEqual(client.finish(), (0, ''))

    def test_exit_without_shutdown(self):
        client = self.client()
        client.initialize()
        client.notify('exit')
        self.assertEqual(client.end(), (1, ''))

    def test_end_of_input(self):
        client = self.client()
        client.initialize()
        self.assertEqual(client.end(), (1, ''))

    def test_frames_that_are_none(self):
        client = self.client()
        client.initialize()
        client.send_bytes(b'Hello\r\n\r\n')
        self.assertEqual(client.read()['error']['code'], -32700)
        self.assertEqual(client.end(), (1, ''))

    def test_a_message_that_is_too_long(self):
        client = self.client()
        client.initialize()
        size = (32 << 20) + 1
        client.send_bytes(b'Content-Length: %d\r\n\r\n' % size)
        self.assertEqual(client.read()['error']['code'], -32700)
        client.send_bytes(b'x' * size)
        self.assertEqual(client.finish(), (0, ''))

    def test_a_message_that_is_no_json(self):
        client = self.client()
        client.initialize()
        client.send_bytes(frame(b'{"jsonrpc":'))
        self.assertEqual(client.read()['error']['code'], -32700)
        self.assertEqual(client.finish(), (0, ''))

    def test_cancelled_together(self):
        client = self.client()
        client.initialize()
        message = {'jsonrpc': '2.0', 'id': 'a', 'method': 'textDocument/hover', 'params': {}}
        cancel = {'jsonrpc': '2.0', 'method': '$/cancelRequest', 'params': {'id': 'a'}}
        client.send_bytes(frame(message) + frame(cancel))
        self.assertEqual(client.answer('a')['error']['code'], -32800)
        self.assertEqual(client.finish(), (0, ''))

    def test_only_the_word_is_the_server(self):
        self.write('lsp/web.conf', '[program:web]\ncommand=/bin/cat\nautosart=true\n')
        checked = subprocess.run([program('supcheck'), './lsp'], cwd=self.folder,
                                 capture_output=True, check=False)
        self.assertEqual(checked.returncode, 1, checked.stderr)
        self.assertIn(b'SUP202', checked.stdout)

    def test_help_and_wrong_options(self):
        told = subprocess.run([program('supcheck'), 'lsp', '--help'], capture_output=True, check=True)
        self.assertIn(b'language server', told.stdout)
        wrong = subprocess.run([program('supcheck'), 'lsp', '--wrong'], capture_output=True, check=False)
        self.assertEqual((wrong.returncode, wrong.stdout), (2, b''))


class LspDisk(LspTest):
    """Files on the disk beside those in the editor."""

    def test_root_with_includes(self):
        self.write('supervisord.conf', DAEMON + '[include]\nfiles=conf.d/*.conf\n')
        self.write('conf.d/web.conf', '[program:web]\ncommand=/bin/cat\nautosart=true\n')
        self.write('conf.d/g.conf', '[group:g]\nprograms=web\n')
        client = self.client()
        client.initialize()
        group = uri(self.path('conf.d/g.conf'))
        web = uri(self.path('conf.d/web.conf'))
        client.open(group, '[group:g]\nprograms=web\n')
        self.assertEqual([each['code'] for each in client.diagnostics(web)], ['SUP202'])
        found = client.at('definition', group, 1, 10)
        self.assertEqual([(each['uri'], each['range']['start']) for each in found],
                         [(web, {'line': 0, 'character': 9})])
        # The file is mended by somebody else.
        self.write('conf.d/web.conf', '[program:web]\ncommand=/bin/cat\n')
        client.notify('workspace/didChangeWatchedFiles', changes=[{'uri': web, 'type': 2}])
        self.assertEqual(client.diagnostics(web), [])
        self.assertEqual(client.finish(), (0, ''))

    def test_settings_and_comments_count_as_on_the_command_line(self):
        text = '[program:web]\ncommand=/bin/cat\nautosart=true\nstartsec=1%s\n'
        self.write('a.conf', text % '')
        client = self.client()
        client.initialize()
        a = uri(self.path('a.conf'))
        settings = uri(self.path('.supcheck.toml'))
        client.open(a, text % '')
        self.assertEqual([each['code'] for each in client.diagnostics(a)], ['SUP202', 'SUP202'])
        client.change(a, 2, {'text': text % ' ; supcheck: disable=SUP202'})
        found = client.diagnostics(a)
        self.assertEqual([(each['code'], each['range']['start']['line']) for each in found],
                         [('SUP202', 2)])
        self.write('.supcheck.toml', '[severity]\nSUP202 = "error"\n')
        client.notify('workspace/didChangeWatchedFiles', changes=[{'uri': settings, 'type': 1}])
        self.assertEqual([each['severity'] for each in client.diagnostics(a)], [1])
        self.write('.supcheck.toml', 'ignor = ["SUP202"]\n')
        client.notify('workspace/didChangeWatchedFiles', changes=[{'uri': settings, 'type': 2}])
        mistake, = client.diagnostics(settings)
        self.assertIn('did you mean `ignore`', mistake['message'])
        self.write('.supcheck.toml', 'ignore = ["SUP202"]\n')
        client.notify('workspace/didChangeWatchedFiles', changes=[{'uri': settings, 'type': 2}])
        self.assertEqual(client.diagnostics(settings), [])
        self.assertEqual(client.finish(), (0, ''))


class LspNeovim(LspTest):
    """Neovim, as Debian has it."""

    TEXT = DAEMON + ('[program:web]\ncommand = /bin/cat\nautosart=true\nstopsignal=TERM\n'
                     '[group:site]\nprograms=web\n')

    def test_editor(self):
        editor = shutil.which('nvim')
        if editor is None:
            self.skipTest('no nvim')
        self.write('supervisord.conf', self.TEXT)
        env = {'PATH': os.environ['PATH'], 'HOME': self.folder, 'XDG_RUNTIME_DIR': self.folder,
               'SUPCHECK': program('supcheck'), 'SUP_TEST_FOLDER': self.folder,
               'SUP_TEST_PATIENCE': str(PATIENCE), 'LC_ALL': 'C.UTF-8'}
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'neovim.lua')
        result = subprocess.run([editor, '--headless', '--clean', '-c', 'luafile ' + script],
                                cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=5 * PATIENCE, check=False)
        said = result.stdout.decode() + result.stderr.decode()
        self.assertEqual(result.returncode, 0, said)
        seen = dict(json.loads(line) for line in result.stdout.decode().splitlines()
                    if line.startswith('['))
        self.assertEqual(seen['diagnostics'], ['SUP1107 0:0', 'SUP202 3:0'], said)
        self.assertEqual(seen['after a key'], ['SUP1107 0:0'])
        self.assertIn('Command line to run', seen['hover'])
        self.assertIn('QUIT', seen['completion'])
        self.assertEqual(seen['definition'], [2, 9])
        self.assertEqual(seen['code action'], 'autostart=true')
        self.assertEqual(seen['formatting'],
                         ['[supervisord]', '', '[program:web]', 'command=/bin/cat', 'autostart=true',
                          'stopsignal=TERM', '', '[group:site]', 'programs=web'])
        self.assertTrue(seen['stopped'])
