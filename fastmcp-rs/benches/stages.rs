//! How long each stage takes: `cargo bench -p fastmcp-rs --features __bench --bench stages`, with a part of a name for some of them.

mod stage;

use std::time::Duration;

use criterion::Criterion;
use stage::STAGES;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for stage in STAGES {
        // Made only for the stages that were asked for: criterion calls this for no others.
        criterion.bench_function(stage.name, |bencher| {
            let mut run = (stage.prepare)();
            bencher.iter(&mut run);
        });
    }
    criterion.final_summary();
}
