//! What the command line asks for.

/// The measurement: the first word that is no option.
pub fn word() -> String {
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Cargo adds it to what it runs.
            "--bench" => {}
            option if option.starts_with("--") => drop(arguments.next()),
            _ => return argument,
        }
    }
    String::new()
}

/// A number, e.g. `--workspaces 400`.
pub fn number(name: &str, default: usize) -> usize {
    text(name).map_or(default, |text| text.parse().expect("a number"))
}

/// The databases to measure on: that of `--store`, else those given.
pub fn stores(default: &[&'static str]) -> Vec<&'static str> {
    match text("--store").as_deref() {
        None => default.to_vec(),
        Some("sqlite") => vec!["sqlite"],
        Some("postgres") => vec!["postgres"],
        Some(other) => panic!("--store {other} is neither sqlite nor postgres"),
    }
}

fn text(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}
