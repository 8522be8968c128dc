"""The layers of the sandbox, for Linux, with ctypes over libc and libseccomp.

The fork server calls `prepare` once; each child that it forks calls `enter`, which applies one
function per layer. A layer that is not in ``Plan.layers`` is left out, so that a test can switch
off one layer and watch the attack that it prevents succeed.

    plan = prepare(layers, readable)        # fork server: filter compiled, Landlock rules opened
    enter(plan, uid=1_000_000_064, ...)     # child: from now on it can only compute and answer

The layers in the order in which a child applies them:

    rlimits   address space, CPU, file size 0, few descriptors, no core dump, no processes
    chroot    an empty directory owned by root, where neither Landlock nor a mount view is available
    uid       a separate uid and gid, no supplementary groups
    caps      no capability in any set, including the bounding set
    landlock  reads only below the interpreter and its libraries, no writes, no TCP, signals
               and abstract sockets only within the sandbox
    seccomp    an allow-list of system calls, none of which can name another process

and around them ``pidns`` (a pid namespace for each child), ``mounts`` (bubblewrap's view of the
file system, set up by `grader.sandbox.launch`) and ``quiet`` (one child cannot see what another one
reads: no access times, no /proc). no-new-privs, not-dumpable and the parent-death signal are always
on.

Sources: landlock(7), seccomp(2), capabilities(7), prctl(2), pid_namespaces(7), libseccomp's
seccomp_rule_add(3).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

LAYERS: Final = (
    "rlimits", "chroot", "uid", "caps", "landlock", "seccomp", "pidns", "mounts", "quiet",
)  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWPID: Final = 0x20000000
OUT_OF_MEMORY: Final = 86
"""The exit status of a worker that has too little memory left to answer."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """Resources that the fork server prepared for its children."""

    layers: frozenset[str]
    landlock_fd: int = -1
    filter: bytes = b""
    own_pidns_fd: int = -1
    address_space: int = 0
    """Bytes of address space in use after everything is loaded."""
    jail: str = ""
    """The directory for ``chroot``: an empty one, or the one with the exercise's data."""
    start: str = "/"
    """The working directory inside the jail."""
    own: str = ""
    """The path at which each child mounts its own writable file system; '' for none."""
    given: str = ""
    """The directory whose files are copied into that file system."""


def prepare(
    layers: Iterable[str],
    readable: Iterable[str],
    listable: Iterable[str] = (),
    jail: str = "",
    own: str = "",
    given: str = "",
) -> LayerPlan:
    """Return the plan for children with ``layers``; raise OSError if a layer is not available.

    Args:
        layers: Some of `LAYERS`.
        readable: Paths below which Landlock allows reading.
        listable: Paths below which Landlock allows listing names.
        jail: The directory for ``chroot``.
        own: An empty directory on which each child mounts its own writable file system.
        given: The directory whose files are copied into that file system.
    """
    wanted = frozenset(layers)
    if own and not _works(lambda: mount_own(own, given)):
        raise OSError(
            "`writes: true` needs a private folder for each submission, which cannot be mounted here "
            "(run as root, or install bubblewrap)"
        )
    if "caps" in wanted:
        drop_bounding_set()
    # Landlock identifies the mount by the folder above it
    writable = [os.path.dirname(own)] if own else []
    inside = own if own else given
    return LayerPlan(
        layers=wanted,
        landlock_fd=landlock_rules(readable, listable, writable) if "landlock" in wanted else -1,
        filter=seccomp_filter(writes=bool(own)) if "seccomp" in wanted else b"",
        own_pidns_fd=os.open("/proc/self/ns/pid", os.O_RDONLY) if "pidns" in wanted else -1,
        address_space=_address_space(),
        jail=jail,
        start=inside.removeprefix(jail) or "/" if jail else "/",
        own=own,
        given=given,
    )


def enter(plan: LayerPlan, uid: int, memory: int, cpu: int, keep: Iterable[int]) -> None:
    """Lock this process down: ``memory`` in bytes beyond what is loaded, ``cpu`` in seconds.

    Descriptors other than 0, 1, 2 and ``keep`` are closed. Raises OSError if a layer fails.
    """
    os.setsid()
    _close_others({0, 1, 2, *keep, plan.landlock_fd})
    if plan.own:
        mount_own(plan.own, plan.given)
        os.chdir(plan.own)
    if "rlimits" in plan.layers:
        size = OWN_BYTES if plan.own else 0
        set_rlimits(plan.address_space + memory, cpu, alone="uid" in plan.layers, file_size=size)
    if "chroot" in plan.layers:
        os.chroot(plan.jail)
        os.chdir(plan.start)
    if "uid" in plan.layers:
        drop_uid(uid)
    if "caps" in plan.layers:
        drop_capabilities()
    die_with_parent()
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if plan.landlock_fd >= 0:
        _syscall(_LANDLOCK_RESTRICT_SELF, plan.landlock_fd, 0)
        os.close(plan.landlock_fd)
    if plan.filter:
        seccomp_load(plan.filter)


def die_with_parent(parent: int = 0) -> None:
    """Have the kernel end this process when its parent ends, for whatever reason.

    Args:
        parent: The pid of the parent. If the parent has ended already, no signal would arrive, so
            this process ends at once.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        os._exit(1)


def fork_in_pidns(plan: LayerPlan) -> int:
    """Fork, into a new pid namespace if the plan has that layer."""
    if plan.own_pidns_fd < 0:
        return os.fork()
    unshare(CLONE_NEWPID)
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid != 0:
            _check(_libc.setns(plan.own_pidns_fd, CLONE_NEWPID))
    return pid


def unshare(flags: int) -> None:
    """Call the system's unshare; raise OSError if it fails."""
    _check(_libc.unshare(flags))


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _syscall(number: int, *args: object) -> int:
    return _check(_libc.syscall(number, *args))


def _prctl(option: int, value: int, *more: int) -> None:
    padded = (value, *more, 0, 0, 0)[:4]
    _check(_libc.prctl(option, *(ctypes.c_ulong(number) for number in padded)))


def _close_others(keep: set[int]) -> None:
    low = 0
    for fd in sorted(fd for fd in keep if fd >= 0):
        if low < fd:
            os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


# --- rlimits, uid, capabilities ---------------------------------------------------------------


def set_rlimits(address_space: int, cpu: int, *, alone: bool, file_size: int = 0) -> None:
    """Set this process's resource limits permanently.

    The soft CPU limit equals the hard one, because pid 1 of a namespace ignores SIGXCPU.

    Args:
        address_space: The limit in bytes.
        cpu: The limit in seconds.
        alone: Whether no other process has this uid.
        file_size: Bytes of the largest file that it may write.
    """
    limits = {
        resource.RLIMIT_AS: address_space,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if alone:
        limits[resource.RLIMIT_NPROC] = 1
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def lift_data_limit() -> None:
    """Lift the limit that a grading process sets while a hidden test runs, and we inherit."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def drop_uid(uid: int) -> None:
    """Switch to ``uid``, to the gid of the same number, and to no other group."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def drop_bounding_set() -> None:
    """Empty the capability bounding set, as far as this process is allowed to."""
    for capability in range(64):
        try:
            _prctl(_PR_CAPBSET_DROP, capability)
        except OSError:  # past the last capability, or not permitted
            break


def drop_capabilities() -> None:
    """Empty the ambient, effective, permitted and inheritable sets."""
    with contextlib.suppress(OSError):  # there is no ambient set before Linux 4.3
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("<Ii", 0x20080522, 0)
    _check(_libc.capset(header, bytes(24)))


# --- a writable folder --------------------------------------------------------------------------

OWN_BYTES: Final = 16 << 20
"""Bytes that a child may write to its own folder, in addition to the copied data."""
_OWN_INODES: Final = 2000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC = 2, 4, 8, 0x4000


def mount_own(folder: str, given: str) -> None:
    """Mount a size-limited file system with a copy of ``given`` that only this process sees.

    Raises:
        OSError: This process may not mount.
    """
    unshare(CLONE_NEWNS)
    _check(_libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))
    size = OWN_BYTES + sum(os.path.getsize(path) for path, _ in _files_below(given))
    inodes = _OWN_INODES + sum(1 for _ in _files_below(given))
    options = f"size={size},nr_inodes={inodes},mode=0777".encode()
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    _check(_libc.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, options))
    mask = os.umask(0)
    for path, name in _files_below(given):
        copy = os.path.join(folder, name)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(path, "rb") as source, open(copy, "wb") as out:
            while part := source.read(1 << 20):
                out.write(part)
    os.umask(mask)


def _files_below(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the path of every file below a folder, and its relative name."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            yield path, os.path.relpath(path, folder)


# --- Landlock ---------------------------------------------------------------------------------

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_ALL, _SCOPE_ALL = 0b11, 0b11


def landlock_abi() -> int:
    """Return the kernel's Landlock ABI version; 0 if it has none."""
    return int(max(0, _libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def landlock_rules(
    readable: Iterable[str], listable: Iterable[str] = (), writable: Iterable[str] = ()
) -> int:
    """Return the descriptor of a Landlock rule set that allows only these accesses."""
    abi = landlock_abi()
    handled = (1 << _FS_RIGHTS[min(abi, 5)]) - 1 if abi else 0
    fields = [handled, _NET_ALL, _SCOPE_ALL][: 1 + (abi >= 4) + (abi >= 6)]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = _syscall(
        _LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
    )
    for path in readable:
        _allow_below(rules, path, _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0))
    for path in listable:
        _allow_below(rules, path, _READ_DIR)
    for path in writable:
        _allow_below(rules, path, handled)
    return rules


def _allow_below(rules: int, path: str, access: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    _syscall(_LANDLOCK_ADD_RULE, rules, 1, struct.pack("=Qi", access, fd), 0)
    os.close(fd)


# --- traces that one child could leave for the next ---------------------------------------------

_MOUNT_SETATTR: Final = 442
_AT_RECURSIVE, _MOUNT_READ_ONLY, _MOUNT_NO_ATIME, _MOUNT_ATIME_MASK = 0x8000, 0x1, 0x10, 0x70
_MS_PRIVATE, _MNT_DETACH = 1 << 18, 2


def read_quietly(is_mounted: bool, readable: Iterable[str]) -> None:
    """Keep children from seeing what another child has read.

    A read updates a file's access time, which any child may look at; two submissions could pass on
    a number in this way. Bubblewrap's mounts are read-only and record no access times. Elsewhere
    this process creates such mounts itself or, where that is not permitted, reads every file once:
    Linux then leaves the time unchanged for a day (``relatime``).

    Args:
        is_mounted: Whether bubblewrap provides the view of the file system.
        readable: The files and folders that children may read.
    """
    if is_mounted:
        with contextlib.suppress(OSError):  # without the permission, Landlock blocks /proc
            _check(_libc.umount2(b"/proc", _MNT_DETACH))
        return
    attributes = struct.pack(
        "=4Q", _MOUNT_READ_ONLY | _MOUNT_NO_ATIME, _MOUNT_ATIME_MASK, _MS_PRIVATE, 0
    )
    try:
        unshare(CLONE_NEWNS)
        _syscall(_MOUNT_SETATTR, -1, b"/", _AT_RECURSIVE, attributes, ctypes.c_size_t(32))
    except OSError:
        for path in readable:
            _touch_below(path)


def _touch_below(path: str) -> None:
    """Read a file, or every file and folder below a folder, to update its access time."""
    for folder, _, files in os.walk(path):
        for name in files:
            _touch(os.path.join(folder, name))
    _touch(path)


def _touch(path: str) -> None:
    with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
        file.read(1)


# --- seccomp ----------------------------------------------------------------------------------

_FREE: Final = """
    read readv write writev pread64 close lseek dup fstat newfstatat stat lstat statx
    access faccessat faccessat2 readlink readlinkat getcwd getdents64
    poll ppoll select pselect6 mmap munmap mremap mprotect madvise brk
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall sched_yield
    nanosleep gettimeofday time times getrlimit setitimer getitimer
    getrandom getpid gettid getppid getuid geteuid getgid getegid getpgrp getgroups uname
    exit exit_group set_robust_list rseq set_tid_address
""".split()
"""System calls allowed with any arguments: they act on this process or its open descriptors.

Calls that report on the machine are left out, since they reveal what other processes do: sysinfo
(free memory, load), mincore and getrusage (which pages of a library are in memory), statfs (free
space).
"""

_WRITING_CALLS: Final = """
    open openat creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 truncate ftruncate
    fsync fdatasync pwrite64 chmod fchmod fchmodat umask utimensat fallocate fcntl
""".split()
"""Also allowed for a child with a writable folder; file permissions decide what it may write."""

_EQUAL, _MASKED = 4, 7  # SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ
_WRITING = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | (getattr(os, "O_TMPFILE", 0) & ~os.O_DIRECTORY)
_OTHERS_CLOCK = 0x80000000  # a negative clock id names another process
_FCNTL = (1, 2, 3, 1030)  # F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC: not F_SETOWN, F_SETSIG
# wait, wake, requeue, bitsets; not the PI operations, which name a tid
_FUTEX = (0, 1, 3, 4, 5, 9, 10)

_Condition = tuple[int, int, int, int]  # argument, comparison, mask or value, value

_CHECKED: Final[dict[str, tuple[tuple[_Condition, ...], ...]]] = {
    "open": (((1, _MASKED, _WRITING, 0),),),
    "openat": (((2, _MASKED, _WRITING, 0),),),
    "fcntl": tuple(((1, _MASKED, 0xFFFFFFFF, command),) for command in _FCNTL),
    "futex": tuple(((1, _MASKED, 0x7F, operation),) for operation in _FUTEX),
    "prlimit64": (((0, _EQUAL, 0, 0), (2, _EQUAL, 0, 0)),),
    "sched_getaffinity": (((0, _EQUAL, 0, 0),),),
    "clock_gettime": (((0, _MASKED, _OTHERS_CLOCK, 0),),),
    "clock_getres": (((0, _MASKED, _OTHERS_CLOCK, 0),),),
    "clock_nanosleep": (((0, _MASKED, _OTHERS_CLOCK, 0),),),
}
"""Allowed if all conditions of one alternative hold."""

_REFUSED: Final = {"clone3": 38, "ioctl": 25, "fork": 11, "vfork": 11, "clone": 11}
"""Refused with the errno that callers expect instead of EPERM: ENOSYS, ENOTTY, EAGAIN."""

_ACT_ALLOW, _ACT_ERRNO, _ACT_KILL = 0x7FFF0000, 0x00050000, 0x80000000
_FLTATR_ACT_BADARCH, _FLTATR_OPTIMIZE = 2, 8


class _ArgCompare(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def seccomp_filter(*, writes: bool = False) -> bytes:
    """Compile the allow-list with libseccomp; return the BPF program or raise OSError."""
    checked = {k: v for k, v in _CHECKED.items() if not (writes and k in _WRITING_CALLS)}
    lib = _libseccomp()
    context = lib.seccomp_init(_ACT_ERRNO | 1)
    try:
        lib.seccomp_attr_set(context, _FLTATR_ACT_BADARCH, _ACT_KILL)
        lib.seccomp_attr_set(context, _FLTATR_OPTIMIZE, 2)
        for name in [*_FREE, *(_WRITING_CALLS if writes else ())]:
            _add_rule(lib, context, _ACT_ALLOW, name, ())
        for name, alternatives in checked.items():
            for conditions in alternatives:
                _add_rule(lib, context, _ACT_ALLOW, name, conditions)
        for name, number in _REFUSED.items():
            _add_rule(lib, context, _ACT_ERRNO | number, name, ())
        return _exported(lib, context)
    finally:
        lib.seccomp_release(context)


def _libseccomp() -> ctypes.CDLL:
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_init.argtypes = (ctypes.c_uint32,)
    lib.seccomp_release.argtypes = (ctypes.c_void_p,)
    lib.seccomp_attr_set.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32)
    lib.seccomp_syscall_resolve_name.argtypes = (ctypes.c_char_p,)
    lib.seccomp_rule_add_array.argtypes = (
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p,
    )  # fmt: skip
    lib.seccomp_export_bpf.argtypes = (ctypes.c_void_p, ctypes.c_int)
    return lib


def _add_rule(
    lib: ctypes.CDLL, context: int, action: int, name: str, conditions: tuple[_Condition, ...]
) -> None:
    number = lib.seccomp_syscall_resolve_name(name.encode())
    if number < 0:  # this architecture lacks the call (open, fork, time on aarch64)
        return
    compares = (_ArgCompare * len(conditions))(*(_ArgCompare(*each) for each in conditions))
    result = lib.seccomp_rule_add_array(context, action, number, len(conditions), compares)
    if result < 0:
        raise OSError(-result, f"libseccomp refuses the rule for {name}")


def _exported(lib: ctypes.CDLL, context: int) -> bytes:
    fd = os.memfd_create("filter")
    try:
        result = lib.seccomp_export_bpf(context, fd)
        if result < 0:
            raise OSError(-result, "libseccomp cannot export the filter")
        return os.pread(fd, os.fstat(fd).st_size, 0)
    finally:
        os.close(fd)


def seccomp_load(program: bytes) -> None:
    """Apply the filter to this process, which needs no-new-privs; raise OSError on failure."""
    buffer = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(buffer))
    mode_filter = 2
    _check(_libc.prctl(_PR_SET_SECCOMP, mode_filter, ctypes.byref(described), 0, 0))


# --- layers that are available here -------------------------------------------------------------


def available() -> frozenset[str]:
    """Return the layers that this process can apply to a child on this kernel.

    The caller adds ``mounts``, which bubblewrap applies before the fork server starts.
    """
    if sys.platform != "linux":
        return frozenset()
    found = {"rlimits", "caps", "quiet"}
    if os.geteuid() == 0 and _works(lambda: drop_uid(free_uids(1)[0])):
        found.add("uid")
    if os.geteuid() == 0 and _works(lambda: os.chroot("/proc/self/fdinfo")):
        found.add("chroot")
    if landlock_abi():
        found.add("landlock")
    if _works(_put_on_a_filter):
        found.add("seccomp")
    if _works(lambda: unshare(CLONE_NEWPID)):
        found.add("pidns")
    return frozenset(found)


def _put_on_a_filter() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    seccomp_load(seccomp_filter())


def missing_for_grading(layers: Iterable[str]) -> str:
    """Return why these layers are too few to grade other people's code, or ''."""
    on = frozenset(layers)
    if "seccomp" not in on:
        return "no seccomp filter (is libseccomp2 installed?)"
    if not on & {"landlock", "mounts", "chroot"}:
        return "nothing hides files: neither Landlock, nor bubblewrap, nor chroot as root"
    hides_processes = on & {"uid", "pidns"} or ("landlock" in on and landlock_abi() >= 6)
    if not hides_processes:
        return "nothing hides processes: no separate uid, no pid namespace, no Landlock ABI 6"
    return ""


def free_uids(count: int) -> range:
    """Return ``count`` consecutive uids that no account uses and this user namespace maps.

    The choice depends on our pid, so that two graders on one machine use different uids.
    """
    block = os.getpid() * count
    highest = max(inside + length for inside, length in _uid_map())
    low = 1_000_000_000 if highest > 2_000_000_000 else 20_000
    room = (highest if highest < 2_000_000_000 else 2_000_000_000) - low - count
    if room <= 0:
        raise OSError("this user namespace maps too few uids")
    start = low + block % room // count * count
    return range(start, start + count)


def _uid_map() -> list[tuple[int, int]]:
    with open("/proc/self/uid_map", encoding="ascii") as file:
        rows = [[int(number) for number in line.split()] for line in file]
    return [(row[0], row[2]) for row in rows]


def _works(layer: Callable[[], object]) -> bool:
    """Try ``layer`` in a child process that ends afterwards."""
    pid = os.fork()
    if pid == 0:
        try:
            layer()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0
