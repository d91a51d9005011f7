//! The remote storages of the matrix, each behind a proxy, and their possible faults.

use crate::cmake_module::Checkout;
use crate::support::proxy::{Fault, Proxy};
use crate::support::servers::{Gcs, Memcached, Redis, S3, ServerProcess, WebDav};
use crate::support::{Run, Tool, Tools};

/// The faults of a remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RemoteFault {
    Network(Fault),
    AuthRefused,
    DiskFull,
    ReadOnly,
}

/// A kind of storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    S3,
    Redis,
    Memcached,
    Http,
    Gcs,
}

impl Backend {
    pub(super) const ALL: [Self; 5] = [Self::S3, Self::Redis, Self::Memcached, Self::Http, Self::Gcs];

    pub(super) fn needs(self) -> &'static [Tool] {
        match self {
            Self::S3 => S3::NEEDS,
            Self::Redis => Redis::NEEDS,
            Self::Memcached => Memcached::NEEDS,
            Self::Http => WebDav::NEEDS,
            Self::Gcs => Gcs::NEEDS,
        }
    }

    /// ccache supports two of them.
    pub(super) fn works_with(self, cache: Tool) -> bool {
        matches!(cache, Tool::Sccache(_)) || matches!(self, Self::Redis | Self::Http)
    }

    /// Memcached without TLS has neither users nor a read-only mode, and removes old objects when it is full.
    pub(super) fn supports(self, fault: RemoteFault) -> bool {
        self != Self::Memcached || matches!(fault, RemoteFault::Network(_))
    }

    pub(super) fn start(self, tools: &Tools) -> Remote {
        let server = match self {
            Self::S3 => Server::S3(S3::start(tools)),
            Self::Redis => Server::Redis(Redis::start()),
            Self::Memcached => Server::Memcached(Memcached::start()),
            Self::Http => Server::Http(WebDav::start(tools)),
            Self::Gcs => Server::Gcs(Gcs::start()),
        };
        Remote { proxy: Proxy::start(server.process().port()), server }
    }
}

enum Server {
    S3(S3),
    Redis(Redis),
    Memcached(Memcached),
    Http(WebDav),
    Gcs(Gcs),
}

impl Server {
    fn process(&self) -> &ServerProcess {
        match self {
            Self::S3(s3) => &s3.server,
            Self::Redis(redis) => &redis.server,
            Self::Memcached(memcached) => &memcached.server,
            Self::Http(web_dav) => &web_dav.server,
            Self::Gcs(gcs) => &gcs.server,
        }
    }
}

/// A server behind a proxy.
pub(super) struct Remote {
    proxy: Proxy,
    server: Server,
}

impl Remote {
    /// The call of the module.
    pub(super) fn call(&self) -> String {
        let address = self.proxy.address();
        let settings = match &self.server {
            Server::S3(_) => format!(
                "SERVERS {address} SCCACHE_SETTINGS SCCACHE_BUCKET={} SCCACHE_ENDPOINT=http://{{SERVER}} \
                 SCCACHE_REGION={} SCCACHE_SECRETS AWS_ACCESS_KEY_ID={{CI_ID}} AWS_SECRET_ACCESS_KEY={{CI_KEY}}",
                S3::BUCKET,
                S3::REGION
            ),
            Server::Redis(_) => format!(
                "SERVERS {address} SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}} \
                 CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{{SERVER}}"
            ),
            Server::Memcached(_) => {
                format!("SERVERS {address} SCCACHE_SETTINGS SCCACHE_MEMCACHED_ENDPOINT=tcp://{{SERVER}}")
            }
            Server::Http(_) => format!(
                "SERVERS {address} SCCACHE_SETTINGS SCCACHE_WEBDAV_ENDPOINT=http://{{SERVER}}/ \
                 CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=http://{{SERVER}}|layout=flat"
            ),
            Server::Gcs(_) => format!(
                "SCCACHE_SETTINGS SCCACHE_GCS_BUCKET={} SCCACHE_GCS_RW_MODE=READ_WRITE \
                 SCCACHE_GCS_CREDENTIALS_URL=http://{address}/token",
                Gcs::BUCKET
            ),
        };
        format!("toolchainkit_enable_cache(PROJECT shared REMOTE the-remote {settings})")
    }

    /// Adds the environment for the remote to `checkout`.
    pub(super) fn connect<'a>(&self, checkout: Checkout<'a>) -> Checkout<'a> {
        match &self.server {
            Server::S3(_) => checkout.env("CI_ID", S3::ACCESS_KEY).env("CI_KEY", S3::SECRET_KEY),
            Server::Gcs(gcs) => gcs
                .env_by(&self.proxy.address())
                .iter()
                .fold(checkout, |checkout, (name, value)| checkout.env(name, value)),
            Server::Redis(_) | Server::Memcached(_) | Server::Http(_) => checkout,
        }
    }

    /// Causes the fault.
    pub(super) fn inject(&self, fault: RemoteFault) {
        let (status, writes_only) = match fault {
            RemoteFault::Network(fault) => return self.proxy.set(fault),
            RemoteFault::AuthRefused => (403, false),
            RemoteFault::DiskFull => (507, true),
            RemoteFault::ReadOnly => (403, true),
        };
        match &self.server {
            Server::S3(_) | Server::Http(_) => self.proxy.set(Fault::Http { status, writes_only }),
            Server::Gcs(gcs) => gcs.fail(Some(status), writes_only),
            Server::Redis(redis) => match fault {
                RemoteFault::AuthRefused => {
                    configure(redis, "requirepass", "another");
                    // Existing connections stay authenticated, so close them.
                    redis
                        .cli()
                        .env("REDISCLI_AUTH", "another")
                        .args(["CLIENT", "KILL", "TYPE", "normal"])
                        .run();
                }
                RemoteFault::DiskFull => configure(redis, "maxmemory", "1"),
                _ => configure(redis, "min-replicas-to-write", "1"),
            },
            Server::Memcached(_) => unreachable!("Memcached does not support {fault:?}"),
        }
    }

    /// Ends all faults.
    pub(super) fn end_faults(&self) {
        self.proxy.set(Fault::None);
        match &self.server {
            Server::Gcs(gcs) => gcs.fail(None, false),
            Server::Redis(redis) => {
                redis.cli().env("REDISCLI_AUTH", "another").args(["CONFIG", "SET", "requirepass", ""]).run();
                configure(redis, "maxmemory", "0");
                configure(redis, "min-replicas-to-write", "0");
            }
            Server::S3(_) | Server::Memcached(_) | Server::Http(_) => {}
        }
    }
}

fn configure(redis: &Redis, name: &str, value: &str) {
    let finished = redis.cli().args(["CONFIG", "SET", name, value]).run();
    assert_eq!(finished.stdout.trim(), "OK", "{finished}");
}
