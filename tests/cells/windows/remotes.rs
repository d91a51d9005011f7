//! Remote storages on Windows, with the launcher program and without it.

use super::project::{OBJECTS, Project, call};
use crate::list::{Cell, List};
use crate::support::checkout::CACHES;
use crate::support::servers::{Redis, S3, WebDav};
use crate::support::{Tool, Tools, Wine};

/// How the module runs a tool.
#[derive(Clone, Copy)]
struct Way {
    tool: Tool,
    /// With `toolchainkit-launch`; otherwise by CMake's `-E env`.
    has_program: bool,
}

impl Cell for Way {
    fn name(&self) -> String {
        format!("{}::{}", self.tool.name(), if self.has_program { "program" } else { "environment" })
    }
}

impl Way {
    fn start(self) -> Option<Wine> {
        if self.has_program { super::programs::with_programs() } else { Wine::start() }
    }
}

pub(super) fn tests(list: &mut List) {
    let ways = || {
        CACHES
            .into_iter()
            .flat_map(|tool| [true, false].map(|has_program| Way { tool, has_program }))
            .collect::<Vec<_>>()
    };
    list.add_cells(module_path!(), "a_redis_server_is_shared_and_may_end", ways(), redis);
    list.add_cells(module_path!(), "a_web_server_is_shared", ways(), web);
    let of_sccache = ways().into_iter().filter(|way| matches!(way.tool, Tool::Sccache(_)));
    list.add_cells(module_path!(), "a_bucket_is_shared", of_sccache, bucket);
}

/// Builds a project on a machine, and on another one, which gets all objects from the storage `remote`.
fn shared<'a>(wine: &'a Wine, way: Way, remote: &str, settings: &str) -> Project<'a> {
    let project = Project::of_c(wine, "t/project", &call(way.tool, &format!("REMOTE {remote} {settings}")));
    let status = project.configure();
    assert!(status.contains(&format!("remote {remote}")), "{status}");
    assert_eq!(status.contains("no launcher"), !way.has_program, "{status}");
    project.build();
    project.on_another_machine();
    assert_eq!(project.counted(|| drop(project.build())), (OBJECTS, 0));
    project
}

fn redis(way: Way) {
    let Some(wine) = way.start() else { return };
    let Some(_tools) = Tools::require(Redis::NEEDS) else { return };
    let redis = Redis::start();
    let address = format!("redis://127.0.0.1:{}", redis.server.port());
    let settings = format!(
        "SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT={address} CCACHE_SETTINGS CCACHE_REMOTE_STORAGE={address}"
    );
    let project = shared(&wine, way, "redis", &settings);
    drop(redis);
    project.write("shared.h", "#define SHARED 2\n");
    project.build();
    assert!(project.output().starts_with("4 "), "the build goes on without the server");
}

fn web(way: Way) {
    let Some(wine) = way.start() else { return };
    let Some(tools) = Tools::require(WebDav::NEEDS) else { return };
    let server = WebDav::start(&tools);
    let address = format!("http://127.0.0.1:{}", server.server.port());
    let settings = format!(
        "SCCACHE_SETTINGS SCCACHE_WEBDAV_ENDPOINT={address} CCACHE_SETTINGS \"CCACHE_REMOTE_STORAGE={address}|layout=flat\""
    );
    shared(&wine, way, "web", &settings);
}

fn bucket(way: Way) {
    let Some(wine) = way.start() else { return };
    let Some(tools) = Tools::require(S3::NEEDS) else { return };
    let server = S3::start_for_everybody(&tools);
    let settings = format!(
        "SCCACHE_SETTINGS SCCACHE_BUCKET={} SCCACHE_REGION={} SCCACHE_ENDPOINT={} SCCACHE_S3_USE_SSL=false \
         SCCACHE_S3_NO_CREDENTIALS=true",
        S3::BUCKET,
        S3::REGION,
        server.endpoint()
    );
    shared(&wine, way, "s3", &settings);
    assert!(server.objects() >= 3, "{} objects", server.objects());
}
