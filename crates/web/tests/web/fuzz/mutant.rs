//! Mutants: an input changed in some places, as bytes or, where it is JSON, as a value.

use rand_xoshiro::{
    SplitMix64,
    rand_core::{RngCore, SeedableRng},
};
use serde_json::{Value, json};

/// Texts that readers stumble over, if over any.
const TOKENS: [&str; 40] = [
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "1e400",
    "18446744073709551616",
    "-9223372036854775808",
    "1.5",
    "\\u0000",
    "\\uD83D",
    "\\u202e",
    "\u{feff}",
    "\u{0}",
    "\n",
    "\r\n",
    " ",
    ",",
    ":",
    "\"",
    "\\",
    "{",
    "[",
    "v1,",
    "v1=",
    "t=",
    "whsec_",
    "%00",
    "../",
    "<script>",
    "anonymous",
    "+14155550132",
    "9999-12-31T23:59:59Z",
    "-009999-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "1795000000",
    "call.ended",
    "é",
];

/// Changes of one input at most; the first may be enough already.
const CHANGES_MAX: u64 = 6;

/// No mutant grows beyond this, so that most tries are quick ones.
const BYTES_MAX: usize = 16 * 1024;

/// Makes mutants from a seed.
pub struct Mutants(SplitMix64);

impl Mutants {
    pub fn of(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// A mutant of one of the inputs.
    pub fn next(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut input = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.0.next_u64() % CHANGES_MAX {
            let other = &inputs[self.below(inputs.len())];
            input = match serde_json::from_slice::<Value>(&input) {
                Ok(value) if self.below(4) > 0 => self.change_value(value, other).to_string().into_bytes(),
                _ => self.change_bytes(input, other),
            };
            input.truncate(BYTES_MAX);
        }
        input
    }

    fn change_bytes(&mut self, mut input: Vec<u8>, other: &[u8]) -> Vec<u8> {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(8)).min(input.len());
        match self.below(6) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => drop(input.drain(at..end)),
            2 => {
                let token = TOKENS[self.below(TOKENS.len())];
                drop(input.splice(at..end, token.bytes()));
            }
            3 => {
                let from = self.below(other.len() + 1);
                let to = (from + self.below(64)).min(other.len());
                drop(input.splice(at..end, other[from..to].iter().copied()));
            }
            4 => {
                let again = input[at..end].repeat(1 + self.below(40));
                drop(input.splice(at..at, again));
            }
            _ => input.insert(at, u8::try_from(self.below(256)).unwrap()),
        }
        input
    }

    fn change_value(&mut self, mut value: Value, other: &[u8]) -> Value {
        let places = pointers(&value);
        let place = places[self.below(places.len())].clone();
        let new = match self.below(4) {
            0 => leaf(TOKENS[self.below(TOKENS.len())]),
            1 => part(self, &serde_json::from_slice(other).unwrap_or_default()),
            2 => part(self, &value),
            _ => return self.without(value, &place),
        };
        if let Some(slot) = value.pointer_mut(&place) {
            *slot = new;
        }
        value
    }

    /// The value without a member, or with it under another one's name.
    fn without(&mut self, mut value: Value, place: &str) -> Value {
        let Some((above, name)) = place.rsplit_once('/') else { return value };
        if let Some(fields) = value.pointer_mut(above).and_then(Value::as_object_mut)
            && let Some(taken) = fields.remove(name)
            && self.below(2) == 0
        {
            let names: Vec<String> = fields.keys().cloned().collect();
            if !names.is_empty() {
                fields.insert(names[self.below(names.len())].clone(), taken);
            }
        }
        value
    }
}

fn part(mutants: &mut Mutants, value: &Value) -> Value {
    let places = pointers(value);
    value.pointer(&places[mutants.below(places.len())]).cloned().unwrap_or_default()
}

fn leaf(token: &str) -> Value {
    serde_json::from_str(token).unwrap_or_else(|_| json!(token))
}

/// Where each part of a value is, the whole first.
fn pointers(value: &Value) -> Vec<String> {
    let below = |key: &str, value: &Value| -> Vec<String> {
        let key = key.replace('~', "~0").replace('/', "~1");
        pointers(value).into_iter().map(|rest| format!("/{key}{rest}")).collect()
    };
    let parts: Vec<String> = match value {
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| below(key, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(n, value)| below(&n.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    std::iter::once(String::new()).chain(parts).collect()
}
