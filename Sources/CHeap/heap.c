/* What glibc's allocator is told at the start of every service.
 *
 * By itself it gives each thread a heap of its own and keeps what was freed for later. A service's threads hand work
 * around and now and then make an answer of some megabytes: each heap would grow to the largest moment it has seen, and
 * a process of eighty megabytes would hold three hundred.
 *
 * It is told before main: the number of heaps is settled when a second thread first asks for memory, and Swift's threads
 * may be there before the first line of Swift. */
#include <malloc.h>

enum {
    HEAPS = 2,
    /* Larger blocks are the kernel's and go back to it; smaller ones do when so much lies free at a heap's end. */
    LARGEST_KEPT = 256 * 1024,
};

__attribute__((constructor)) static void adopt_manners(void) {
    mallopt(M_ARENA_MAX, HEAPS);
    mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT);
    mallopt(M_TRIM_THRESHOLD, LARGEST_KEPT);
}
