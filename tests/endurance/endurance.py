"""What all long runs ask: memory, descriptors, zombies, and whether anything is left."""

import collections
import os
import re
import signal
import sys
import time

# The real components of the end-to-end tests.
sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))

from harness import children_of  # noqa: E402
from test_rpc import RpcTest, UNIX  # noqa: E402, F401

IS_WHOLE = os.environ.get('SUP_ENDURANCE', 'short') == 'whole'

# kB that the daemon wrote itself, kB of its keeper's, descriptors of both.
Taken = collections.namedtuple('Taken', 'daemon keeper descriptors')


def stop_by_exception(*_):
    raise SystemExit('told to stop')


# So that tearDown ends the daemon and its children also when time is up.
signal.signal(signal.SIGTERM, stop_by_exception)


def own_memory(pid):
    """What it wrote itself, in kB: its part of the program's text hangs on who else runs that."""
    with open('/proc/%d/smaps_rollup' % pid) as file:
        return int(re.search(r'^Private_Dirty: +(\d+) kB', file.read(), re.M).group(1))


def has_sanitizer(pid):
    """Then the memory of what was freed is kept for a while, and says nothing."""
    with open('/proc/%d/maps' % pid) as file:
        return 'libasan' in file.read()


def is_zombie(pid):
    try:
        with open('/proc/%d/stat' % pid) as file:
            return file.read().rpartition(')')[2].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


class EnduranceTest(RpcTest):
    """A long run: taken() when all is warm, the work, then check_flat() in the same situation."""

    def setUp(self):
        super().setUp()
        self.client = None
        self.began = time.monotonic()

    def sized(self, whole, short):
        return whole if IS_WHOLE else short

    def keeper_of(self, daemon):
        socket = self.path('s.pid.keeper')
        for pid in os.listdir('/proc'):
            try:
                with open('/proc/%s/cmdline' % pid) as file:
                    if file.read().split('\0')[1:3] == ['--keep', socket]:
                        return int(pid)
            except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
                pass
        return self.fail('the daemon %d has no keeper' % daemon.pid)

    def taken(self, daemon):
        keeper = self.keeper_of(daemon)
        if self.client is not None:
            self.client('close')()

        def settled():
            """The same number of descriptors twice: connections may be on their way out."""
            first = [sorted(os.listdir('/proc/%d/fd' % pid)) for pid in (daemon.pid, keeper)]
            time.sleep(0.2)
            second = [sorted(os.listdir('/proc/%d/fd' % pid)) for pid in (daemon.pid, keeper)]
            return first == second and second

        open_now = self.wait_until(settled, 'descriptors to stay the same')
        return Taken(own_memory(daemon.pid), own_memory(keeper), tuple(len(each) for each in open_now))

    def check_flat(self, daemon, before, bound, done):
        """Not more than `bound` kB more than before, no descriptor more, no zombie, a clean end."""
        after = self.taken(daemon)
        self.assertEqual(after.descriptors, before.descriptors, 'descriptors of daemon and keeper')
        self.wait_until(lambda: not any(is_zombie(pid) for pid in children_of(daemon.pid)),
                        'the daemon to reap its children')
        memory = 'memory not judged under a sanitizer'
        grown = after.daemon + after.keeper - before.daemon - before.keeper
        if not has_sanitizer(daemon.pid):
            memory = ('memory %d + %d kB of keeper, before %d + %d, bound %+d'
                      % (after.daemon, after.keeper, before.daemon, before.keeper, bound))
            self.assertLessEqual(grown, bound, memory)
        self.end(daemon)
        log = self.read('s.log')
        self.assertNotRegex(log, r' CRIT (?!Supervisor is running as root|Server)')
        self.assertNotIn(' ERRO ', log)
        print('| %s in %.0f s; %s; %d + %d descriptors as before; no zombie, nothing left'
              % (done, time.monotonic() - self.began, memory, *after.descriptors))

    def rpc(self):
        """One client for all calls; taken() closes its connection, the next call opens one."""
        if self.client is None:
            self.client = self.server()
        return self.client

    def go_on(self, name, text):
        """Says something to a child's standard input, which it waits for."""
        self.rpc().supervisor.sendProcessStdin(name, text + '\n')

    @staticmethod
    def pause(seconds):
        """Leaves the machine to the others before one looks again."""
        time.sleep(seconds)

    def wait_long(self, condition, what):
        """For what takes its time: as long as the run may take, which its caller bounds."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > 3600:
                self.fail('waited in vain for ' + what)
