"""What ../shared/bench does not measure, and what can be measured without it.

Each measurement yields rows as that harness prints them: bench, system, round, params, metrics. The
systems are suprun and, where it is installed, supervisord, one after the other in each round. Times
are stamps of the children (child.cpp), so that how often we look is not in them.
"""

import collections
import ctypes
import math
import os
import random
import resource
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from load import Connection, request

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60
RECORD = struct.Struct('QQ')

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: whatever is left comes to us

HEAD = '''[unix_http_server]
file=%(dir)s/s.sock
[supervisord]
logfile=%(dir)s/s.log
pidfile=%(dir)s/s.pid
childlogdir=%(dir)s
nodaemon=true
silent=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(dir)s/s.sock
'''

System = collections.namedtuple('System', 'name daemon control largest kills')


def systems(binaries):
    found = [System('suprun', [os.path.join(binaries, 'suprun'), '-n'],
                    os.path.join(binaries, 'supctl'), 10000, 60)]
    if shutil.which('supervisord'):
        found.append(System('supervisord', [shutil.which('supervisord'), '-n'],
                            shutil.which('supervisorctl'), 1000, 5))
    return found


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def cpu_ms(pid):
    with open('/proc/%d/schedstat' % pid) as file:
        return int(file.read().split()[0]) / 1e6


def resident_kb(pid):
    with open('/proc/%d/status' % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS:'))


def wait_until(condition, what, pause=0.001):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError('waited in vain for ' + what)
        time.sleep(pause)


def wall_ms(command, **how):
    """A command, from exec to exit."""
    began = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    return (time.monotonic() - began) * 1000


def end_all():
    """Ends what is left of a daemon: our own descendants, which become our children as it ends."""
    while True:
        with open('/proc/self/task/%d/children' % os.getpid()) as file:
            pids = [int(word) for word in file.read().split()]
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for pid in pids:
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass


class Daemon:
    """A running daemon in a folder in memory; `text` has @ for the folder and CHILD for the child."""

    def __init__(self, system, binaries, text, count, environment=None):
        self.system = system
        parent = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.dir = tempfile.mkdtemp(prefix='bench-', dir=parent)
        self.living = {}  # of each file of records: those that were not killed, the oldest first
        os.chmod(self.dir, 0o755)
        self.child = os.path.join(binaries, 'bench_child')
        os.mkdir(os.path.join(self.dir, 'slow'))
        self.configure(text)
        self.began = time.monotonic_ns()
        self.process = subprocess.Popen(
            system.daemon + ['-c', self.path('s.conf')], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.dir,
            env=dict(os.environ, **(environment or {})))
        self.wait_for(count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end_all()
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def configure(self, text):
        with open(self.path('s.conf'), 'w') as file:
            file.write(HEAD % {'dir': self.dir} +
                       text.replace('CHILD', self.child).replace('@', self.dir))

    def records(self, name='marks', first=0):
        """(nanoseconds, pid) of each start, or event, from that one on."""
        try:
            with open(self.path(name), 'rb') as file:
                file.seek(first * RECORD.size)
                data = file.read()
        except FileNotFoundError:
            return []
        return list(RECORD.iter_unpack(data[:len(data) // RECORD.size * RECORD.size]))

    def count(self, name='marks'):
        try:
            return os.path.getsize(self.path(name)) // RECORD.size
        except FileNotFoundError:
            return 0

    def wait_for(self, count, name='marks'):
        wait_until(lambda: self.count(name) >= count or self.process.poll() is not None,
                   '%d starts' % count)
        if self.process.poll() is not None:
            raise ChildProcessError('%s ended with %d' % (self.system.name, self.process.returncode))

    def connect(self):
        def connected():
            try:
                self.connection = Connection(self.path('s.sock'))
                return True
            except OSError:
                return False

        wait_until(connected, 'the socket')
        return self.connection

    def command_ms(self, *words):
        """A command of supctl or supervisorctl, from exec to exit."""
        return wall_ms([self.system.control, '-c', self.path('s.conf'), *words])

    def restarts_ms(self, kills, name='marks', pause=0.02):
        """Kills children in turn: milliseconds until the replacement's first instruction."""
        queue = self.living.setdefault(name, collections.deque(self.records(name)))
        times = []
        for _ in range(kills):
            born, pid = queue.popleft()
            # Those that lived for less than a second, supervisord starts again later.
            time.sleep(max(0.0, 1.2 - (time.monotonic_ns() - born) / 1e9) + random.uniform(0, pause))
            known = self.count(name)
            killed = time.monotonic_ns()
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self.count(name) > known, 'a restart', 0.0005)
            record = self.records(name, known)[0]
            times.append((record[0] - killed) / 1e6)
            queue.append(record)
        return times


def program(name, command='CHILD wait @/marks', more=''):
    return ('[program:%s]\ncommand=%s\nstartsecs=0\nautorestart=true\nredirect_stderr=true\n'
            'stdout_logfile=@/%s.log\n%s' % (name, command, name, more))


def most_programs():
    """Three descriptors each in the daemon; the keeper has them, too, but is another process."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    with open('/proc/sys/kernel/pid_max') as file:
        processes = min(int(file.read()), processes if processes > 0 else 1 << 30)
    return min((descriptors - 200) // 3, processes - 2000)


def scale(system, binaries, quick):
    """What grows with the number of programs."""
    for n in (10, 100, 1000) if quick else (10, 100, 1000, 5000, 10000):
        if n > min(system.largest, most_programs()) or (quick and n > 100 and system.kills < 10):
            continue
        text = ''.join(program('p%05d' % i) for i in range(n))
        with Daemon(system, binaries, text, n) as daemon:
            boot = (max(each[0] for each in daemon.records()) - daemon.began) / 1e6
            connection = daemon.connect()
            connection.ask()
            asked = []
            for _ in range(20 if system.kills > 10 else 3):
                began = time.monotonic()
                connection.ask()
                asked.append((time.monotonic() - began) * 1000)
            status = [daemon.command_ms('status') for _ in range(5 if system.kills > 10 else 2)]
            restarts = daemon.restarts_ms(min(n, system.kills // (3 if quick else 1) or 1))
            began = time.monotonic()
            daemon.process.terminate()
            daemon.process.wait(PATIENCE)
            yield {'n': n}, {
                'boot_ms': boot, 'info_ms': statistics.median(asked),
                'status_ms': statistics.median(status), 'restart_ms': statistics.median(restarts),
                'stop_ms': (time.monotonic() - began) * 1000}


def update(system, binaries, quick):
    """One of many programs has changed: the update command, from exec to exit, which is after the
    changed program has started anew."""
    n = 200 if quick else 1000

    def text(change):
        return ''.join(program('p%05d' % i, more='environment=A="%d"\n' % (change if i == n // 2 else 0))
                       for i in range(n))

    with Daemon(system, binaries, text(0), n) as daemon:
        daemon.connect()
        times, until = [], []
        for change in range(1, 2 if system.kills < 10 else 6):
            daemon.configure(text(change))
            began = time.monotonic_ns()
            times.append(daemon.command_ms('update'))
            daemon.wait_for(n + change)
            until.append((daemon.records(first=n + change - 1)[0][0] - began) / 1e6)
        yield {'n': n}, {'command_ms': statistics.median(times), 'started_ms': statistics.median(until),
                         'others_restarted': daemon.count() - n - len(times)}


def ticks(system, binaries, quick):
    """Listeners that each get every TICK_5: from the first that hears it to the last, and what a tick
    costs the daemon."""
    n = 100 if quick else 1000
    text = ''.join('[eventlistener:l%05d]\ncommand=CHILD listen @/marks\nevents=TICK_5\nstartsecs=0\n'
                   'stderr_logfile=NONE\n' % i for i in range(n))
    with Daemon(system, binaries, text, n) as daemon:
        daemon.wait_for(2 * n)  # the first tick may find some that are not ready
        time.sleep(0.5)
        cost, known = cpu_ms(daemon.process.pid), daemon.count()
        wanted = 1 if quick else 2
        daemon.wait_for(known + wanted * n)
        time.sleep(0.5)
        stamps = sorted(each[0] for each in daemon.records(first=known))
        spans = [stamps[(i + 1) * n - 1] - stamps[i * n] for i in range(len(stamps) // n)]
        yield {'n': n}, {'span_ms': statistics.median(spans) / 1e6,
                         'daemon_cpu_ms': (cpu_ms(daemon.process.pid) - cost) / len(spans)}


def burdens(system, binaries, quick):
    """How long a restart takes while others keep the daemon busy."""
    writers = 50
    quiet = program('victim', 'CHILD wait @/victim')
    busy = quiet + ''.join(program('w%02d' % i, 'CHILD write @/marks 200') for i in range(writers))
    # One more writer, whose log is on a disk that takes 20 ms for each write.
    slow = busy + program('slow', 'CHILD write @/marks 200').replace('@/slow.log', '@/slow/x.log')
    preload = {'LD_PRELOAD': os.path.join(binaries, 'bench_slow_disk.so')}
    cases = [('nothing', quiet, 0, None, {}),
             ('50 writers', busy, writers, None, {}),
             ('50 writers, 4 clients', busy, writers, 'usual', {}),
             ('50 writers, a slow client', busy, writers, 'slow', {}),
             ('50 writers, a slow disk', slow, writers + 1, None, preload)]
    if quick:
        cases = [cases[0], *cases[3:]] if system.name == 'suprun' else []
    for name, text, count, load, environment in cases:
        with Daemon(system, binaries, text, count, environment) as daemon:
            daemon.wait_for(1, 'victim')
            if load:
                daemon.connect()
                subprocess.Popen([sys.executable, '-B', os.path.join(HERE, 'load.py'),
                                  daemon.path('s.sock'), load])
                time.sleep(0.5)
            # One victim: each is a second old when it is killed.
            times = daemon.restarts_ms(min(4 if quick else 12, system.kills), 'victim')
            yield {'beside': name}, {'p50_ms': statistics.median(times), 'max_ms': max(times)}


def streams(system, binaries, quick):
    """What a thousand clients that are sent what is new cost a restart: in turns with restarts of the
    same daemon without them. Of the event streams each is sent each restart."""
    if system.name != 'suprun':
        return
    victims, kills = 12, 12 if quick else 36
    text = program('calm') + ''.join(program('v%02d' % i, 'CHILD wait @/victims')
                                     for i in range(victims))
    with Daemon(system, binaries, text, 1) as daemon:
        daemon.wait_for(victims, 'victims')
        daemon.connect()
        for kind, name in (('followers', '1,000 followers of a quiet log'),
                           ('watchers', '1,000 event streams')):
            alone = daemon.restarts_ms(kills, 'victims', 0.2)
            clients = subprocess.Popen([sys.executable, '-B', os.path.join(HERE, 'load.py'),
                                        daemon.path('s.sock'), kind], stdout=subprocess.PIPE)
            clients.stdout.readline()  # all are there
            beside = daemon.restarts_ms(kills, 'victims', 0.2)
            clients.kill()
            clients.communicate()
            time.sleep(0.5)
            for values, *other in ((beside,), (alone, 'floor-alone')):
                yield ({'beside': name}, {'p50_ms': statistics.median(values),
                                          'max_ms': max(values)}, *other)


def crowd(system, binaries, quick):
    """What thousands of connections that say nothing cost: the time of getState on another one beside
    them and without them, the daemon's memory for each, and its CPU while nothing is said at all."""
    if system.name != 'suprun':
        return
    # Half of the descriptors are for connections.
    n = min(1000 if quick else 10000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2 - 100)
    params = {'connections': 'few' if quick else 'many'}
    ask = request(b'getState')

    def times_us(connection):
        values = []
        for _ in range(500):
            began = time.perf_counter()
            connection.ask(ask)
            values.append((time.perf_counter() - began) * 1e6)
        return values

    with Daemon(system, binaries, program('calm'), 1) as daemon:
        connection = daemon.connect()
        alone = times_us(connection)
        memory = resident_kb(daemon.process.pid)
        others = []
        for _ in range(n):
            others.append(Connection(daemon.path('s.sock')))
            if len(others) % 500 == 0:
                connection.ask(ask)  # what waits to be accepted has a limit
        beside = times_us(connection)
        used = cpu_ms(daemon.process.pid)
        time.sleep(2 if quick else 10)
        used = (cpu_ms(daemon.process.pid) - used) / (2 if quick else 10) * 1000
        memory = (resident_kb(daemon.process.pid) - memory) / n
        for other in others:
            other.ask(ask)  # none of them was closed
        yield params, {'count': n, 'p50_us': statistics.median(beside), 'max_us': max(beside),
                       'kb_each': memory, 'cpu_us_per_s': used}
        yield (params, {'p50_us': statistics.median(alone), 'max_us': max(alone)}, 'floor-alone')


def status(system, binaries, quick):
    """The command `status` as a whole process; beside supctl, in turns with it, the least that a client
    in C++ does."""
    for n in (10,) if quick else (10, 1000):
        with Daemon(system, binaries, ''.join(program('p%05d' % i) for i in range(n)), n) as daemon:
            daemon.connect()
            times, least = [], []
            for _ in range(60 if system.kills > 10 else 3):
                times.append(daemon.command_ms('status'))
                if system.name == 'suprun':
                    least.append(wall_ms([os.path.join(binaries, 'least_client'), daemon.path('s.sock')],
                                         check=True))
            yield {'n': n}, {'wall_ms': statistics.median(times), 'max_ms': max(times)}
            if least:
                yield {'n': n}, {'wall_ms': statistics.median(least), 'max_ms': max(least)}, 'floor-client'


def decode(system, binaries, quick):
    """Reading a plan of 1,000 programs, by a program that does nothing else."""
    if system.name != 'suprun':
        return
    with tempfile.TemporaryDirectory() as folder:
        conf, plan = os.path.join(folder, 's.conf'), os.path.join(folder, 'plan.bin')
        with open(conf, 'w') as file:
            file.write('[supervisord]\n' + ''.join(program('p%05d' % i) for i in range(1000))
                       .replace('CHILD', '/bin/cat').replace('@', folder))
        subprocess.run([os.path.join(binaries, 'supc'), 'build', conf, '-o', plan], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        result = subprocess.run([os.path.join(binaries, 'decode_plan'), plan, '3' if quick else '21'],
                                check=True, capture_output=True, text=True)
        yield {'n': 1000}, {'wall_ms': statistics.median(map(float, result.stdout.split()))}


REFERENCE = '''
import sys
from supervisor.options import ServerOptions
options = ServerOptions()
options.realize(['-c', sys.argv[1]], doc='')
'''


def check(system, binaries, quick):
    """Without ../shared/bench: supcheck beside Supervisor's own parser."""
    for n in (1000,) if quick else (1000, 10000):
        with tempfile.TemporaryDirectory() as folder:
            conf = os.path.join(folder, 's.conf')
            with open(conf, 'w') as file:
                file.write('[supervisord]\n' + ''.join(
                    program('p%05d' % i, '/bin/cat', 'directory=/tmp\nstopwaitsecs=20\n')
                    for i in range(n)).replace('@', folder))
            command = [os.path.join(binaries, 'supcheck'), conf] if system.name == 'suprun' else \
                ['/usr/bin/python3', '-c', REFERENCE, conf]
            times = [wall_ms(command) for _ in range(1 if quick else 3)]
            yield {'sections': n, 'files': 1}, {'wall_ms': statistics.median(times)}


BENCH_OF = {'check': 'parse'}  # the row of the table that it stands in
MEASUREMENTS = {'decode': decode, 'status': status, 'update': update, 'ticks': ticks,
                'burdens': burdens, 'streams': streams, 'crowd': crowd, 'scale': scale, 'check': check}
ROUNDS = {'decode': (3, 1), 'status': (3, 1), 'update': (3, 1), 'ticks': (1, 1), 'burdens': (1, 1),
          'streams': (3, 1), 'crowd': (3, 1), 'scale': (2, 1), 'check': (3, 1)}


def measure(names, binaries, quick, note):
    """Rows of all systems, in each round in another order."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in names:
        began = time.monotonic()
        for number in range(ROUNDS[name][quick]):
            order = systems(binaries)
            random.shuffle(order)
            for system in order:
                try:
                    for params, metrics, *other in MEASUREMENTS[name](system, binaries, quick):
                        yield {'bench': BENCH_OF.get(name, name),
                               'system': other[0] if other else system.name, 'round': number,
                               'params': params, 'metrics': metrics}
                except (OSError, EOFError, TimeoutError, subprocess.SubprocessError) as error:
                    note('%s: %s: %s: %s' % (name, system.name, type(error).__name__, error))
                finally:
                    end_all()
        note('%s: %.0f s' % (name, time.monotonic() - began))
