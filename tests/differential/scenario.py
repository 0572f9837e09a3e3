"""What a scenario is: a configuration, what is done to the daemon, what is waited for."""

import signal


class Scenario:
    """One row of the list in scenarios.py.

    config      sections beside [supervisord]; @ is the folder
    files       other files, by name
    until       conditions that are waited for before the end: ('log', text, count),
                ('file', name, text), ('event', type, part of the payload, count), or a function of the Daemon
    records     whether a listener writes down all events
    listeners   names of files that other listeners write
    drive       does more than waiting
    compat      switches of suprun for what Supervisor does in this scenario and suprun does not
    ours        looks at suprun's Daemon and gives what is wrong there, or nothing
    """

    def __init__(self, name, config='', until=(), *, files=None, supervisord='', arguments=('-n', '-s', '-c', '@/s.conf'),
                 loglevel='info', records=True, recorder='', listeners=(), drive=None, ours=None, refused=False,
                 background=False, ordered=False, environment=None, open_folder=False, before=None,
                 end=signal.SIGTERM, at_end=None, compat=''):
        self.name = name
        self.config = config
        self.until = until if isinstance(until, (list, tuple)) else [until]
        if self.until and isinstance(self.until[0], str):
            self.until = [tuple(self.until)]
        self.files = files or {}
        self.supervisord = supervisord
        self.arguments = list(arguments)
        self.loglevel = loglevel
        self.records = records and not refused
        self.recorder = recorder
        self.listeners = listeners
        self.driver = drive
        self.ours = ours
        self.refused = refused
        self.background = background
        self.ordered = ordered
        self.environment = environment or {}
        self.open_folder = open_folder
        self.preparation = before
        self.ending = end
        self.last = at_end
        self.compat = compat

    def before(self, daemon):
        if self.preparation:
            self.preparation(daemon)

    def drive(self, daemon):
        for condition in self.until:
            if callable(condition):
                condition(daemon)
            elif condition[0] == 'log':
                daemon.log(*condition[1:])
            elif condition[0] == 'file':
                daemon.wait_text(*condition[1:])
            elif condition[0] == 'event':
                daemon.wait_event(*condition[1:])
            else:
                raise ValueError(condition)
        if self.driver:
            self.driver(daemon)

    def at_end(self, daemon):
        if self.last:
            self.last(daemon)

    def end(self, daemon):
        if callable(self.ending) and not isinstance(self.ending, int):
            self.ending(daemon)
        else:
            daemon.send(self.ending)
