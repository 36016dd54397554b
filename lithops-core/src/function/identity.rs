//! Which build of a program this is.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

/// Identity of an executable: its GNU build id; empty if the linker wrote none.
///
/// Two processes with the same, non-empty id run the same code, so that functions are found by
/// their exact identity.
pub type BuildId = Vec<u8>;

/// The build id of this program.
///
/// Read once from the notes of the executable. Linkers write one by default, but for `zig cc`
/// (`-Wl,--build-id=sha1` makes it). Without one, functions are found by path and signature.
pub fn build_id() -> &'static [u8] {
    static ID: OnceLock<BuildId> = OnceLock::new();
    ID.get_or_init(|| {
        File::open("/proc/self/exe").ok().and_then(|exe| read(&exe)).unwrap_or_default()
    })
}

const PT_NOTE: u32 = 4;
const NT_GNU_BUILD_ID: u32 = 3;

/// Finds the note in an ELF file of 64 bits; the layout is that of the System V ABI.
fn read(exe: &File) -> Option<BuildId> {
    let mut header = [0; 64];
    exe.read_exact_at(&mut header, 0).ok()?;
    if header.get(..5)? != b"\x7fELF\x02" {
        return None;
    }
    let table = u64_at(&header, 32)?;
    let entry_size = u16_at(&header, 54)?;
    let entries = u16_at(&header, 56)?;
    (0..u64::from(entries)).find_map(|number| {
        let mut entry = [0; 56];
        exe.read_exact_at(&mut entry, table + number * u64::from(entry_size)).ok()?;
        if u32_at(&entry, 0)? != PT_NOTE {
            return None;
        }
        let size = usize::try_from(u64_at(&entry, 32)?).ok().filter(|size| *size < 1 << 20)?;
        let mut notes = vec![0; size];
        exe.read_exact_at(&mut notes, u64_at(&entry, 8)?).ok()?;
        gnu_build_id(&notes)
    })
}

fn gnu_build_id(notes: &[u8]) -> Option<BuildId> {
    let mut at = 0;
    loop {
        let name_len = u32_at(notes, at)? as usize;
        let desc_len = u32_at(notes, at + 4)? as usize;
        let kind = u32_at(notes, at + 8)?;
        let name = at + 12;
        let desc = name + name_len.next_multiple_of(4);
        if kind == NT_GNU_BUILD_ID && notes.get(name..name + name_len)? == b"GNU\0" {
            return notes.get(desc..desc + desc_len).map(<[u8]>::to_vec);
        }
        at = desc + desc_len.next_multiple_of(4);
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_id_stands_after_other_notes() {
        let mut notes = Vec::new();
        for (kind, name, desc) in [(1u32, &b"GNU\0"[..], &[0u8; 16][..]), (3, b"GNU\0", &[7; 20])] {
            notes.extend((name.len() as u32).to_le_bytes());
            notes.extend((desc.len() as u32).to_le_bytes());
            notes.extend(kind.to_le_bytes());
            notes.extend(name);
            notes.extend(desc);
        }
        assert_eq!(gnu_build_id(&notes), Some(vec![7; 20]));
        assert_eq!(gnu_build_id(&notes[..32]), None);
    }

    #[test]
    fn this_program_reads_its_own_notes_without_failing() {
        assert!(matches!(build_id().len(), 0 | 8 | 16 | 20));
    }
}
