//! Where memory comes from.

use rlsf::{GlobalTlsf, GlobalTlsfOptions};

/// Of less code than the allocator of the standard library, and each request takes the same time.
#[global_allocator]
static ALLOCATOR: GlobalTlsf<Small> = GlobalTlsf::new();

/// What is worth its code: that neighbours in memory become one, not that a block grows where it is.
#[derive(Debug)]
struct Small;

impl GlobalTlsfOptions for Small {
    const ENABLE_REALLOCATION: bool = false;
}
