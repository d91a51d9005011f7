//! Limits and defaults that the library and the CMake module share. `render::derived` writes them into the module.

use std::ops::Range;

/// Ports for the daemon of an sccache without sockets: below the range of ports for outgoing connections.
pub const PORTS: Range<u16> = 20_000..32_000;

/// The longest path of a socket. Its address has 108 bytes on Linux, and 104 on macOS.
pub const LONGEST_SOCKET_PATH: usize = 100;

/// The default limit of a local cache, in GiB.
pub const DEFAULT_SIZE_GB: u32 = 10;

/// The highest limit of a local cache, in GiB.
pub const LARGEST_SIZE_GB: u32 = 1_000_000;
