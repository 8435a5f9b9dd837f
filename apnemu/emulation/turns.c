/* One turn of a daemon's loop takes 100 us of virtual time when nothing is there to be read.
 *
 * FRR's loop (lib/thread.c) cuts the time until its next timer to whole ms, and in the last ms before a timer asks again
 * and again with a timeout of 0. In a lab where computing is free that is a thousand turns for each of BFD's packets.
 * Preloaded into the daemons; ppoll(2), and the name that _FORTIFY_SOURCE gives it.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct timespec TURN = {0, 100000};

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec wait;

	if (timeout) {
		wait = timeout->tv_sec || timeout->tv_nsec ? *timeout : TURN;
		return syscall(SYS_ppoll, fds, count, &wait, mask, _NSIG / 8);
	}
	return syscall(SYS_ppoll, fds, count, NULL, mask, _NSIG / 8);
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t size)
{
	(void)size;
	return ppoll(fds, count, timeout, mask);
}
