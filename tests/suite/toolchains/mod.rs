//! Toolchains on real compilers: for other machines, on top of and below other toolchain files, and in the builds that a
//! build starts.

mod chain;
mod cross;
mod nested;
