//! Processors and memory: units, and the combinations that there are.

use super::Invalid;
use super::name::SIZE;

/// Thousandths of a virtual processor.
pub(crate) type Cpu = u64;

const MEGABYTE: u64 = 1_000_000;

/// Memory in megabytes, for each number of processors that is offered.
const COMBINATIONS: [(Cpu, &[u64]); 10] = [
    (125, &[250, 500, 1000]),
    (250, &[500, 1000, 2000]),
    (500, &[1000, 2000, 4000]),
    (1000, &[2000, 4000, 8000]),
    (2000, &[4000, 8000, 16000]),
    (4000, &[8000, 16000, 32000]),
    (6000, &[12000, 24000, 48000]),
    (8000, &[16000, 32000]),
    (10000, &[20000, 40000]),
    (12000, &[24000, 48000]),
];

/// Ephemeral storage that is always allowed; more only up to the memory.
const EPHEMERAL: u64 = 400 * MEGABYTE;

/// Thousandths of a processor: `0.125`, `1`, `500m`.
pub(crate) fn milli_cpu(text: &str) -> Result<Cpu, Invalid> {
    const FIELD: &str = "scale_cpu_limit";
    SIZE.check(FIELD, text)?;
    let (number, unit) = divided(text);
    let power = match unit {
        "" => 3,
        "m" => 0,
        _ => return Err(Invalid::value(FIELD, format!("unknown unit in '{text}'"))),
    };
    scaled(number, power).ok_or_else(|| Invalid::value(FIELD, format!("'{text}' is no number")))
}

/// Bytes: `4G`, `0.25G`, `400M`; `Gi` and the like are powers of two.
pub(crate) fn bytes(field: &'static str, text: &str) -> Result<u64, Invalid> {
    SIZE.check(field, text)?;
    let (number, unit) = divided(text);
    let wrong = |why: &str| Invalid::value(field, format!("{why} in '{text}'"));
    let binary = |shift: u32| scaled(number, 3).map(|n| (n << shift) / 1000);
    let found = match unit {
        "" => scaled(number, 0),
        "k" | "K" => scaled(number, 3),
        "M" => scaled(number, 6),
        "G" => scaled(number, 9),
        "T" => scaled(number, 12),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        _ => return Err(wrong("unknown unit")),
    };
    found.ok_or_else(|| wrong("no number"))
}

/// Checks that processors and memory go together, and that storage is no more than is allowed.
pub(super) fn check(cpu: &str, memory: &str, ephemeral: &str) -> Result<(), Invalid> {
    let processors = milli_cpu(cpu)?;
    let room = bytes("scale_memory_limit", memory)?;
    let found = COMBINATIONS.iter().find(|(offered, _)| *offered == processors);
    let Some((_, memories)) = found else {
        return Err(Invalid::value("scale_cpu_limit", format!("{cpu} vCPU is not offered")));
    };
    if !memories.iter().any(|megabytes| megabytes * MEGABYTE == room) {
        let why = format!("{memory} is not offered with {cpu} vCPU");
        return Err(Invalid::value("scale_memory_limit", why));
    }
    const STORAGE: &str = "scale_ephemeral_storage_limit";
    if bytes(STORAGE, ephemeral)? > room.max(EPHEMERAL) {
        return Err(Invalid::value(STORAGE, format!("{ephemeral} is more than the memory")));
    }
    Ok(())
}

fn divided(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at(end)
}

/// A decimal number times a power of ten, without the errors of binary fractions. `None` if it isn't
/// a whole number then.
fn scaled(number: &str, power: usize) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let part = part.trim_end_matches('0');
    let zeros = power.checked_sub(part.len())?;
    if whole.is_empty() || !part.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{part}{}", "0".repeat(zeros)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact_decimals() {
        assert_eq!(milli_cpu("0.125"), Ok(125));
        assert_eq!(milli_cpu("12"), Ok(12_000));
        assert_eq!(milli_cpu("500m"), Ok(500));
        assert_eq!(bytes("m", "0.25G"), Ok(250_000_000));
        assert_eq!(bytes("m", "400M"), Ok(400_000_000));
        assert_eq!(bytes("m", "1Gi"), Ok(1 << 30));
        for wrong in ["", "G", "1.2.3G", "4X", ".5G", "1GB"] {
            assert!(bytes("m", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_twenty_seven_combinations_are_accepted_and_no_other() {
        let offered: Vec<_> = COMBINATIONS
            .iter()
            .flat_map(|(cpu, all)| all.iter().map(move |memory| (*cpu, *memory)))
            .collect();
        assert_eq!(offered.len(), 27);
        for (cpu, memory) in offered {
            check(&format!("{cpu}m"), &format!("{memory}M"), "400M").expect("it is offered");
        }
        assert!(check("1", "1G", "400M").is_err());
        assert!(check("3", "8G", "400M").is_err());
        assert!(check("0.125", "256M", "400M").is_err());
    }

    #[test]
    fn storage_is_at_most_the_memory_but_400_megabytes_always() {
        assert_eq!(check("0.125", "0.25G", "400M"), Ok(()));
        assert!(check("0.125", "0.25G", "401M").is_err());
        assert_eq!(check("1", "4G", "4G"), Ok(()));
    }
}
