"""The real supervisorctl for many runs: loaded once, each run is a fork of this.

To start Python and to import what supervisorctl imports takes a hundred times as long as most of its
commands. Run by the interpreter of the script that is named as the only argument. Reads a line of JSON
for each run: its arguments, folder and environment, and the files that are its standard input, output
and error; then it answers with a line, the exit status.
"""

import gc
import importlib
import json
import os
import runpy
import sys

importlib.import_module('supervisor.supervisorctl')
importlib.import_module('pkg_resources')


def begin(run):
    os.chdir(run['folder'])
    os.environ.clear()
    os.environ.update(run['environment'])
    streams = []
    for descriptor, (name, mode) in enumerate((('input', 'r'), ('output', 'w'), ('error', 'w'))):
        opened = os.open(run[name], os.O_RDONLY if mode == 'r' else os.O_WRONLY)
        os.dup2(opened, descriptor)
        os.close(opened)
        # As the interpreter does when it starts.
        streams.append(open(descriptor, mode, encoding='utf-8', closefd=False,
                            buffering=1 if name == 'error' else -1,
                            errors='backslashreplace' if name == 'error' else 'strict'))
    sys.stdin, sys.stdout, sys.stderr = streams
    sys.argv = sys.argv[1:] + run['arguments']


def serve():
    """Returns in the child of each run."""
    gc.freeze()
    with open(0, 'rb', closefd=False) as requests, open(1, 'w', closefd=False) as answers:
        for line in requests:
            pid = os.fork()
            if pid == 0:
                begin(json.loads(line))
                return
            _, status = os.waitpid(pid, 0)
            print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    os._exit(0)


serve()
status = 0
try:
    runpy.run_path(sys.argv[0], run_name='__main__')
except SystemExit as leaving:
    status = leaving.code
    if status is not None and not isinstance(status, int):
        raise
sys.stdout.flush()
sys.stderr.flush()
os._exit(status or 0)  # the interpreter would look at all that it has in memory once more
