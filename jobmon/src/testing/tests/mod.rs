//! The engine in stories, and simulated runs themselves.

mod flaws;
mod mistakes;
mod same;
mod scenarios;
