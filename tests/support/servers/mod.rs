//! Real cache servers. Each listens on its own port of 127.0.0.1, and stops when its value is dropped.

mod azurite;
mod distcc;
mod echo;
mod gcs;
#[cfg(target_os = "linux")]
mod icecream;
mod memcached;
#[cfg(target_os = "linux")]
mod network;
mod nginx;
mod process;
mod proxy;
mod redis;
mod releases;
mod s3;
mod sccache_dist;
mod webdav;

pub(crate) use azurite::Azurite;
#[cfg(target_os = "linux")]
pub(crate) use distcc::DistantDistccd;
pub(crate) use distcc::Distccd;
pub(crate) use echo::Echo;
pub(crate) use gcs::Gcs;
#[cfg(target_os = "linux")]
pub(crate) use icecream::{Icecream, Worker};
pub(crate) use memcached::Memcached;
#[cfg(target_os = "linux")]
pub(crate) use network::Network;
pub(crate) use nginx::Nginx;
pub(crate) use process::{ServerProcess, free_port};
pub(crate) use proxy::Proxy;
pub(crate) use redis::{Redis, RedisCluster};
pub(crate) use releases::Releases;
pub(crate) use s3::S3;
pub(crate) use sccache_dist::{CompileServer, NEEDS as SCCACHE_DIST, Scheduler, TOKEN as DIST_TOKEN};
pub(crate) use webdav::WebDav;
