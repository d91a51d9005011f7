//! The project of a command: its configuration and plan.

use camino::{Utf8Path, Utf8PathBuf};

use super::Global;
use super::report::{CliError, Printer};
use crate::config::{self, Config, SourceFile};
use crate::diagnostics::{Diagnostic, Excerpt};
use crate::plan::{Plan, VariantPlan};
use crate::presets::{self, Presets, Surroundings};

/// The name of the configuration file.
pub(super) const CONFIG_NAME: &str = "toolchainkit.yaml";

/// A project with a valid configuration.
pub(super) struct Project {
    /// The folder of the configuration; empty for the current folder.
    pub(super) folder: Utf8PathBuf,
    pub(super) config: Config,
    pub(super) plan: Plan,
    /// The presets in the project, before a command writes any.
    pub(super) presets: Presets,
    /// What the macros of presets refer to.
    pub(super) surroundings: Surroundings<'static>,
    /// The prefix of our presets that was chosen because of the names of others.
    pub(super) chosen_prefix: Option<String>,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) excerpt: Excerpt,
}

impl Project {
    /// Reads the configuration and prints its warnings.
    pub(super) fn load(global: &Global, printer: &Printer) -> Result<Self, CliError> {
        let project = Self::load_silently(global)?;
        printer.warnings(&project.warnings, &project.excerpt);
        Ok(project)
    }

    /// The project, if there is one. A file given with `--config` must exist.
    pub(super) fn load_if_there(global: &Global) -> Result<Option<Self>, CliError> {
        if global.config.is_none() && !find().exists() {
            return Ok(None);
        }
        Self::load_silently(global).map(Some)
    }

    /// Reads the configuration; the caller prints the warnings.
    pub(super) fn load_silently(global: &Global) -> Result<Self, CliError> {
        let path = global.config.clone().unwrap_or_else(find);
        let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let source = SourceFile::read(&path)
            .map_err(|diagnostic| CliError::Config { diagnostics: vec![diagnostic], excerpt: None })?;
        let loaded = config::load(&source)
            .map_err(|diagnostics| CliError::Config { diagnostics, excerpt: Some(source.excerpt()) })?;
        let surroundings = Surroundings::of_process(&folder);
        let presets = presets::read(&surroundings);
        let mut config = loaded.config;
        let mut plan = Plan::build(&config);
        let chosen_prefix =
            presets.prefix_for(&plan.preset_names()).filter(|_| config.output.presets.is_some());
        if let Some(prefix) = &chosen_prefix {
            for variant in &mut config.variants {
                variant.presets.prefix.insert_str(0, prefix);
            }
            plan = Plan::build(&config);
        }
        let (warnings, excerpt) = (loaded.warnings, source.excerpt());
        Ok(Self { folder, config, plan, presets, surroundings, chosen_prefix, warnings, excerpt })
    }

    /// The plan of `profile`, or of the settings without one.
    pub(super) fn variant(&self, profile: Option<&str>) -> Result<&VariantPlan, CliError> {
        self.plan.variant(profile).ok_or_else(|| {
            let known = self.plan.variants.iter().filter_map(|variant| variant.profile.as_deref());
            let known = known.collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() {
                "there are no profiles".to_owned()
            } else {
                format!(
                    "the profiles are: \
                    {known}"
                )
            };
            CliError::Usage(format!("there is no profile `{}`; {known}", profile.unwrap_or_default()))
        })
    }
}

/// `toolchainkit.yaml` in this folder or the closest parent folder. If there is none, the plain file name, for the
/// error message.
pub(super) fn find() -> Utf8PathBuf {
    let name = Utf8PathBuf::from(CONFIG_NAME);
    if name.exists() {
        return name;
    }
    let here = std::env::current_dir().ok().and_then(|folder| Utf8PathBuf::from_path_buf(folder).ok());
    let above =
        here.iter().flat_map(|folder| folder.ancestors().skip(1)).map(|folder| folder.join(CONFIG_NAME));
    above.into_iter().find(|path| path.exists()).unwrap_or(name)
}
