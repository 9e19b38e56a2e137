//! What befalls the example `tested_pipeline`, and what comes of it: nothing is run, and no time passes.

#[path = "../../tested_pipeline/pipeline.rs"]
mod pipeline;

use jobmon::testing::{Durations, Mishap, Simulation, SimulationError, Which, commands, diff, explore, graph};
use pipeline::{Draw, Mean, Pipeline, Table};
use std::path::Path;
use std::time::Duration;

fn of_sites(sites: u32) -> Pipeline {
    pipeline::pipeline(sites, Path::new("out"), Path::new("scripts"))
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

// A first look, without any run.

#[test]
fn these_are_the_commands() {
    insta::assert_snapshot!(commands(&of_sites(2).workflow).unwrap(), @"
    draw site=1: awk -v site=1 -f scripts/draw.awk > out/draws_1.txt
    draw site=2: awk -v site=2 -f scripts/draw.awk > out/draws_2.txt
    mean site=1: awk -f scripts/mean.awk out/draws_1.txt > out/mean_1.txt
    mean site=2: awk -f scripts/mean.awk out/draws_2.txt > out/mean_2.txt
    table: awk -f scripts/table.awk out/mean_1.txt out/mean_2.txt > out/table.txt
    ");
}

#[test]
fn this_waits_for_that() {
    insta::assert_snapshot!(graph(&of_sites(3).workflow), @"
    draw site=1
    draw site=2
    draw site=3
    mean site=1 <- draw site=1
    mean site=2 <- draw site=2
    mean site=3 <- draw site=3
    table <- all 3 of mean site=1 .. mean site=3
    ");
}

#[test]
fn one_more_site_makes_its_own_tasks_and_the_table_run() {
    insta::assert_snapshot!(diff(&of_sites(3).workflow, &of_sites(4).workflow), @"
    + draw site=4
    + mean site=4
    ~ table
    ");
}

// The three accidents that are most likely.

#[test]
fn a_large_site_gets_the_memory_that_it_needs() {
    let Pipeline { workflow, draws, table } = of_sites(6);
    let large = draws.one(|draw| draw.site == 6);
    let trace = Simulation::new(1).out_of_memory_below(large, "3G").run(&workflow).unwrap();
    let granted = trace.attempts_of(large).map(|attempt| attempt.granted.memory.unwrap().to_string());
    assert_eq!(granted.collect::<Vec<_>>(), ["1G", "2G", "4G"]);
    assert!(trace.is_done(table));
}

#[test]
fn a_busy_license_server_costs_no_attempt() {
    let Pipeline { workflow, table, .. } = of_sites(6);
    let simulation = Simulation::new(1).mishap(Which::of::<Mean>(), Mishap::Exit(75), 5);
    let trace = simulation.run(&workflow).unwrap();
    assert!(trace.is_done(table), "{trace}");
    // It has two answers at once, no more.
    let busiest = Simulation::new(1).slots(100).run(&workflow).unwrap();
    assert_eq!(busiest.peak_running_of(Which::of::<Mean>()), 2);
}

#[test]
fn when_the_driver_dies_no_draw_that_was_done_is_drawn_again() {
    let Pipeline { workflow, .. } = of_sites(2);
    let trace = Simulation::new(1).durations(minutes(5)).crash_at(minutes(7)).run(&workflow).unwrap();
    insta::assert_snapshot!(trace, @"
    00:00 start draw site=1 #1 with 1G for 10m
    00:00 start draw site=2 #1 with 1G for 10m
    05:00 done draw site=1 #1
    05:00 done draw site=2 #1
    05:00 start mean site=1 #1 for 5m
    05:00 start mean site=2 #1 for 5m
    07:00 cancel mean site=1 #1
    07:00 cancel mean site=2 #1
    07:00 crash between commits 13 and 14
    07:01 resume with 2 done
    07:01 start mean site=1 #2 for 5m
    07:01 start mean site=2 #2 for 5m
    12:01 done mean site=1 #2
    12:01 done mean site=2 #2
    12:01 start table #1
    17:01 done table #1
    17:01 end DONE: 3 done, 2 done before
    ");
}

// And whatever else may come.

#[test]
fn whatever_a_bad_week_brings_there_is_a_table_in_the_end() {
    let Pipeline { workflow, table, .. } = of_sites(6);
    explore(|seed| {
        let trace = Simulation::new(seed)
            .slots(8)
            .nodes(4)
            .durations(Durations::between(minutes(1), minutes(4)))
            .sometimes(Which::all(), Mishap::NodeFailure, 0.05)
            .sometimes(Which::all(), Mishap::Preemption, 0.1)
            .sometimes(Which::of::<Draw>(), Mishap::Exit(1), 0.02)
            .crashes(0.02)
            .run(&workflow)?;
        assert!(trace.is_done(table), "no table:\n{trace}");
        assert!(trace.never_together(Which::of::<Draw>(), Which::of::<Table>()));
        Ok::<(), SimulationError>(())
    });
}
