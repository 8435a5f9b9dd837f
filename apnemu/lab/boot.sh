# The first program of a guest, and its process 1. Sourced from a folder that the guest cannot write, with the host's root as
# root, read-only. The names in dev: devtmpfs makes the devices, not these, which shells and programs expect beside them.
# Every program started here costs milliseconds of each run: one `mount` for all, `echo` and `read` of the shell itself.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
. /mnt/job.sh
mount -t tmpfs -o mode=755 lab /media && mkdir /media/upper /media/work /media/root $folders &&
mount -a -T /mnt/fstab && cp -P /mnt/dev/* /media/root/dev/ && cd /media/root && pivot_root . srv && cd / && umount -l /srv ||
    { echo "apnemu: the guest's files could not be mounted"; exit; }

ip link set lo up

# Buffers: each namespace's own sizes are set by those who make it; these are the limits of all. In pages: 64 GiB.
echo 16777216 16777216 16777216 > /proc/sys/net/ipv4/tcp_mem
echo 16777216 16777216 16777216 > /proc/sys/net/ipv4/udp_mem
echo 1073741824 > /proc/sys/net/core/rmem_max
echo 1073741824 > /proc/sys/net/core/wmem_max
# A program that forks without end comes to one: each of the guest's processes is one of the host's.
echo 4096 > /proc/sys/kernel/threads-max
# A frame is handled at the instant at which it arrives: the kernel's network thread goes before every program.
echo -1 > /proc/sys/kernel/sched_rt_runtime_us
for task in /proc/[0-9]*; do
    read -r name < "$task/comm"
    case $name in ksoftirqd/*) chrt -f -p 50 "${task#/proc/}" ;; esac
done

job
