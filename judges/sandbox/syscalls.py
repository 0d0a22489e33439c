"""The system calls that a judged program may not make, with their numbers.

A row is `name x86_64 aarch64`; a dash where the machine has no such call. Numbers from 424 on are
the same on both. Those of both kernels' headers are compared in tests/sandbox/test_filter.py.
"""

from __future__ import annotations

from dataclasses import dataclass

# The newest call that was looked at (mseal); what is newer does not exist for the program.
NEWEST_REVIEWED = 462

_REFUSED = """
    fork 57 -; vfork 58 -
    socket 41 198
    memfd_create 319 279; memfd_secret 447 447
    shmget 29 194; shmat 30 196; shmctl 31 195; shmdt 67 197
    msgget 68 186; msgsnd 69 189; msgrcv 70 188; msgctl 71 187
    semget 64 190; semop 65 193; semctl 66 191; semtimedop 220 192
    mq_open 240 180; mq_unlink 241 181; mq_timedsend 242 182; mq_timedreceive 243 183
    mq_notify 244 184; mq_getsetattr 245 185
    ptrace 101 117; process_vm_readv 310 270; process_vm_writev 311 271
    process_madvise 440 440; process_mrelease 448 448; kcmp 312 272
    pidfd_open 434 434; pidfd_getfd 438 438; pidfd_send_signal 424 424
    move_pages 279 239; migrate_pages 256 238; get_robust_list 274 100
    userfaultfd 323 282; io_uring_setup 425 425; io_uring_enter 426 426; io_uring_register 427 427
    io_setup 206 0; io_submit 209 2
    add_key 248 217; request_key 249 218; keyctl 250 219
    bpf 321 280; perf_event_open 298 241
    mount 165 40; umount2 166 39; pivot_root 155 41; chroot 161 51; move_mount 429 429
    open_tree 428 428; fsopen 430 430; fsconfig 431 431; fsmount 432 432; fspick 433 433
    mount_setattr 442 442; statmount 457 457; listmount 458 458
    unshare 272 97; setns 308 268
    open_by_handle_at 304 265; name_to_handle_at 303 264
    fanotify_init 300 262; fanotify_mark 301 263
    inotify_init 253 -; inotify_init1 294 26; inotify_add_watch 254 27
    init_module 175 105; finit_module 313 273; delete_module 176 106
    kexec_load 246 104; kexec_file_load 320 294; reboot 169 142; swapon 167 224; swapoff 168 225
    acct 163 89; quotactl 179 60; quotactl_fd 443 443; nfsservctl 180 42; syslog 103 116
    vhangup 153 58; iopl 172 -; ioperm 173 -; modify_ldt 154 -; personality 135 92
    lookup_dcookie 212 18; uselib 134 -; ustat 136 -; sysfs 139 -
    settimeofday 164 170; clock_settime 227 112; adjtimex 159 171; clock_adjtime 305 266
    sethostname 170 161; setdomainname 171 162
    setpriority 141 140; ioprio_set 251 30; sched_setscheduler 144 119; sched_setparam 142 118
    sched_setattr 314 274; sched_setaffinity 203 122
    sync 162 81; syncfs 306 267
"""

# What Landlock leaves open: the mode, owner and times of a file outside, named by its path.
_METADATA = """
    chmod 90 -; fchmodat 268 53; fchmodat2 452 452
    chown 92 -; lchown 94 -; fchownat 260 54
    setxattr 188 5; lsetxattr 189 6; removexattr 197 14; lremovexattr 198 15
    utime 132 -; utimes 235 -; futimesat 261 -; utimensat 280 88
"""

# Refused by what they are called with; clone3 hides its flags from a filter, so it does not exist.
_CHECKED = """
    clone 56 220; clone3 435 435; ioctl 16 29; prctl 157 167; prlimit64 302 261; socketpair 53 199
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One processor architecture, as the kernel's filter sees it."""

    name: str
    audit_arch: int
    refused: dict[str, int]
    metadata: dict[str, int]
    checked: dict[str, int]


def _numbers(table: str, column: int) -> dict[str, int]:
    rows = (row.split() for line in table.splitlines() for row in line.split(";") if row.strip())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _machine(name: str, *, audit_arch: int, column: int) -> Machine:
    return Machine(
        name=name,
        audit_arch=audit_arch,
        refused=_numbers(_REFUSED, column),
        metadata=_numbers(_METADATA, column),
        checked=_numbers(_CHECKED, column),
    )


MACHINES = {
    "x86_64": _machine("x86_64", audit_arch=0xC000003E, column=1),
    "aarch64": _machine("aarch64", audit_arch=0xC00000B7, column=2),
}
