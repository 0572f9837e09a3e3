"""What is done while system calls fail. Each takes a World and a fault, or None to count the calls.

A scenario may be told no by a daemon that lacks something; what must hold afterwards is in
World.check_all.
"""

import os
import re
import signal
import subprocess
import time

from faults import FOREVER, Control
from world import HEAD, INET, LISTENER, MOMENT, PROGRAMS, SOCKET, Violation


def hold(world, fault, condition):
    """One that does not end by itself stays for a moment after it was met, or until this is so."""
    begun = time.monotonic()
    met = None
    while fault and fault.last == FOREVER and world.alive() and not condition():
        met = met or (world.target.failed() and time.monotonic())
        if time.monotonic() > (met + MOMENT if met else begun + 10 * MOMENT):
            break
        time.sleep(0.003)
    if fault and fault.last == FOREVER:
        world.target.disarm()


def settle(world, fault, condition):
    """Waits for what should happen, with a fault that stays only for a moment."""
    hold(world, fault, condition)
    world.wait_for(condition, 'what the scenario does')
    world.disarm()


def up(world):
    return (world.alive() and world.can_be_asked()
            and all(row['statename'] == 'RUNNING' for row in world.processes().values()))


def begin(world, text=HEAD + PROGRAMS):
    """Runs without a fault."""
    world.write('s.conf', text)
    world.start()
    world.wait_for(lambda: up(world), 'the start')


def come_up(world, fault):
    """Starts with a fault; whether it runs."""
    world.start(fault)
    hold(world, fault, lambda: False)
    try:
        world.wait_for(lambda: up(world) if not fault else world.can_be_asked(), 'the start')
    except Violation:
        if world.alive():
            raise
    world.disarm()
    return world.alive()


def boot(world, fault):
    world.write('s.conf', HEAD + PROGRAMS + LISTENER + SOCKET)
    if fault and fault.call == 'stat' and fault.last == FOREVER:
        world.may_stay = ['web.sock', 'c.sock']  # only a file that is known to be ours is removed
    if come_up(world, fault):
        world.check_all()
    else:
        world.check_refused()


def restart(world, fault):
    begin(world)
    world.say('echo', 3)
    world.check_logs()
    before = world.pids()
    world.arm(fault)
    for name in ('echo', 'quiet'):
        os.kill(before[name], signal.SIGKILL)

    def restarted():
        after = world.pids()
        return after and all(after[name] not in (0, before[name]) for name in ('echo', 'quiet'))
    settle(world, fault, restarted)
    world.say('echo', 3)
    world.check_all()


def restart_all(world, fault):
    """As a client asks for it: everything is stopped, read again, and starts."""
    begin(world, HEAD + PROGRAMS + LISTENER + SOCKET)
    world.say('echo', 3)
    world.check_logs()
    before = world.pids()
    world.call('supervisor.getState')
    world.arm(fault)
    world.attempt('supervisor.restart')

    def restarted():
        after = world.pids()
        return after and all(pid not in (0, before[name]) for name, pid in after.items())
    try:
        settle(world, fault, restarted)
    except Violation:
        world.disarm()
        # It may not have been asked, or not been able to stop or to read; then it goes on.
        if not fault or not world.can_be_asked():
            raise
    world.check_all(helped=fault and fault.call == 'kill')


def rotation(world, fault):
    begin(world)
    world.arm(fault)
    for _ in range(5):
        for name in ('echo', 'told'):
            world.say(name, 10)
        time.sleep(0.01)
    world.daemon.send_signal(signal.SIGUSR2)
    world.say('echo', 5)
    settle(world, fault, lambda: world.logged('echo')[-1:] == [world.sent['echo']] or world.is_told())
    world.check_all()


def clearing(world, fault):
    begin(world)
    world.say('echo', 3)
    world.check_logs()
    world.arm(fault)
    world.attempt('supervisor.clearProcessLogs', 'echo')
    world.attempt('supervisor.clearLog')
    settle(world, fault, lambda: True)
    # What was there may be gone or not, but what comes now is there.
    world.said['echo'] = 3
    world.check_all()


def update(world, fault):
    begin(world, HEAD + PROGRAMS + LISTENER)
    changed = (HEAD.replace('loglevel=info', 'loglevel=debug')
               + PROGRAMS.replace('sleep 1000', 'sleep 2000').replace('maxbytes=400', 'maxbytes=600')
               + '[program:added]\ncommand=/bin/sleep 3000\nautorestart=true\nstartsecs=0\n'
                 'startretries=100\n')
    world.write('s.conf', changed)
    before = world.pids()['quiet']
    world.arm(fault)
    world.daemon.send_signal(signal.SIGHUP)
    settle(world, fault, lambda: world.pids().get('quiet') not in (None, 0, before) or world.is_told())
    world.say('echo', 3)
    # Whether it was refused or not, the next one takes all over.
    world.daemon.send_signal(signal.SIGHUP)
    world.wait_for(lambda: sorted(world.pids()) == ['added', 'echo', 'quiet', 'told'], 'the update')
    world.check_all(helped=fault and fault.call == 'kill')


def requests(world, fault):
    begin(world)
    world.say('echo', 3)
    world.check_logs()
    world.arm(fault)
    world.attempt('supervisor.getAllProcessInfo')
    world.attempt('supervisor.stopProcess', 'quiet')
    world.attempt('supervisor.startProcess', 'quiet')
    world.attempt('supervisor.stopProcess', 'echo', False)
    world.attempt('supervisor.startProcess', 'echo', False)
    world.attempt('supervisor.signalProcess', 'quiet', 'CONT')
    world.attempt('supervisor.sendProcessStdin', 'told', 'x\n')
    world.attempt('supervisor.tailProcessStdoutLog', 'echo', 0, 100)
    world.attempt('supervisor.readLog', -100, 0)
    world.attempt('supervisor.reloadConfig')
    world.attempt('system.listMethods')
    settle(world, fault, lambda: world.can_be_asked(patience=0.5))
    world.check_all(helped=True)


# Of a control server over TCP: what it does not do for a UNIX socket, too, is tried elsewhere.
NETWORK = set('''accept bind connect epoll_ctl fcntl getsockopt listen poll read recv send setsockopt socket
write'''.split())


def answers_over_tcp(world):
    return world.can_be_asked(patience=0.5, tcp=True)


def tcp_boot(world, fault):
    world.write('s.conf', HEAD + INET % world.move_port() + PROGRAMS)
    if come_up(world, fault):
        world.wait_for(lambda: answers_over_tcp(world), 'an answer over TCP')
        world.check_all()
    else:
        world.check_refused()


def tcp_requests(world, fault):
    begin(world, HEAD + INET % world.move_port() + PROGRAMS)
    world.say('echo', 3)
    world.check_logs()
    world.wait_for(lambda: answers_over_tcp(world), 'an answer over TCP')
    world.arm(fault)
    for method, arguments in (('getAllProcessInfo', []), ('stopProcess', ['quiet']), ('startProcess', ['quiet']),
                              ('tailProcessStdoutLog', ['echo', 0, 100])):
        world.attempt('supervisor.' + method, *arguments, tcp=True)
    # One connection that is kept, one that tails, one that follows.
    world.attempt_several('/', '/metrics', '/api/v1/processes')
    world.attempt_several('/logtail/echo/stdout')
    world.attempt_several('/api/v1/events')
    settle(world, fault, lambda: answers_over_tcp(world))
    world.check_all(helped=True)


def tcp_moves(world, fault):
    """Another port while it runs."""
    begin(world, HEAD + INET % world.move_port() + PROGRAMS)
    world.wait_for(lambda: answers_over_tcp(world), 'an answer over TCP')
    world.write('s.conf', HEAD + INET % world.move_port() + PROGRAMS)
    world.arm(fault)
    world.daemon.send_signal(signal.SIGHUP)
    settle(world, fault, lambda: answers_over_tcp(world) or world.is_told())
    # Whether it was refused or not, the next one takes it over.
    world.daemon.send_signal(signal.SIGHUP)
    world.wait_for(lambda: answers_over_tcp(world), 'an answer at the other port')
    world.check_all()


for each in (tcp_boot, tcp_requests, tcp_moves):
    each.calls = NETWORK


def spool(world, fault):
    begin(world, HEAD + PROGRAMS + LISTENER.replace('1MB', '4000'))
    world.arm(fault)
    acknowledged = []
    for number in range(30):
        if world.attempt('supervisor.sendRemoteCommEvent', 'event', 'E%03d' % number + 'x' * 200, patience=0.2):
            acknowledged.append(number)
    settle(world, fault, lambda: world.can_be_asked(patience=0.5))
    world.check_recovers()
    world.call('supervisor.sendRemoteCommEvent', 'event', 'last')

    def heard():
        return re.findall(r'^type:event (E\d+|last)', world.read('ear.txt'), re.M)
    world.wait_for(lambda: heard()[-1:] == ['last'], 'the last event')
    told = 'dropped' in world.log() or 'are lost' in world.log()
    missing = [number for number in acknowledged if 'E%03d' % number not in heard()]
    if missing and not told:
        raise Violation('events %s were lost' % missing)
    first = list(dict.fromkeys(heard()))
    if first != sorted(first):
        raise Violation('events came in this order: %s' % first)
    world.check_all()


def spooled(world, fault):
    """A start over events that wait on disk."""
    begin(world, HEAD + PROGRAMS + LISTENER)
    world.call('supervisor.stopProcess', 'ear')
    for number in range(5):
        world.call('supervisor.sendRemoteCommEvent', 'event', 'E%d' % number)
    world.check_ends()
    if not come_up(world, fault):
        world.start()
    world.check_recovers()
    # A file that could be read at first and not later is told of, and read again at the next start.
    world.wait_for(lambda: set(re.findall(r'^type:event (E\d)', world.read('ear.txt'), re.M))
                   == {'E%d' % number for number in range(5)} or 'events are lost' in world.log(),
                   'what waited on disk')
    world.check_all()


def shutdown(world, fault):
    begin(world, HEAD + PROGRAMS + LISTENER)
    world.say('echo', 3)
    world.arm(fault)
    world.daemon.send_signal(signal.SIGTERM)
    hold(world, fault, lambda: False)
    world.wait_for_end()
    world.disarm()
    world.check_log()
    world.check_nothing_is_left()
    # What could not be removed is left; that is no reason to stay.
    if not fault or fault.call not in ('unlink', 'stat', 'fstat', 'read'):
        world.check_files_are_gone()


def adoption(world, fault):
    begin(world, HEAD + PROGRAMS + SOCKET)
    if fault and fault.call == 'stat':
        world.may_stay = ['web.sock']  # only a file that is known to be ours is removed
    before = world.pids()
    world.say('echo', 3)
    world.daemon.kill()
    world.daemon.wait()
    world.say('echo', 3)
    if come_up(world, fault):
        world.check_recovers()
    else:
        # Nothing is lost by a start that was refused: the next one finds them.
        if world.daemon.returncode != 2 or not world.read('s.err'):
            raise Violation('refused with status %d' % world.daemon.returncode)
        world.start()
        world.wait_for(world.can_be_asked, 'the start after the one that was refused')
        world.check_recovers()
    check_adopted(world, before)


def check_adopted(world, before):
    world.check_recovers()
    if before != world.pids():
        raise Violation('not adopted: %s, now %s' % (before, world.pids()))
    world.check_all()


def keeping(world, fault):
    """The keeper's calls, from its start on: it holds on, or another one does."""
    world.watch_keeper()
    world.arm(fault)
    begin(world, HEAD + PROGRAMS + SOCKET)
    before = world.pids()
    os.kill(before['quiet'], signal.SIGKILL)

    def restarted():
        after = world.pids()
        return after and after['quiet'] not in (0, before['quiet'])
    settle(world, fault, restarted)
    world.wait_for(world.has_keeper, 'a keeper')
    before = world.pids()
    world.daemon.kill()
    world.daemon.wait()
    world.say('echo', 3)
    world.start()
    world.wait_for(world.can_be_asked, 'the next daemon')
    check_adopted(world, before)


def handing_over(world, fault):
    """The keeper's calls once its daemon is gone: it may refuse the next one, but loses nothing."""
    world.watch_keeper()
    begin(world, HEAD + PROGRAMS + SOCKET)
    world.wait_for(world.has_keeper, 'a keeper')
    before = world.pids()
    world.arm(fault)
    world.daemon.kill()
    world.daemon.wait()
    world.say('echo', 3)
    world.start()
    hold(world, fault, lambda: False)
    try:
        world.wait_for(world.can_be_asked, 'the next daemon')
    except Violation:
        if world.alive():
            raise
    world.disarm()
    if not world.alive():
        if world.daemon.returncode != 2 or not world.read('s.err'):
            raise Violation('refused with status %d' % world.daemon.returncode)
        world.start()
        world.wait_for(world.can_be_asked, 'the daemon after the one that was refused')
    check_adopted(world, before)


def upgrade(world, fault):
    begin(world, HEAD + PROGRAMS + LISTENER)
    before = world.pids()
    world.say('echo', 3)
    world.arm(fault)
    if fault and fault.call == 'stat':
        world.may_stay = ['c.sock']  # only a file that is known to be ours is removed
    world.daemon.send_signal(signal.SIGUSR1)
    settle(world, fault, lambda: world.attempt('suprun.getUpgrades') == 1 or 'no upgrade' in world.log())
    if not fault and world.pids() != before:
        raise Violation('an upgrade started something anew')
    world.say('echo', 3)
    world.check_all()


def compiling(world, fault):
    """supc: a plan is new or as it was, never half a one."""
    plan, command = world.path('plan.bin'), [os.path.join(world.bin_folder, 'supc'), 'build', '-o',
                                             world.path('plan.bin'), world.path('s.conf')]
    if not os.path.exists(command[0]):
        return

    def build(fault):
        world.control = Control(world.path('control'), world.library)
        world.control.arm(fault)
        made = subprocess.run(command, capture_output=True, text=True, env=world.control.environment())
        world.disarm()
        with open(plan, 'rb') as file:
            return made, file.read()
    world.write('s.conf', HEAD + PROGRAMS)
    world.write('plan.bin', '')
    _, old = build(None)
    world.write('s.conf', HEAD + PROGRAMS + LISTENER)
    made, now = build(fault)
    injected, counts = world.injected, world.counts
    left = set(os.listdir(world.folder)) - {'s.conf', 'plan.bin', 'control', 'in.echo', 'in.told', 'echo.sh',
                                            'ear.sh'}
    again, new = build(None)
    if again.returncode or left or now != (old if made.returncode else new) or (
            made.returncode and not made.stderr):
        raise Violation('status %d, %s, left %s' % (made.returncode, made.stderr, left))
    world.injected, world.counts = injected, counts


SCENARIOS = [boot, restart, restart_all, rotation, clearing, update, requests, tcp_boot, tcp_requests, tcp_moves, spool,
             spooled, shutdown, adoption, keeping, handing_over, upgrade, compiling]

# Calls of the table that none of these makes.
NEVER_CALLED = []

# What can be done without, or done otherwise, need not be told: only these have consequences that
# somebody has to know of, in whatever scenario.
CONSEQUENCES = set('''bind chown epoll_create execv execve fork ftruncate kill link listen memfd_create
mkdir pidfd_open pipe signalfd socketpair'''.split())
SOMETIMES = {('clone', 'EAGAIN'), ('clone', 'ENOMEM'), ('accept', 'ENOMEM')}


def must_be_told(scenario, fault):
    # One of them empties the log, one has none, as the keeper; with kill a start only asks who lives.
    return scenario not in ('clearing', 'compiling', 'keeping', 'handing_over') and (
        scenario, fault.call) != ('adoption', 'kill') and (
        fault.call in CONSEQUENCES or (fault.call, fault.error) in SOMETIMES
        or (scenario, fault.call, fault.first) == ('boot', 'flock', 1)
        or (scenario, fault.call) in (('rotation', 'rename'), ('rotation', 'write'))
        and fault.error != 'EINTR')
