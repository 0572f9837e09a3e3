#!/usr/bin/python3
"""Holds README.md to what the programs print.

Usage: check_readme.py [--update] README BIN

README may be another page.

A block after <!-- file: NAME --> is written to a file of that name; a block after
<!-- output: COMMAND --> must be what the command prints, run beside those files with the programs
of the folder BIN. So must what stands between <!-- table: COMMAND --> and <!-- end -->. --update
rewrites the blocks.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r'<!-- (file|output): (.+?) -->\n```\w*\n(.*?)```', re.DOTALL)
RULES = re.compile(r'\(\d+ rules\)')
TABLE = re.compile(r'<!-- table: (.+?) -->\n(.*?)<!-- end -->', re.DOTALL)


def main():
    parser = argparse.ArgumentParser(description='holds README.md to what the programs print')
    parser.add_argument('--update', action='store_true')
    parser.add_argument('readme')
    parser.add_argument('bin')
    options = parser.parse_args()
    with open(options.readme, encoding='utf-8') as file:
        text = file.read()
    environment = dict(os.environ, NO_COLOR='1')
    environment.pop('GITHUB_ACTIONS', None)  # supcheck would speak to it
    environment['PATH'] = os.path.abspath(options.bin) + ':' + environment['PATH']
    outputs = 0

    with tempfile.TemporaryDirectory() as folder:
        def renew(match):
            nonlocal outputs
            what, argument, body = match.groups()
            if what == 'file':
                with open(os.path.join(folder, argument), 'w', encoding='utf-8') as file:
                    file.write(body)
                return match.group(0)
            outputs += 1
            run = subprocess.run(argument, shell=True, cwd=folder, env=environment, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            printed = run.stdout.rstrip('\n') + '\n'
            # How many rules there are is another number with each new one: what is written stays.
            if written := RULES.search(body):
                printed = RULES.sub(written.group(), printed)
            if printed != body and not options.update:
                print('`%s` prints:\n%s\nbut the README says:\n%s' % (argument, printed, body))
            return match.group(0)[:match.start(3) - match.start()] + printed + '```'

        def renew_table(match):
            nonlocal outputs
            outputs += 1
            printed = subprocess.run(match.group(1), shell=True, cwd=folder, env=environment,
                                     text=True, stdout=subprocess.PIPE, check=True).stdout
            return '<!-- table: %s -->\n%s<!-- end -->' % (match.group(1), printed)

        renewed = TABLE.sub(renew_table, BLOCK.sub(renew, text))
    if not outputs:
        sys.exit('no <!-- output: ... --> block in %s' % options.readme)
    if renewed == text:
        print('%d outputs as in the README' % outputs)
        return 0
    if not options.update:
        print('%s is not what the programs print; --update renews it' % options.readme)
        return 1
    with open(options.readme, 'w', encoding='utf-8') as file:
        file.write(renewed)
    return 0


if __name__ == '__main__':
    sys.exit(main())
