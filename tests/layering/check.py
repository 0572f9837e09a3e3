#!/usr/bin/python3
"""Who may include whom (see README.md, "The tree"), and no path of the machine it was written on.

Usage: check.py ROOT
"""

import os
import re
import sys

# Folder, longest first -> folders whose headers, or single headers, it may include.
FOLDERS = {
    'schema': ['schema'],
    'compiler': ['schema', 'compiler'],
    'lint': ['schema', 'compiler', 'lint'],
    # The options of listeners, which stand there alone.
    'lint/listener_arguments': ['schema', 'compiler', 'lint', 'runtime/listeners/arguments.h',
                                'runtime/listeners/tables.h'],
    'runtime/core': ['schema', 'runtime/core'],
    'runtime/host': ['schema', 'runtime/core', 'runtime/host'],
    'runtime/rpc': ['schema', 'runtime/core', 'runtime/rpc'],
    'runtime/http': ['schema', 'runtime/core', 'runtime/rpc', 'runtime/http'],
    'runtime/ctl': ['schema', 'runtime/rpc', 'runtime/ctl'],
    'runtime/ctl/configuration.cpp': ['schema', 'compiler', 'runtime/ctl'],
    'runtime/ctl/supctl.cpp': ['schema', 'runtime'],
    'runtime/listeners': ['schema', 'runtime/rpc', 'runtime/ctl', 'runtime/listeners',
                          'runtime/option_reader.h'],
    'runtime/option_reader.h': ['schema'],
    'runtime/option_reader.cpp': ['schema', 'runtime'],
    'runtime/command_line.h': ['schema', 'runtime/core'],
    'runtime/command_line.cpp': ['schema', 'runtime'],
    'runtime/control.h': ['schema', 'runtime'],
    'runtime/control.cpp': ['schema', 'runtime'],
    'runtime/suprun.cpp': ['schema', 'compiler', 'runtime'],
}
# Library -> where its headers may be included. Heavy ones keep to their room.
ROOMS = {
    r'tao/': ['compiler/ini/'],
    r'CLI/': ['compiler/commands/', 'compiler/supc.cpp', 'lint/supcheck.cpp'],
    r'nlohmann/': ['compiler/emit_', 'lint/render_', 'lint/baseline', 'lint/lsp/protocol',
                    'runtime/ctl/output', 'runtime/http/json_body', 'runtime/listeners/mail_file',
                    'runtime/listeners/event_text', 'runtime/listeners/json_text', 'runtime/listeners/message_format'],
    r'toml': ['lint/settings_file'],
    r'(spdlog|fmt)/': ['runtime/host/', 'runtime/suprun.cpp'],
    r'pugixml': ['runtime/rpc/'],
    r'curl/': ['runtime/listeners/transfer'],
    r'mosquitto': ['runtime/listeners/relay_mqtt'],
    r'openssl/': ['runtime/listeners/signature'],
    r'editline/': ['runtime/ctl/shell'],
    r'boost/beast': ['runtime/http/server', 'runtime/ctl/client'],
    r'boost/': ['runtime/host/', 'runtime/http/', 'runtime/ctl/', 'runtime/suprun.cpp'],
}
# Folders that stay pure: of the system only C++ headers (<vector>, <csignal>), with these exceptions.
PURE = ['schema/', 'runtime/core/', 'runtime/rpc/']
# Read and write files durably.
IMPURE_FILES = ['schema/descriptor.cpp', 'schema/memory.cpp', 'schema/parallel.cpp', 'schema/plan_io.cpp', 'schema/write_file.cpp']

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def complaints_about(path, text):
    allowed = next((FOLDERS[f] for f in sorted(FOLDERS, key=len, reverse=True)
                    if path == f or path.startswith((f + '/', f + '.'))), None)
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, header = match.groups()
        where = '%s:%d: ' % (path, number)
        room = next((ROOMS[r] for r in ROOMS if quote == '<' and re.match(r, header)), None)
        if quote == '"' and allowed and not any(header == f or header.startswith(f + '/')
                                                for f in allowed):
            yield where + '"%s": may include only %s' % (header, ', '.join(allowed))
        if room and allowed and not any(path.startswith(place) for place in room):
            yield where + '<%s>: belongs only in %s' % (header, ', '.join(room))
        if (quote == '<' and not room and path not in IMPURE_FILES
                and path.startswith(tuple(PURE)) and not re.fullmatch(r'[a-z_0-9]+', header)):
            yield where + '<%s>: only headers of the C++ library here' % header


def main(root):
    here = re.compile('/wor[k]/')
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in ('.git', 'build', '__pycache__', 'run.d'))
        for name in sorted(set(files) - {'.git'}):  # a file in a worktree
            path = os.path.relpath(os.path.join(folder, name), root)
            with open(os.path.join(folder, name), encoding='latin-1') as file:
                text = file.read()
            if name.endswith(('.h', '.cpp', '.def')):
                found += complaints_about(path, text)
            found += ['%s:%d: path of this machine' % (path, number)
                      for number, line in enumerate(text.split('\n'), 1) if here.search(line)]
    print('\n'.join(found) or 'every include is in its place')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
