/* A change of rules is in the datapath at once.
 *
 * Open vSwitch's revalidators bring the datapath's flows in line with the rules, and begin no round within 5 ms of the
 * one before (udpif_revalidator in ofproto/ofproto-dpif-upcall.c). One daemon plays all switches of a lab: what was
 * changed in one ROADM would hold up what is changed in another, up to 5 ms. Preloaded into ovs-vswitchd: where a
 * revalidator waits for so short a time it goes on; its wait for a change, an hour, stays.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BETWEEN_ROUNDS_MS 5
#define NAME "revalidator"

static int revalidates(void)
{
	static __thread int known; /* 1: no, 2: yes */
	char name[16] = "";

	if (!known && prctl(PR_GET_NAME, name) == 0)
		known = 1 + !strncmp(name, NAME, strlen(NAME));
	return known == 2;
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (timeout > 0 && timeout <= BETWEEN_ROUNDS_MS && revalidates())
		timeout = 0;
	return syscall(SYS_poll, fds, count, timeout);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
	(void)size;
	return poll(fds, count, timeout);
}
