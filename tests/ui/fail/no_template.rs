use jobmon::prelude::*;

struct Plain;

fn name<T: TaskTemplate>() -> &'static str {
    T::SPEC.name
}

fn main() {
    name::<Plain>();
}
