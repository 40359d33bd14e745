//! Runs one stage a given number of times and does nothing else, for `tests/bench/budget` to count its instructions.
//!
//! Without arguments it prints each stage's name and how often it is to be run.

mod stage;

use stage::STAGES;

#[allow(clippy::print_stdout, reason = "it is what the program is asked for")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next() else {
        for stage in STAGES {
            println!("{}\t{}", stage.name, stage.runs);
        }
        return;
    };
    let stage = STAGES.iter().find(|stage| stage.name == name).expect("a stage of this name");
    let runs: u32 = arguments.next().and_then(|runs| runs.parse().ok()).expect("how often it is to be run");
    let mut run = (stage.prepare)();
    for _ in 0..runs {
        run();
    }
}
