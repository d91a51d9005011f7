//! Limits and defaults that the library and the CMake module share. `render::derived` writes them into the module.

use std::ops::Range;

/// Ports for the daemon of an sccache that does not support sockets. They are below the range for outgoing connections.
pub const PORTS: Range<u16> = 20_000..32_000;

/// The longest path of a socket, in bytes. The operating systems allow 108 bytes (Linux) and 104 bytes (macOS).
pub const LONGEST_SOCKET_PATH: usize = 100;

/// The default limit of a local cache, in GiB.
pub const DEFAULT_SIZE_GB: u32 = 10;

/// The highest limit of a local cache, in GiB.
pub const LARGEST_SIZE_GB: u32 = 1_000_000;
