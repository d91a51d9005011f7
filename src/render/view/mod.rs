//! The contexts of the templates. No view has a member for the value of a secret. Rendering fails if a credential is not the
//! name of a variable.

mod cache;
mod presets;
mod toolchain;

use camino::Utf8Path;
use serde::Serialize;

use self::cache::CacheView;
pub(super) use self::presets::PresetsView;
use self::toolchain::CompilersView;
use super::RenderError;
use crate::plan::{Plan, ToolchainPlan};

/// The paths of the generated files, relative to the folder of the toolchain files.
#[derive(Debug, Clone, Serialize)]
struct Places {
    /// The project: `..`.
    project_dir: String,
    /// The file with the cache settings.
    cache_file: String,
    /// The CMake module.
    module: String,
}

impl Places {
    fn new(plan: &Plan) -> Self {
        let folder = plan.output.toolchain.parent().unwrap_or(Utf8Path::new(""));
        let up = folder.components().map(|_| "..").collect::<Vec<_>>().join("/");
        Self {
            module: if up.is_empty() {
                plan.output.module.to_string()
            } else if plan.output.module.parent() == Some(folder) {
                plan.output.module.file_name().unwrap_or_default().to_owned()
            } else {
                format!("{up}/{}", plan.output.module)
            },
            project_dir: if up.is_empty() { ".".to_owned() } else { up },
            cache_file: plan.output.cache().file_name().unwrap_or_default().to_owned(),
        }
    }
}

/// The context of `toolchain.cmake.j2`.
#[derive(Debug, Serialize)]
pub(super) struct ToolchainView {
    #[serde(flatten)]
    places: Places,
    /// Empty for `toolchain` itself.
    name: String,
    /// The profiles that change the toolchain, and last the settings without a profile. Never empty.
    variants: Vec<ToolchainVariantView>,
}

#[derive(Debug, Serialize)]
struct ToolchainVariantView {
    /// Empty for the settings without a profile.
    profile: String,
    toolchain: CompilersView,
}

impl ToolchainView {
    pub(super) fn new(plan: &Plan, toolchain: &ToolchainPlan) -> Self {
        let profiles = plan.variants.iter().map(|variant| variant.profile.as_deref());
        let (without, with) = match toolchain.by_variant.split_first() {
            Some((first, rest)) => (Some(first), rest),
            None => (None, &[][..]),
        };
        let own = profiles.skip(1).zip(with).filter(|(_, settings)| Some(*settings) != without);
        let variants = own.chain(without.map(|settings| (None, settings)));
        Self {
            places: Places::new(plan),
            name: toolchain.name.clone().unwrap_or_default(),
            variants: variants
                .map(|(profile, settings)| ToolchainVariantView {
                    profile: profile.unwrap_or_default().to_owned(),
                    toolchain: CompilersView::new(settings),
                })
                .collect(),
        }
    }
}

/// The context of `toolchainkit-cache.cmake.j2`.
#[derive(Debug, Serialize)]
pub(super) struct CacheFileView {
    #[serde(flatten)]
    places: Places,
    project: Option<String>,
    profiles: Vec<String>,
    variants: Vec<CacheVariantView>,
}

#[derive(Debug, Serialize)]
struct CacheVariantView {
    /// Empty for the settings without a profile.
    profile: String,
    cache: Option<CacheView>,
}

impl CacheFileView {
    pub(super) fn new(plan: &Plan) -> Result<Self, RenderError> {
        let variants = plan.variants.iter().map(|variant| {
            Ok(CacheVariantView {
                profile: variant.profile.clone().unwrap_or_default(),
                cache: match (&variant.cache, &variant.distribute) {
                    (Some(cache), distribute) => Some(CacheView::new(cache, distribute.as_ref())?),
                    (None, Some(distribute)) => Some(CacheView::without_cache(distribute)?),
                    (None, None) => None,
                },
            })
        });
        Ok(Self {
            places: Places::new(plan),
            project: plan.project.clone(),
            profiles: plan.variants.iter().filter_map(|variant| variant.profile.clone()).collect(),
            variants: variants.collect::<Result<Vec<_>, RenderError>>()?,
        })
    }
}
