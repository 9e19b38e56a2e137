use jobmon::prelude::*;

#[task_template(command = "a", retry)]
struct A;

#[task_template(command = "b", retry())]
struct B;

#[task_template(command = "c", retry(on = [exti, memory, exit, exit, resources_failed], dleay = "10s", tries = 3, "on"))]
struct C;

#[task_template(command = "d", retry(on = exit, delay = 10, backoff = 0.5, max_delay = "5", jitter = 1, jitter = true))]
struct D;

#[task_template(command = "e", retry(on = [exit], at_most(timeout = 1, exit = 0, exit = 2, exit = 3, "exit", sgnal = 1)))]
struct E;

#[task_template(command = "f", retry(at_most(), delay = "1h", max_delay = "5m", attempts = 3, exit = 42))]
struct F;

#[task_template(command = "g", retry(on = ["exit"], at_most = 3), retry(jitter = true))]
struct G;

#[task_template(command = "h", backoff = 2.0, exit_code(42) = no_retry)]
struct H;

#[task_template(command = "i", retry(backoff = "2", max_delay = 5, at_most(exit = "2")))]
struct I;

fn main() {}
