"""Which system calls fail, and how: the other side of preload.cpp."""

import errno
import mmap
import os
import struct

MOST_CALLS = 64
LONGEST_NAME = 16
# As in preload.cpp: where the name of the call that fails begins, the counts, the names of what is counted.
CALL = 5 * 4
COUNTS = CALL + LONGEST_NAME
NAMES = COUNTS + MOST_CALLS * 4
SIZE = NAMES + MOST_CALLS * LONGEST_NAME

FOREVER = 0xFFFFFFFF

# What each call can fail with on a real machine. Not what would be a mistake of the caller, and not what
# cannot happen to what we ask of it.
ERRORS = {
    'accept': ['EMFILE', 'ECONNABORTED', 'ENOMEM'],
    'bind': ['EADDRINUSE', 'EACCES'],
    'chmod': ['EPERM'],
    'chown': ['EPERM'],
    'clone': ['EAGAIN', 'ENOMEM', 'EPERM'],  # the last one of a sandbox: then it forks
    'close_range': ['ENOSYS'],
    'connect': ['EAGAIN', 'EACCES'],
    'dup': ['EBUSY'],
    'epoll_create': ['EMFILE'],
    'epoll_ctl': ['ENOMEM', 'ENOSPC'],
    'epoll_wait': ['EINTR'],
    'eventfd': ['EMFILE'],
    'execv': ['ENOMEM'],
    'execve': ['ENOMEM', 'EACCES'],
    'fcntl': ['EMFILE'],
    'flock': ['ENOLCK'],
    'fork': ['EAGAIN'],
    'fstat': ['ENOMEM'],
    'fsync': ['EIO'],
    'ftruncate': ['ENOSPC'],
    'getcwd': ['ENOENT'],
    'getrandom': ['ENOSYS'],
    'getsockopt': ['ENOBUFS'],
    'kill': ['EPERM'],
    'limit': ['EPERM'],
    'link': ['EPERM'],
    'listen': ['EADDRINUSE'],
    'memfd_create': ['EMFILE'],
    'mkdir': ['EACCES'],
    'mmap': ['ENOMEM'],
    'open': ['EMFILE', 'EACCES', 'ENOSPC'],
    'pidfd_open': ['EMFILE'],
    'pipe': ['EMFILE', 'ENFILE'],
    'poll': ['EINTR', 'ENOMEM'],
    'read': ['EINTR', 'EIO'],
    'recv': ['EINTR', 'ECONNRESET'],
    'rename': ['EACCES', 'ENOSPC'],
    'send': ['ENOBUFS', 'ETOOMANYREFS', 'EPIPE'],
    'setsockopt': ['ENOBUFS'],
    'signalfd': ['EMFILE'],
    'socket': ['EMFILE', 'EACCES'],
    'socketpair': ['EMFILE'],
    'stat': ['EACCES'],
    'timerfd': ['EMFILE'],
    'unlink': ['EACCES'],
    'waitpid': ['EINTR'],
    'write': ['ENOSPC', 'EIO', 'EINTR'],
}

# These come now and then, but not every time.
PASSING = {'EINTR', 'ECONNABORTED', 'EIO of read'}


def passes(call, error):
    return error in PASSING or '%s of %s' % (error, call) in PASSING


class Fault:
    """The calls number `first` to `last` of this name fail, counted from when it is switched on."""

    def __init__(self, call, error, first, last):
        self.call, self.error, self.first, self.last = call, error, first, last

    def __str__(self):
        many = '' if self.last == self.first else '-' if self.last == FOREVER else '-%d' % self.last
        return '%s %s %d%s' % (self.call, self.error, self.first, many)


class Control:
    """The file that a daemon with the library maps."""

    def __init__(self, path, library):
        self.path, self.library = path, library
        with open(path, 'wb') as file:
            file.write(b'\0' * SIZE)
        with open(path, 'r+b') as file:
            self.memory = mmap.mmap(file.fileno(), SIZE)

    def environment(self):
        found = dict(os.environ, FAULTS=self.path, LD_PRELOAD=self.library)
        # The sanitizer wants to be the first that is loaded; it works as the second, too.
        found['ASAN_OPTIONS'] = ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'),
                                                       'verify_asan_link_order=0']))
        return found

    def counts(self):
        """How often each call was made since the count began."""
        numbers = struct.unpack('%dI' % MOST_CALLS, self.memory[COUNTS:NAMES])
        names = [self.memory[start:start + LONGEST_NAME].rstrip(b'\0').decode()
                 for start in range(NAMES, SIZE, LONGEST_NAME)]
        return {name: count for name, count in zip(names, numbers) if count}

    def arm(self, fault):
        """Counts anew; None: nothing fails."""
        self.disarm()
        self.memory[COUNTS:NAMES] = b'\0' * (NAMES - COUNTS)
        if fault:
            struct.pack_into('4I', self.memory, 4, fault.first, fault.last, getattr(errno, fault.error), 0)
            self.memory[CALL:COUNTS] = fault.call.encode().ljust(LONGEST_NAME, b'\0')

    def disarm(self):
        self.memory[CALL:COUNTS] = b'\0' * LONGEST_NAME

    def failed(self):
        """How many calls failed since the fault was switched on."""
        return struct.unpack_from('I', self.memory, 16)[0]
