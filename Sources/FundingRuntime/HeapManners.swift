import CMalloc

/// What glibc's allocator is told at the start of every service.
///
/// By itself it gives each thread a heap of its own and keeps what was freed for later. A service's threads hand work
/// around and now and then make an answer of some megabytes: each heap would grow to the largest moment it has seen, and
/// a process of eighty megabytes would hold three hundred.
enum HeapManners {
    private static let heaps: Int32 = 2
    /// Larger blocks are the kernel's and go back to it; smaller ones do when so much lies free at a heap's end.
    private static let largestKept: Int32 = 1 << 20

    static func adopt() {
        mallopt(M_ARENA_MAX, heaps)
        mallopt(M_MMAP_THRESHOLD, largestKept)
        mallopt(M_TRIM_THRESHOLD, largestKept)
    }
}
