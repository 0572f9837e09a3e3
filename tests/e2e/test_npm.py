"""Clients from the npm registry, with suprun as with supervisord."""

import json
import os
import re
import shutil
import subprocess
import unittest

from test_rpc import RPC, SUPERVISORD, RpcTest, free_port

NPM = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'npm')
NODE = shutil.which('node')

CONFIGURATION = ('[unix_http_server]\nfile=@/s.sock\n[inet_http_server]\nport=127.0.0.1:%d\nusername=u\npassword=p\n' + RPC +
                 '[program:cat]\ncommand=/bin/cat\nstartsecs=0\n'
                 '[program:said]\ncommand=/bin/sh -c "echo one; echo two; exec sleep 600"\nstartsecs=0\n'
                 'stdout_logfile=@/said.log\n'
                 '[program:one]\ncommand=/bin/sleep 600\nstartsecs=0\n'
                 '[program:two]\ncommand=/bin/sleep 600\nstartsecs=0\n'
                 '[group:pair]\nprograms=one,two\n')

# What hangs on the moment: of processes that were started or stopped just now.
VOLATILE = {'pid', 'start', 'stop', 'now', 'description'}


def without_moment(value):
    if isinstance(value, dict):
        return {key: '*' if key in VOLATILE else without_moment(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_moment(each) for each in value]
    return value


@unittest.skipUnless(NODE and shutil.which('npm'), 'no Node.js with npm')
@unittest.skipUnless(SUPERVISORD, "no Debian package 'supervisor'")
class NpmClients(RpcTest):
    def modules(self):
        """Installed anew each time, without their scripts, as the lock file says."""
        folder = self.path('npm')
        os.mkdir(folder)
        for name in ('package.json', 'package-lock.json'):
            shutil.copy(os.path.join(NPM, name), folder)
        run = subprocess.run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], cwd=folder,
                             capture_output=True, text=True)
        if run.returncode != 0:
            self.skipTest('npm ci: ' + (run.stderr.strip().split('\n') or ['failed'])[0])
        kept = os.path.join(os.path.dirname(self.folder), os.path.basename(self.folder) + '.npm')
        shutil.move(folder, kept)
        self.addCleanup(shutil.rmtree, kept)
        return os.path.join(kept, 'node_modules')

    def answers(self, modules, command=None):
        port = free_port()
        daemon = self.serve(CONFIGURATION % port, command=command)
        self.wait_for_text('said.log', 'two')
        self.wait_for_state('pair:two', 'RUNNING')
        run = subprocess.run([NODE, os.path.join(NPM, 'calls.js'), modules, str(port)],
                             capture_output=True, text=True, timeout=120)
        self.assertEqual((run.returncode, run.stderr), (0, ''))
        self.end_of(daemon)
        text = re.sub(r'-[a-z]+-\w+\.log', '-*.log', run.stdout.replace(self.folder, '@'))
        return without_moment(json.loads(text))

    def end_of(self, daemon):
        daemon.terminate()
        daemon.wait(60)

    def test_same_answers(self):
        modules = self.modules()
        ours = self.answers(modules)
        self.empty_folder()
        theirs = self.answers(modules, SUPERVISORD)
        self.assertEqual([name for name, _ in ours], [name for name, _ in theirs])
        for (name, our), (_, their) in zip(ours, theirs):
            if name == 'getSupervisorVersion':
                continue
            if name == 'getAllConfigInfo':  # 4.4 tells more than Debian's
                our = [{key: each[key] for key in those} for each, those in zip(our, their)]
            if name in ('stopProcessGroup', 'startAllProcesses'):  # in the order in which they were done
                our, their = (sorted(each, key=lambda one: (one['group'], one['name'])) for each in (our, their))
            with self.subTest(call=name):
                self.assertEqual(our, their)
        # Neither refused everything: some answers are known.
        known = dict(ours)
        self.assertEqual(known['getState'], {'statecode': 1, 'statename': 'RUNNING'})
        self.assertEqual(known['startProcess'], True)
        self.assertEqual(known['wrong password'], {'text': "Unknown XML-RPC tag 'TITLE'"})


if __name__ == '__main__':
    unittest.main()
