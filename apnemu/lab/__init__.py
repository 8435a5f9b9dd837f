# SPDX-License-Identifier: BSD-3-Clause
"""The virtual-time lab, seen from the host: a Linux kernel of our own as an ordinary process, and one program in it.

The kernel: `kernel` finds it in a cache or has it built, `source` says of which source, `build` compiles it (its
configuration and patches lie in the folder `kernel`). `wheel` puts it into a wheel for other machines, `shipped` finds
that where it is installed. `needs` says what a machine lacks for that.

A guest: `job` says what program runs in which guest, `guest.run` boots the guest, runs the program as its root and
waits for the end; `side_by_side.run_all` runs several guests at once; `trial` runs one to see whether the lab works.
`staging` lays out what the guest finds when it boots, `hiding` what it sees of its user's home, `python` the Python and
our code that it sees; `process` is its kernel as a process, into which `launch` turns one, within the host's `limits`;
`cores` claims a core for it. While it runs, `console` keeps what it prints, `pump` carries its program's output to the
caller, `gate` lets the program wait for its caller while the clock stands, `watchdog` reads its virtual time, CPU and
memory, `allowance` bounds what it takes of the `disk`, `progress` shows how far it is. `verdict` names each way to
fail, `reasons` why it came to that, and `ending` ends what a command started (`leashed`, where the command itself was
killed).

Host and guest share a single folder: the guest finds it at /run/apnemu, and can write nothing else on the host. This
room imports only modules at the top of apnemu (`errors`, `units`, `escapes`, `caches`, `shared_folder`, `disk_use`,
`interrupts`, `crossing`).

Design, and what was rejected:

- *User Mode Linux in time-travel mode*, not a virtual machine, containers or a simulator: real Linux code, no rights,
  no modules of the host's, and a clock that moves only when every process sleeps.
- *The kernel is a direct child of the command, started by one thread that lives as long as it* (`process._starter`):
  Linux then ends it with the command, kill -9 included. A supervisor process in between can itself be killed, and
  costs the start of one more Python. The guest's kernel traces its processes' host halves, which end with it.
- *Nothing that differs between runs reaches the guest*: its kernel stirs its command line into all randomness, and a
  longer path moves its stack. So the folder is the kernel's working directory, the binary is executed by descriptor,
  pipes have fixed numbers, the environment is empty. What stays visible is the folder itself: inode numbers and times
  of files in it are the host's.
- *Output goes through pipes in which the guest's kernel waits for the host* (its clock with it). A file cannot be
  bounded from outside; a guest that prints without end must not fill the disk. The console keeps its first and last
  2 MB.
- *The write bound is in hostfs* (patch 0004): each changing call names a file beneath the folder, by openat2.
  Read-only mounts bind nobody who is root in the guest, since root can mount again, and a bound on names alone falls
  to symbolic links. Landlock, where the host has it, is a second wall of the same place (`launch`), for a kernel that
  somebody has taken over; a mount namespace would do as well, where it is allowed.
- *What a guest writes is opened in one place* (`apnemu.shared_folder`), without following a link. What it boots from,
  and where its kernel keeps its process's number, is a folder of its own that it cannot write: that kernel removes all
  files of that folder when it ends, and a link there once turned this to any folder of the host.
- *The home is hidden twice* (`hiding`): by what the guest has mounted, and by what the host lets its kernel read.
- *A guest process's host half is bare* (patch 0010): the kernel's memory, status page and libraries are out of it,
  and the host takes but three system calls from it. Cycle counter and vsyscalls tell virtual time (patch 0011).
- *The guest's memory is a memfd* (patch 0005), not a file in /dev/shm, which in containers is small and noexec.
- *Out of memory is read from the console, not made a panic* (vm.panic_on_oom): the kernel's own choice names the
  process that is too big; a panic names the process that asked last. The lab ends on that line.
- *Standing still is measured in CPU time* (`watchdog`): a lab that is stopped or starved by the host is not at fault.
- *A loop that waits without a system call ends the lab*, and is named. To preempt it after a while of the
  host's time would make results depend on the host, and a loop cannot be told from a computation.
- *A guest's life is spent in a thread* (`guest.run`), which no signal interrupts: nothing is left halfway. Stops and
  continuations of the host pass through a lab's processes and take no virtual time (patch 0012); a signal that ends one
  of them ends the lab, by its name.
- *Cores are claimed by abstract sockets* (`cores`): nothing to clean up, and all users see them.

- *Every task has a processor of its own* (patches 0008, 0009): what a system call takes is paid by its caller, asleep,
  and everybody else goes on at the same instant. Programs of hosts that share nothing do not feel each other: neither
  their time, nor their order at one instant, nor their random numbers (patch 0002). Cores that are counted and shared
  would need a declared count for each host, and every figure would hang on it.

*Not modelled:* the speed of a CPU. Computing takes no virtual time; a system call takes 500 ns, a clock reading 1 ns.
ITIMER_PROF and RLIMIT_CPU still go by ticks. Memory, its limits and the page cache are one machine's. What the kernel's
network code draws for two hosts at the very same nanosecond comes from one stream.
What CPUID and RDRAND say is the machine's.
"""
