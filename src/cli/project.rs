//! The project that a command is about: its configuration, read and planned.

use camino::{Utf8Path, Utf8PathBuf};

use super::Global;
use super::report::{CliError, Printer};
use crate::config::{self, Config, SourceFile};
use crate::diagnostics::{Diagnostic, Excerpt};
use crate::plan::{Plan, VariantPlan};

/// The name that is looked for.
pub(super) const CONFIG_NAME: &str = "toolchainkit.yaml";

/// A project with a valid configuration.
pub(super) struct Project {
    /// The folder of the configuration; empty for the current one.
    pub(super) folder: Utf8PathBuf,
    pub(super) config: Config,
    pub(super) plan: Plan,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) excerpt: Excerpt,
}

impl Project {
    /// Reads the configuration and says what is doubtful about it.
    pub(super) fn load(global: &Global, printer: &Printer) -> Result<Self, CliError> {
        let project = Self::load_silently(global)?;
        printer.warnings(&project.warnings, &project.excerpt);
        Ok(project)
    }

    /// The project, if there is one: a configuration that is named has to be there.
    pub(super) fn load_if_there(global: &Global) -> Result<Option<Self>, CliError> {
        if global.config.is_none() && !find().exists() {
            return Ok(None);
        }
        Self::load_silently(global).map(Some)
    }

    /// Reads the configuration; its warnings are the caller's to show.
    pub(super) fn load_silently(global: &Global) -> Result<Self, CliError> {
        let path = global.config.clone().unwrap_or_else(find);
        let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let source = SourceFile::read(&path)
            .map_err(|diagnostic| CliError::Config { diagnostics: vec![diagnostic], excerpt: None })?;
        match config::load(&source) {
            Ok(loaded) => Ok(Self {
                plan: Plan::build(&loaded.config),
                config: loaded.config,
                warnings: loaded.warnings,
                excerpt: source.excerpt(),
                folder,
            }),
            Err(diagnostics) => Err(CliError::Config { diagnostics, excerpt: Some(source.excerpt()) }),
        }
    }

    /// The plan of `profile`, or of the settings without one.
    pub(super) fn variant(&self, profile: Option<&str>) -> Result<&VariantPlan, CliError> {
        self.plan.variant(profile).ok_or_else(|| {
            let known = self.plan.variants.iter().filter_map(|variant| variant.profile.as_deref());
            let known = known.collect::<Vec<_>>().join(", ");
            let known =
                if known.is_empty() { "there are none".to_owned() } else { format!("there are: {known}") };
            CliError::Usage(format!("there is no profile `{}`; {known}", profile.unwrap_or_default()))
        })
    }
}

/// `toolchainkit.yaml` here or in the closest folder above; its plain name if there is none, for the error message.
fn find() -> Utf8PathBuf {
    let name = Utf8PathBuf::from(CONFIG_NAME);
    if name.exists() {
        return name;
    }
    let here = std::env::current_dir().ok().and_then(|folder| Utf8PathBuf::from_path_buf(folder).ok());
    let above =
        here.iter().flat_map(|folder| folder.ancestors().skip(1)).map(|folder| folder.join(CONFIG_NAME));
    above.into_iter().find(|path| path.exists()).unwrap_or(name)
}
