//! The engine in stories, and simulated runs themselves.

mod flaws;
mod same;
mod scenarios;
