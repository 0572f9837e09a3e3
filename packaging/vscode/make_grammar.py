#!/usr/bin/python3
"""Prints the TextMate grammar of Supervisor's configurations, its words from the option table.

Usage: supc schema --format json | make_grammar.py schema/events.def >syntaxes/supervisor.tmLanguage.json
"""

import json
import re
import sys

# Python's % formatting, as in schema/expand.h.
EXPANSION = r'%\([A-Za-z0-9_]+\)[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgGcrs]'
COMMENT = r'(?:(?<=\s)|^)[;#].*$'


def words(names):
    return '|'.join(re.escape(name).replace('\\-', '-') for name in sorted(set(names)))


def rule(match, *captures, name=None):
    made = {'match': match}
    if name:
        made['name'] = name
    if captures:
        made['captures'] = {str(i): {'name': each} for i, each in enumerate(captures, 1) if each}
    return made


def grammar(sections, events):
    fixed = [each['section'] for each in sections if not each['named']]
    named = [each['section'] for each in sections if each['named']]
    options = [option['name'] for each in sections for option in each['options']]
    bracket = 'punctuation.definition.section.supervisor'
    return {
        '$schema': 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
        'name': 'Supervisor',
        'scopeName': 'source.supervisor',
        'fileTypes': ['supervisord.conf'],
        'patterns': [{'include': '#comment'}, {'include': '#section'}, {'include': '#option'},
                     {'include': '#value'}],
        'repository': {
            'comment': {'patterns': [rule(COMMENT, name='comment.line.supervisor')]},
            'section': {'patterns': [
                rule(r'^(\[)(%s)(\])' % words(fixed), bracket, 'entity.name.section.supervisor',
                     bracket),
                rule(r'^(\[)(%s)(:)([^\]]*)(\])' % words(named), bracket,
                     'storage.type.section.supervisor', 'punctuation.separator.supervisor',
                     'entity.name.section.supervisor', bracket),
                rule(r'^(\[)([^\]]*)(\])', bracket, 'entity.name.section.other.supervisor', bracket),
            ]},
            'option': {'patterns': [
                rule(r'^((?i:%s))\s*([=:])' % words(options), 'keyword.other.option.supervisor',
                     'keyword.operator.assignment.supervisor'),
                rule(r'^([^\s=:;#\[][^=:]*?)\s*([=:])', 'variable.other.option.supervisor',
                     'keyword.operator.assignment.supervisor'),
            ]},
            'value': {'patterns': [
                rule(EXPANSION, name='constant.other.placeholder.supervisor'),
                rule('%%', name='constant.character.escape.supervisor'),
                rule(r'"[^"]*"', name='string.quoted.double.supervisor'),
                rule(r"'[^']*'", name='string.quoted.single.supervisor'),
                rule(r'\b(?:%s)\b' % words(events), name='support.constant.event.supervisor'),
                rule(r'(?<==)\s*(?i:true|false|yes|no|on|off|unexpected)(?=\s*(?:$|\s[;#]))',
                     name='constant.language.supervisor'),
                rule(r'(?<==)\s*(?:AUTO|NONE)(?=\s*(?:$|\s[;#]))',
                     name='constant.language.supervisor'),
                rule(r'(?<==)\s*\d+(?:KB|MB|GB)?(?=\s*(?:$|\s[;#]))',
                     name='constant.numeric.supervisor'),
            ]},
        },
    }


def main(events_file):
    with open(events_file) as file:
        events = re.findall(r'^EVENT\((\w+)', file.read(), re.MULTILINE)
    print(json.dumps(grammar(json.load(sys.stdin)['sections'], events), indent=2))


if __name__ == '__main__':
    main(sys.argv[1])
