//! Memory and processor time of a node whose workspaces do nothing.

use std::{path::Path, time::Duration};

use crate::{
    customers,
    options::{number, stores},
    world::World,
};

pub async fn measure(folder: &Path) {
    let (workspaces, seconds) = (number("--workspaces", 10_000), number("--seconds", 60));
    let rest = Duration::from_secs(number("--rest", 180) as u64);
    for store in stores(&["postgres"]) {
        let world = World::start(folder, store).await;
        let serve = world.run("serve");
        let empty_mb = serve.memory_mb();
        customers::connect(&world, &serve, workspaces).await;
        serve.stop();
        // A node that was just started holds what it needs, and nothing that connecting left behind. It takes all lanes and
        // reads all lists at once; that is not what idling costs.
        let serve = world.run("serve");
        let begun = serve.processor();
        tokio::time::sleep(rest).await;
        println!(
            "{store}, started beside {workspaces} workspaces: {:.1} s of processor time in the first {} s",
            serve.processor().saturating_sub(begun).as_secs_f64(),
            rest.as_secs()
        );
        let before = serve.processor();
        tokio::time::sleep(Duration::from_secs(seconds as u64)).await;
        let processor = serve.processor().saturating_sub(before).as_secs_f64();
        println!(
            "{store}, {workspaces} idle workspaces, all connected: {:.0} MB ({empty_mb:.0} MB with none); \
             {processor:.2} s of processor time in {seconds} s, {:.2} % of one core",
            serve.memory_mb(),
            processor / seconds as f64 * 100.0
        );
    }
}
